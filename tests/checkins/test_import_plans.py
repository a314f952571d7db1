"""Agencies hand in their year's plans as a file: the same plans as one by one, refused line by line."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.cells import BadCell
from audit.management.intake import ROWS_REFUSED
from audit.models import Document, Entry
from audit.sealing import row_bytes
from checkins.models import Plan
from project.plans_file import reference
from tests.checkins.test_plans import announce, listed
from tests.town import BEARINGS, GLASS, Town

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("time_machine_at_noon")]


def line(ref: str, **changes: Any) -> dict[str, str]:
    row = {
        "来源编号": ref,
        "单位代码": "130502-SCJG",
        "统一社会信用代码": BEARINGS,
        "起始日": "2026-07-06",
        "截止日": "2026/7/10",
        "类别": "专项检查",
        "检查事项": "计量器具、消防通道",
        "计划名称": "年度计划",
        "愿意联合": "否",
        "动作": "",
    }
    return {**row, **changes}


def run(tmp_path: Path, rows: list[dict[str, str]], *options: str, bad: bool = False) -> str:
    path, out = tmp_path / "计划.csv", io.StringIO()
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    if bad:
        with pytest.raises(SystemExit) as stopped:
            call_command("import_plans", str(path), *options, stdout=out, stderr=out)
        assert stopped.value.code == ROWS_REFUSED
    else:
        call_command("import_plans", str(path), *options, stdout=out, stderr=out)
    return out.getvalue()


def test_a_file_of_plans_is_taken_in_once_with_a_paper_each(town: Town, tmp_path: Path) -> None:
    rows = [line("一"), line("二", 统一社会信用代码=GLASS, 愿意联合=""), line("一", 单位代码="130502-YJ")]
    assert "试运行，未写入：新增 3" in run(tmp_path, rows, "--dry-run")
    assert not Plan.objects.exists()
    assert "新增 3" in run(tmp_path, rows)
    assert "新增 0，变更 0，未变 3" in run(tmp_path, rows)
    assert (Plan.objects.count(), Document.objects.filter(kind="plan").count()) == (3, 3)
    told = {one["source_ref"]: one for one in listed(town.zhang_wei)["plans"]}["一"]
    assert (told["category"], told["items"], told["joint_open"]) == ("special", ["计量器具", "消防通道"], False)
    assert (told["first_day"], told["last_day"], told["title"]) == ("2026-07-06", "2026-07-10", "年度计划")
    assert Entry.objects.filter(kind="plans_imported").count() == 1
    assert all(row_bytes(plan) for plan in Plan.objects.all())


def test_a_changed_line_is_a_new_version_and_a_taken_back_one_too(town: Town, tmp_path: Path) -> None:
    run(tmp_path, [line("一"), line("二")])
    assert "新增 0，变更 2" in run(tmp_path, [line("一", 截止日="2026-07-20"), line("二", 动作="撤销")])
    found = {one["source_ref"]: one for one in listed(town.zhang_wei)["plans"]}
    assert (found["一"]["version"], found["一"]["last_day"], found["二"]["withdrawn"]) == (2, "2026-07-20", True)


def test_a_line_and_a_call_speak_of_the_same_plan(town: Town, tmp_path: Path) -> None:
    called = announce(town.zhang_wei, "一")["plan"]
    run(tmp_path, [line("一")])
    (found,) = listed(town.li_na)["plans"]
    assert (found["number"], found["version"]) == (called["number"], 2)


def test_bad_lines_are_refused_one_by_one_and_the_others_taken(town: Town, tmp_path: Path) -> None:
    rows = [
        line("好"),
        line("一", 截止日="2026-07-05"),
        line("二", 截止日="2027-07-07"),
        line("三", 单位代码="没有"),
        line("四", 统一社会信用代码="91330104341916223P"),
        line("五", 动作="撤销"),
        line("六", 起始日=""),
        line("七", 类别="随便"),
        line("好"),
    ]
    said = run(tmp_path, rows, bad=True)
    assert "新增 1，变更 0，未变 0，不合格 8 行" in said
    for sentence in (
        "第 3 行 截止日 “2026-07-05”：早于起始日",
        "第 4 行 截止日 “2027-07-07”：计划不能超过一年",
        "第 5 行 单位代码 “没有”：没有登记过这个单位",
        "第 7 行 来源编号 “五”：没有报过这个计划，无从撤销",
        "第 8 行 起始日",
        "第 10 行 来源编号 “好”：第 2 行已有",
    ):
        assert sentence in said, said
    assert Plan.objects.count() == 1


def test_a_thousand_lines_cost_as_many_statements_as_ten(town: Town, tmp_path: Path) -> None:
    costs = []
    for many in (10, 400):
        with CaptureQueriesContext(connection) as captured:
            run(tmp_path, [line(f"{many}-{number}") for number in range(many)])
        costs.append(len(captured.captured_queries))
    assert costs[1] <= costs[0] + 2, costs


def test_a_number_that_a_spreadsheet_has_rounded_is_no_plans_number() -> None:
    assert reference("襄市监检 2026/18") == "襄市监检 2026/18"
    for cell in (18, 18.0, 20260018.0):
        with pytest.raises(BadCell):
            reference(cell)
