"""This year's earlier visits come in as marked facts."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from audit.actor import Actor
from audit.bulk import columns
from audit.canonical import canonical
from audit.management.intake import ROWS_REFUSED
from audit.merkle import root
from audit.models import Entry, Flag, FlagState, VisitFact
from audit.sealing import row_bytes
from audit.services.flag import Whose
from audit.services.rejudge import rejudge
from enterprises.models import Enterprise
from enterprises.services.enterprise import save_enterprise
from officers.models import Agency
from officers.services.agency import save_agency

pytestmark = pytest.mark.django_db
LI_NA = Actor.account("li.na")
HOUSE = "91330000755918469E"
STRANGER = "911101057263777049"
NOW = timezone.now()


@pytest.fixture(autouse=True)
def _registers() -> None:
    agency = Agency(code="SCJG", name="市场监管局", region_code="130500", level="city", supervised_by="130500-SFJ")
    save_agency(agency=agency, actor=LI_NA, at=NOW)
    house = Enterprise(credit_code=HOUSE, name="邢台饺子馆", region_code="130502", industry="H62", risk_grade="B")
    save_enterprise(enterprise=house, actor=LI_NA, at=NOW)


def visit(ref: str, **changes: Any) -> dict[str, Any]:
    row = {
        "来源编号": ref,
        "单位代码": "SCJG",
        "统一社会信用代码": HOUSE,
        "检查时间": "2026-03-01 9:05",
        "类别": "日常",
    }
    return row | {"执法人员": "张伟、李强", "执法证号": "冀E01、冀E02"} | changes


def run(tmp_path: Path, rows: list[dict[str, Any]], *options: str, bad: bool = False) -> str:
    path, out = tmp_path / "台账.csv", io.StringIO()
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(dict.fromkeys(key for each in rows for key in each)))
        writer.writeheader()
        writer.writerows(rows)
    options = ("--since", "2026-01-01", *options)
    if bad:
        with pytest.raises(SystemExit) as stopped:
            call_command("import_visits", str(path), *options, stdout=out, stderr=out)
        assert stopped.value.code == ROWS_REFUSED
    else:
        call_command("import_visits", str(path), *options, stdout=out, stderr=out)
    return out.getvalue()


def test_earlier_visits_are_facts_marked_as_imported_and_twice_changes_nothing(tmp_path: Path) -> None:
    rows = [
        visit("冀检2026-1"),
        visit("冀检2026-2", 检查时间="2026年3月2日", 事由="投诉举报", 统一社会信用代码=STRANGER),
    ]
    rows[1] |= {"企业名称": "北京某公司", "地区代码": "130503"}
    assert "试运行，未写入：新增 2" in run(tmp_path, rows, "--dry-run")
    assert not VisitFact.objects.exists()
    assert "新增 2" in run(tmp_path, rows)
    first, second = VisitFact.objects.order_by("id")
    assert (first.visit, first.origin, first.state) == ("I-SCJG-冀检2026-1", "imported", "open")
    assert first.started_at == datetime(2026, 3, 1, 1, 5, tzinfo=UTC)
    assert first.officers == [{"certificate_no": "冀E01", "name": "张伟"}, {"certificate_no": "冀E02", "name": "李强"}]
    assert (first.enterprise_name, first.industry, first.agency_path) == ("邢台饺子馆", "H62", "/SCJG/")
    assert first.supervised_by == "130500-SFJ"
    assert (second.enterprise_name, second.reason, second.source_no) == ("北京某公司", "complaint", "冀检2026-2")
    entries = Entry.objects.count()
    house = Enterprise.objects.get()
    house.risk_grade = "A"
    save_enterprise(enterprise=house, actor=LI_NA, at=NOW)
    assert "新增 0，变更 0，未变 2" in run(tmp_path, rows)
    assert VisitFact.objects.count() == 2
    assert Entry.objects.count() == entries + 1


def test_the_entry_holds_the_root_over_the_facts(tmp_path: Path) -> None:
    run(tmp_path, [visit(f"A{number}") for number in range(5)])
    body = json.loads(bytes(Entry.objects.get(kind="visits_imported").body or b""))
    assert body["actor"] == "command:import_visits"
    rows = VisitFact.objects.order_by("id")
    assert root(map(row_bytes, rows)).hex() == body["body"]["root"]
    fact = rows[0]
    assert row_bytes(fact) == canonical({name: getattr(fact, name) for name in columns(VisitFact)})
    assert "transaction" not in columns(VisitFact)  # leaves of before there was one are recomputed alike


def test_a_corrected_visit_is_a_new_version_and_a_withdrawn_one_stays_on_record(tmp_path: Path) -> None:
    run(tmp_path, [visit("A1"), visit("A2")])
    assert "变更 1，未变 1" in run(tmp_path, [visit("A1", 类别="专项"), visit("A2")])
    assert list(VisitFact.objects.filter(visit="I-SCJG-A1").values_list("version", "category").order_by("version")) == [
        (1, "routine"),
        (2, "special"),
    ]
    assert "变更 1" in run(tmp_path, [visit("A2", 动作="撤销")])
    assert VisitFact.objects.filter(visit="I-SCJG-A2").order_by("-version")[0].state == "voided"
    assert "没有导入过，无从撤销" in run(tmp_path, [visit("A3", 动作="撤销")], bad=True)


def test_a_visit_imported_by_mistake_lowers_the_flag_that_stood_on_it_when_it_is_withdrawn(tmp_path: Path) -> None:
    days = ("2026-03-01 9:05", "2026-03-02 9:05", "2026-03-03 9:05")
    rows = [visit(f"A{number}", 检查时间=day) for number, day in enumerate(days)]
    run(tmp_path, rows)
    assert not Flag.objects.exists()  # the next scan there raises it
    with transaction.atomic():
        rejudge(
            whose=Whose(credit_code=HOUSE, enterprise_name="邢台饺子馆", region_code="130502"),
            agencies={"SCJG"},
            years=range(2026, 2027),
            confirmed=False,
            annual_cap=2,
            reason="",
            actor=LI_NA,
            at=NOW,
        )
    assert [state.state for state in FlagState.objects.all()] == ["raised"]
    run(tmp_path, [rows[0] | {"动作": "撤销"}], "--dry-run")
    assert FlagState.objects.count() == 1
    run(tmp_path, [rows[0] | {"动作": "撤销"}])
    last = FlagState.objects.order_by("id")[1]
    assert (last.state, last.evidence["sentence"]) == ("lowered", "解除：导入的数据已更正或撤销。")
    run(tmp_path, [rows[0]])
    assert [state.state for state in FlagState.objects.order_by("id")] == ["raised", "lowered", "raised"]


def test_what_cannot_be_counted_is_refused_line_by_line(tmp_path: Path) -> None:
    tomorrow = timezone.localtime(NOW + timedelta(days=1)).strftime("%Y-%m-%d %H:%M")
    rows = [
        visit("B1", 单位代码="NIEMAND"),
        visit("B2", 统一社会信用代码=STRANGER),
        visit("B3", 检查时间=tomorrow),
        visit("B4", 检查时间="2025-12-31 23:59"),
        visit("B5", 检查时间="三月一日"),
        visit("B6", 执法人员="张伟"),
        visit("B7" + "长" * 58),
        visit("B8"),
        visit("B8"),
    ]
    said = run(tmp_path, rows, bad=True)
    assert "新增 1，变更 0，未变 0，不合格 8 行" in said
    sentences = ("没有登记过这个单位", "企业未登记，须填写此列", "在将来", "早于 2026-01-01", "应为日期和时间")
    for sentence in (*sentences, "人数与执法人员不一致", "超过 57 个字", "第 9 行已有"):
        assert sentence in said
    assert VisitFact.objects.get().visit == "I-SCJG-B8"


def test_a_day_on_which_the_bureau_scanned_there_is_not_counted_twice(tmp_path: Path) -> None:
    run(tmp_path, [visit("C1")])
    imported = VisitFact.objects.get()
    scanned = VisitFact(**{field.attname: getattr(imported, field.attname) for field in imported._meta.fields})
    scanned.pk, scanned.visit, scanned.origin = None, "V20260302-1", "scanned"
    scanned.started_at = datetime(2026, 3, 1, 16, 30, tzinfo=UTC)  # half past midnight of the second in 邢台
    scanned.save(force_insert=True)
    rows = [visit("C2", 检查时间="2026-03-02 15:00"), visit("C3", 检查时间="2026-03-03 15:00")]
    said = run(tmp_path, rows, bad=True)
    assert "新增 1" in said
    assert "该单位当天已在该企业扫码（V20260302-1）" in said
