"""What other systems hold about inspections comes in by file, in versions, each line answered."""

import csv
import io
import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from django.core.management import CommandError, call_command
from django.utils import timezone

from audit.actor import Actor
from audit.management.intake import NOTHING_DONE, ROWS_REFUSED
from audit.merkle import root
from audit.models import Document, Entry
from audit.sealing import row_bytes
from audit.services.documents import Paper, take_in
from audit.unscanned import present_documents
from tests.town import BEARINGS, CABLES, NOBODY_KNOWS, Town

MARKET = "130502-SCJG"
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("town")]


def line(ref: str, **changes: Any) -> dict[str, Any]:
    row = {"文书编号": ref, "种类": "检查文书", "单位代码": MARKET, "统一社会信用代码": BEARINGS}
    return row | {"日期": "2026-03-02", "动作": ""} | changes


def run(tmp_path: Path, rows: list[dict[str, Any]], *options: str, bad: bool = False, source: str = "办案系统") -> str:
    path, out = tmp_path / "文书.csv", io.StringIO()
    with path.open("w", encoding="gb18030", newline="") as file:
        writer = csv.DictWriter(file, list(dict.fromkeys(key for each in rows for key in each)))
        writer.writeheader()
        writer.writerows(rows)
    said = ("import_documents", str(path), "--source", source, *options)
    if bad:
        with pytest.raises(SystemExit) as stopped:
            call_command(*said, stdout=out, stderr=out)
        assert stopped.value.code == ROWS_REFUSED
    else:
        call_command(*said, stdout=out, stderr=out)
    return out.getvalue()


def test_documents_come_in_with_what_the_registers_know_and_twice_changes_nothing(tmp_path: Path) -> None:
    rows = [
        line("襄市监检〔2026〕1号"),
        line(
            "襄市监罚〔2026〕2号",
            种类="处罚案件",
            统一社会信用代码=NOBODY_KNOWS,
            企业名称="某路边摊",
            地区代码="130502",
        ),
        line("JH-3", 种类="计划", 日期="2099-12-31"),
    ]
    assert "试运行，未写入：新增 3" in run(tmp_path, rows, "--dry-run")
    assert not Document.objects.exists()
    assert "新增 3" in run(tmp_path, rows)
    first, second, third = Document.objects.order_by("id")
    assert (first.source, first.source_ref, first.version, first.kind) == (
        "办案系统",
        "襄市监检〔2026〕1号",
        1,
        "inspection",
    )
    assert (first.enterprise_name, first.region_code, first.on) == ("邢台轴承有限公司", "130502", date(2026, 3, 2))
    assert (first.agency_path, first.supervised_by) == ("/130502-SCJG/", "130502-SFJ")
    assert first.by == "command:import_documents"
    assert (second.kind, second.enterprise_name, third.kind) == ("penalty", "某路边摊", "plan")
    entries = Entry.objects.count()
    assert "新增 0，变更 0，未变 3" in run(tmp_path, rows)
    assert (Document.objects.count(), Entry.objects.count()) == (3, entries)


def test_the_entry_holds_the_root_over_the_documents(tmp_path: Path) -> None:
    run(tmp_path, [line(f"A{number}") for number in range(5)])
    body = json.loads(bytes(Entry.objects.get(kind="documents_taken_in").body or b""))["body"]
    assert (body["table"], body["rows"]) == ("audit.document", 5)
    assert root(map(row_bytes, Document.objects.order_by("id"))).hex() == body["root"]


def test_a_corrected_date_is_a_new_version_and_a_withdrawn_paper_is_not_there_until_it_is_back(tmp_path: Path) -> None:
    run(tmp_path, [line("A1"), line("A2")])
    assert "变更 1，未变 1" in run(tmp_path, [line("A1", 日期="2026-03-03"), line("A2")])
    assert [(row.version, row.on.day) for row in Document.objects.filter(source_ref="A1").order_by("version")] == [
        (1, 2),
        (2, 3),
    ]
    assert "变更 1" in run(tmp_path, [line("A2", 动作="撤销")])
    assert "未变 1" in run(tmp_path, [line("A2", 动作="撤销")])
    assert [row.source_ref for row in present_documents()] == ["A1"]
    assert "变更 1" in run(tmp_path, [line("A2")])
    assert sorted(row.source_ref for row in present_documents()) == ["A1", "A2"]


