"""What may be inspected is published (检查事项清单): lists are imported, and an item of no list is warned about."""

import csv
import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.management.intake import ROWS_REFUSED
from audit.models import Entry, VisitFact
from checkins.models import Item
from tests.town import CASHMERE, Phone, Town, scan_body

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("time_machine_at_noon")]

HEADINGS = ("事项编码", "事项名称", "单位代码", "地区代码", "检查依据", "生效日", "失效日")


def row(code: str = "SC-01", name: str = "计量器具", **changes: str) -> dict[str, str]:
    said = (code, name, "130502-SCJG", "130502", "计量法第九条", "2026-01-01", "")
    return {**dict(zip(HEADINGS, said, strict=True)), **changes}


def take_in(tmp_path: Path, *rows: dict[str, str], bad: bool = False) -> str:
    path, out = tmp_path / "清单.csv", io.StringIO()
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, HEADINGS)
        writer.writeheader()
        writer.writerows(rows)
    if bad:
        with pytest.raises(SystemExit) as stopped:
            call_command("import_items", str(path), stdout=out, stderr=out)
        assert stopped.value.code == ROWS_REFUSED
    else:
        call_command("import_items", str(path), stdout=out, stderr=out)
    return out.getvalue()


def warned(phone: Phone, *items: str, **words: Any) -> bool:
    response = phone.scan(visit={"items": list(items)}, **words)
    assert response.status_code == 201, response.content.decode()
    answer = response.json()["for_officer"]
    codes = [warning["code"] for warning in answer["warnings"]]
    assert answer["unpublished_items"] == [] or "item_not_published" in codes
    return "item_not_published" in codes


def test_a_list_is_taken_in_once_and_its_changes_are_kept_with_history(town: Town, tmp_path: Path) -> None:
    rows = [row(), row("SC-02", "电梯"), row("SC-01", "消防通道", 单位代码="")]
    assert "新增 3" in take_in(tmp_path, *rows)
    assert "新增 0，变更 0，未变 3" in take_in(tmp_path, *rows)
    assert "变更 1" in take_in(tmp_path, row("SC-02", "电梯", 失效日="2026-06-30"))
    ended = Item.objects.get(code="SC-02")
    assert [one.history_type for one in ended.history.order_by("history_id")] == ["+", "~"]
    assert Entry.objects.filter(kind="register_imported", subject__startswith="checkins.historicalitem").count() == 2


def test_a_line_that_is_no_item_is_refused_by_itself(town: Town, tmp_path: Path) -> None:
    rows = [row(), row("SC-02", 单位代码="没有这个单位"), row("SC-03", 失效日="2025-12-31"), row("SC-04", 生效日="")]
    said = take_in(tmp_path, *rows, bad=True)
    assert "没有登记过这个单位" in said
    assert "早于生效日" in said
    assert "新登记时不能为空" in said
    assert [item.code for item in Item.objects.all()] == ["SC-01"]


def test_where_no_list_was_ever_imported_zhang_wei_is_not_warned(town: Town) -> None:
    assert not warned(town.zhang_wei, "计量器具")


def test_an_item_of_no_list_is_warned_about_and_stored(town: Town, tmp_path: Path) -> None:
    take_in(tmp_path, row(), row("QY-01", "用电安全", 单位代码="", 地区代码="130500"))
    assert not warned(town.zhang_wei, "SC-01")
    assert not warned(town.zhang_wei, " 计量器具 ", "用电安全")
    response = town.zhang_wei.scan(visit={"items": ["计量器具", "电梯"]})
    answer = response.json()["for_officer"]
    assert answer["unpublished_items"] == ["电梯"]
    [warning] = [one for one in answer["warnings"] if one["code"] == "item_not_published"]
    assert (warning["rule"], warning["would_refuse"]) == ("国办发〔2024〕54号", True)


def test_another_agencys_list_is_not_ones_own_and_a_region_holds_its_districts_only(town: Town, tmp_path: Path) -> None:
    take_in(tmp_path, row(), row("QY-01", "用电安全", 单位代码="", 地区代码="130534"))
    assert warned(town.wang_qiang, "计量器具")
    assert warned(town.zhang_wei, "用电安全")
    assert not warned(town.zhao_min, "用电安全", code=None, credit_code=CASHMERE)
    assert warned(town.zhao_min, "计量器具", code=None, credit_code=CASHMERE)


@pytest.mark.parametrize(
    ("begins", "ends", "unpublished"),
    [("2026-07-01", "2026-07-01", False), ("2026-07-02", "", True), ("2026-01-01", "2026-06-30", True)],
)
def test_the_list_in_force_on_the_day_of_the_visit_decides(
    town: Town, tmp_path: Path, begins: str, ends: str, unpublished: bool
) -> None:
    take_in(tmp_path, row(生效日=begins, 失效日=ends))
    at = datetime(2026, 7, 1, 15, 59, tzinfo=UTC)  # one minute to midnight in Shanghai
    assert warned(town.zhang_wei, "计量器具", scanned_at=datetime(2026, 7, 1, 1, tzinfo=UTC).isoformat()) is unpublished
    assert at.hour == 15


def test_a_text_that_only_holds_an_items_name_is_not_the_item(town: Town, tmp_path: Path) -> None:
    take_in(tmp_path, row("1", "电"))
    assert warned(town.zhang_wei, "电梯")
    assert warned(town.zhang_wei, "11")
    assert not warned(town.zhang_wei, "1")


def test_asking_the_lists_costs_no_statement_more(town: Town, tmp_path: Path) -> None:
    take_in(tmp_path, *(row(f"SC-{n:03d}", f"事项{n}") for n in range(60)))
    costs = []
    for items in ([], ["事项1"], [f"事项{n}" for n in range(50)]):
        body = scan_body(code=None, credit_code=CASHMERE, visit={"items": items, "purpose": "inspection"})
        with CaptureQueriesContext(connection) as captured:
            assert town.zhao_min.post("/scans", body).status_code == 201
        costs.append(len(captured.captured_queries))
    assert costs[1] == costs[2] <= costs[0]


def test_a_blank_item_is_none_and_blanks_around_one_make_no_other(town: Town, tmp_path: Path) -> None:
    take_in(tmp_path, row())
    assert not warned(town.zhang_wei, "", "  ", " SC-01 ", "SC-01")
    assert VisitFact.objects.get().items == ["SC-01"]