def test_the_same_number_of_two_systems_is_two_papers(tmp_path: Path) -> None:
    run(tmp_path, [line("1号")])
    assert "新增 1" in run(tmp_path, [line("1号", 日期="2026-03-05")], source="另一系统")
    assert present_documents().count() == 2


def test_what_cannot_be_taken_is_refused_line_by_line_and_the_rest_comes_in(tmp_path: Path) -> None:
    tomorrow = (timezone.localdate() + timedelta(days=1)).isoformat()
    rows = [
        line("B1", 单位代码="NIEMAND"),
        line("B2", 统一社会信用代码=NOBODY_KNOWS),
        line("B3", 日期=tomorrow),
        line("B4", 日期="三月二日"),
        line("B5", 统一社会信用代码="91330104341916223P"),
        line("B6", 动作="撤销"),
        line("B7", 种类="走访"),
        line("B8", 日期=""),
        line("B9"),
        line("B9", 日期="2026-03-04"),
        line("计划-1", 种类="计划", 日期=tomorrow),
    ]
    said = run(tmp_path, rows, bad=True)
    for sentence in (
        "第 2 行 单位代码 “NIEMAND”：没有登记过这个单位",
        "第 3 行 企业名称 “”：企业未登记，须填写此列",
        f"第 4 行 日期 “{tomorrow}”：在将来",
        "第 5 行 日期 “三月二日”：应为日期",
        "第 6 行 统一社会信用代码",
        "第 7 行 文书编号 “B6”：没有导入过，无从撤销",
        "第 8 行 种类 “走访”",
        "第 9 行 日期 “”：新登记时不能为空",
        "第 11 行 文书编号 “B9”：第 10 行已有",
        "新增 2，变更 0，未变 0，不合格 9 行",
    ):
        assert sentence in said, said
    assert sorted(row.source_ref for row in Document.objects.all()) == ["B9", "计划-1"]


def test_a_spreadsheet_is_as_good_as_a_csv(tmp_path: Path) -> None:
    path, out = tmp_path / "计划.xlsx", io.StringIO()
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["计划编号", "种类", "单位代码", "信用代码", "计划日期"])
        sheet.write_row(1, 0, ["JH-1", "检查计划", MARKET, CABLES])
        sheet.write_datetime(1, 4, date(2026, 4, 30), book.add_format({"num_format": "yyyy-mm-dd"}))
    call_command("import_documents", str(path), "--source", "计划系统", stdout=out, stderr=out)
    plan = Document.objects.get()
    assert (plan.kind, plan.on, plan.credit_code) == ("plan", date(2026, 4, 30), CABLES)


def test_a_source_without_a_name_stops_before_anything_is_read(tmp_path: Path) -> None:
    for name in (" ", "系" * 41, "a\nb"):
        with pytest.raises(CommandError) as refusal:
            call_command("import_documents", str(tmp_path / "none.csv"), "--source", name)
        assert refusal.value.returncode == NOTHING_DONE


def test_a_reference_twice_in_one_batch_is_refused_the_second_time(town: Town) -> None:
    agency = town.agencies[MARKET]
    one = Paper(
        line=0,
        source_ref="A1",
        kind="inspection",
        credit_code=BEARINGS,
        enterprise_name="邢台轴承有限公司",
        region_code="130502",
        agency_code=agency.code,
        agency_path=agency.path,
        agency_name=agency.name,
        supervised_by=agency.supervised_by,
        on=date(2026, 3, 2),
    )
    outcome = take_in(papers=[one, one], source="s", actor=Actor.command("test"), at=timezone.now())
    assert (outcome.new, [each.refusal.sentence for each in outcome.refused]) == (1, ["在同一批里出现了两次"])
    assert Document.objects.count() == 1
