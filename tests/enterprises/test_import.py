"""The register of enterprises comes from files: once whole, then every day what changed."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.management.intake import NOTHING_DONE, ROWS_REFUSED, TOO_MANY_DEACTIVATED
from audit.merkle import root
from audit.models import Entry
from audit.sealing import row_bytes
from enterprises.credit_code import ALPHABET, is_credit_code
from enterprises.models import Enterprise, Premises

pytestmark = pytest.mark.django_db
HEADINGS = ["统一社会信用代码", "名称", "地区代码", "行业代码", "风险等级", "状态", "地址", "经度", "纬度", "坐标系"]


def code(number: int) -> str:
    body = f"91130502MA{number:07d}"
    return next(body + symbol for symbol in ALPHABET if is_credit_code(body + symbol))


def row(number: int, **changes: Any) -> dict[str, Any]:
    values = [
        code(number),
        f"邢台第{number}饺子馆",
        "130502",
        "H62",
        "B",
        "存续",
        f"人民路{number}号",
        "114.5",
        "37.07",
        "",
    ]
    return dict(zip(HEADINGS, values, strict=True)) | changes


@pytest.fixture
def write(tmp_path: Path) -> Any:
    def write(rows: list[dict[str, Any]], *, encoding: str = "utf-8", name: str = "企业.csv") -> Path:
        out = io.StringIO()
        writer = csv.DictWriter(out, list(dict.fromkeys(key for each in rows for key in each)))
        writer.writeheader()
        writer.writerows(rows)
        path = tmp_path / name
        path.write_bytes(out.getvalue().encode(encoding))
        return path

    return write


def run(path: Path, *options: str) -> str:
    """What the command says; the exit code of a refusal is checked by the caller."""
    out = io.StringIO()
    call_command("import_enterprises", str(path), *options, stdout=out, stderr=out)
    return out.getvalue()


def run_with_bad_rows(path: Path, *options: str) -> str:
    out = io.StringIO()
    with pytest.raises(SystemExit) as stopped:
        call_command("import_enterprises", str(path), *options, stdout=out, stderr=out)
    assert stopped.value.code == ROWS_REFUSED
    return out.getvalue()


def traces() -> list[int]:
    return [Entry.objects.count(), Enterprise.history.count(), Premises.history.count()]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_the_register_comes_in_whole_with_its_places(write: Any, encoding: str) -> None:
    assert "新增 3，变更 0，未变 0，不合格 0 行" in run(write([row(n) for n in range(3)], encoding=encoding))
    enterprise = Enterprise.objects.get(credit_code=code(2))
    assert (enterprise.name, enterprise.status, enterprise.industry) == ("邢台第2饺子馆", "open", "H62")
    place = enterprise.premises.get()
    assert (place.address, place.longitude, place.latitude, place.datum) == ("人民路2号", 114.5, 37.07, "WGS84")


def test_the_same_file_twice_changes_nothing_and_leaves_no_second_trace(write: Any) -> None:
    path = write([row(n, 曾用名="老店、老老店", 动作="变更") for n in range(5)])
    run(path)
    before = traces()
    assert "新增 0，变更 0，未变 5，不合格 0 行" in run(path)
    assert traces() == before


def test_history_rows_name_the_command_and_one_entry_holds_the_root_of_each_thousand(write: Any) -> None:
    run(write([row(n) for n in range(1_001)]))
    assert set(Enterprise.history.values_list("history_user_id", flat=True)) == {"command:import_enterprises"}
    assert set(Premises.history.values_list("history_type", flat=True)) == {"+"}
    bodies = [json.loads(bytes(entry.body or b""))["body"] for entry in Entry.objects.order_by("id")]
    assert [(body["table"].rpartition(".")[2], body["rows"]) for body in bodies] == [
        ("historicalenterprise", 1_000),
        ("historicalpremises", 1_000),
        ("historicalenterprise", 1),
        ("historicalpremises", 1),
    ]
    for body in bodies:
        history = (Enterprise if "enterprise:" in f"{body['table']}:" else Premises).history.model
        rows = [each for first, last in body["ids"] for each in history.objects.filter(history_id__range=(first, last))]
        rows.sort(key=lambda each: each.history_id)
        assert len(rows) == body["rows"]
        assert root(map(row_bytes, rows)).hex() == body["root"]
        rows[0].history_user_id = "account:somebody"
        assert root(map(row_bytes, rows)).hex() != body["root"]


def test_bulk_history_is_what_a_saved_row_would_have_left(write: Any) -> None:
    run(write([row(1)]))
    made = Enterprise.history.get()
    assert made.instance == Enterprise.objects.get()
    assert {field.attname: getattr(made, field.attname) for field in made.tracked_fields} == {
        field.attname: getattr(Enterprise.objects.get(), field.attname) for field in Enterprise._meta.concrete_fields
    }


def test_every_bad_row_is_reported_with_its_line_and_stops_no_other(write: Any, tmp_path: Path) -> None:
    rows = [row(n) for n in range(10)]
    rows[1]["统一社会信用代码"] = "91330104341916223P"
    rows[2]["地区代码"] = "1305"
    rows[3]["经度"] = ""
    rows[4]["名称"] = ""
    rows[5]["统一社会信用代码"] = "9.11101E+17"
    rows[6]["状态"] = "开心"
    rows[7]["名称"] = "=cmd|' /C calc'!A0" + "长" * 200
    rows[8]["统一社会信用代码"] = code(0)
    path = write(rows)
    report = tmp_path / "bad.csv"
    said = run_with_bad_rows(path, "--report", str(report))
    assert "新增 2，变更 0，未变 0，不合格 8 行" in said
    found = list(csv.reader(report.read_text(encoding="utf-8-sig").splitlines()))
    assert found[0] == ["行号", "列", "值", "说明"]
    told = {int(line): (column, sentence) for line, column, _value, sentence in found[1:]}
    assert sorted(told) == [3, 4, 5, 6, 7, 8, 9, 10]
    assert told[3] == ("统一社会信用代码", "不是有效的统一社会信用代码（18 位，末位为校验码）")
    assert told[5] == ("经度", "经度与纬度应同时填写")
    assert told[6] == ("名称", "新登记时不能为空")
    assert "科学计数法" in told[7][1]
    assert told[10][1] == "第 2 行已有，一个文件里只能出现一次"
    assert found[7][2].startswith("'=cmd")


def test_a_row_that_only_the_database_refuses_is_the_only_one_left_out(write: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE UNIQUE INDEX one_hall ON enterprises_premises (datum) WHERE address IN ('大厅', '厅')")
    said = run_with_bad_rows(write([row(3, 地址="大厅"), row(4, 地址="厅"), row(5)]))
    assert "新增 2，变更 0，未变 0，不合格 1 行" in said
    assert "第 3 行 数据库拒绝了这一行" in said
    assert not Enterprise.objects.filter(credit_code=code(4)).exists()
    assert Enterprise.history.count() == Premises.history.count() == 2


def test_a_renamed_enterprise_keeps_its_former_name(write: Any) -> None:
    run(write([row(1), row(2)]))
    assert "变更 1，未变 1" in run(write([row(1, 名称="邢台大饭店"), row(2)]))
    assert Enterprise.objects.get(credit_code=code(1)).former_names == ["邢台第1饺子馆"]
    assert Enterprise.history.filter(history_type="~").count() == 1


def test_a_moved_enterprise_has_its_new_region_and_place_and_the_old_one_in_its_history(write: Any) -> None:
    run(write([row(1)]))
    run(write([row(1, 地区代码="130503", 地址="泉北大街9号", 经度="", 纬度="")]))
    enterprise = Enterprise.objects.get()
    place = enterprise.premises.get()
    assert enterprise.region_code == "130503"
    assert (place.address, place.longitude, place.latitude) == ("泉北大街9号", None, None)
    assert list(place.history.values_list("address", flat=True)) == ["泉北大街9号", "人民路1号"]


def test_another_place_is_added_by_saying_so_and_which_one_moved_must_be_said_too(write: Any) -> None:
    both = [row(1), row(1, 地址="仓库路1号", 动作="增设场所")]
    assert "新增 1，变更 1" in run(write(both))
    assert "未变 2" in run(write(both))
    assert Premises.objects.count() == 2
    assert "该企业有 2 处经营场所" in run_with_bad_rows(write([row(1, 地址="新仓库路")]))
    moved = write([row(1, 地址="新仓库路", 原地址="仓库路1号")])
    assert "变更 1" in run(moved)
    assert "未变 1" in run(moved)
    assert set(Premises.objects.values_list("address", flat=True)) == {"人民路1号", "新仓库路"}
    assert "尚未登记" in run_with_bad_rows(write([row(7, 动作="增设场所")]))


def test_a_feed_of_codes_and_actions_changes_only_what_it_names(write: Any) -> None:
    run(write([row(n) for n in range(40)]))
    assert "变更 1" in run(write([{"统一社会信用代码": code(1), "动作": "注销"}]))
    enterprise = Enterprise.objects.get(credit_code=code(1))
    assert (enterprise.status, enterprise.name) == ("cancelled", "邢台第1饺子馆")
    assert Enterprise.objects.filter(status="open").count() == 39, "absence deletes nothing"
    assert "矛盾" in run_with_bad_rows(write([{"credit_code": code(2), "action": "注销", "status": "open"}]))
    assert "变更 1" in run(write([{"credit_code": code(1), "action": "恢复"}]))


def test_a_file_that_would_close_more_than_one_in_twenty_stops_before_writing(write: Any) -> None:
    run(write([row(n) for n in range(40)]))
    before = traces()
    wrong = write([row(n, 状态="注销") for n in range(3)] + [row(50)])
    with pytest.raises(CommandError, match="将停用 3 个，占现有 40 个的 7.5%，超过 5%") as stopped:
        run(wrong)
    assert stopped.value.returncode == TOO_MANY_DEACTIVATED
    assert traces() == before
    assert "新增 1，变更 3" in run(wrong, "--yes-deactivate")
    assert "未变 4" in run(wrong), "who is closed already is not closed again"
    run(write([row(4, 状态="吊销")]), "--deactivation-limit", "0.03")


def test_a_rehearsal_says_the_same_and_writes_nothing(write: Any) -> None:
    rows = [row(1), row(1, 地址="仓库", 动作="增设场所"), row(2, 地区代码="x")]
    path = write(rows)
    with CaptureQueriesContext(connection) as queries:
        said = run_with_bad_rows(path, "--dry-run")
    assert "试运行，未写入：新增 1，变更 1，未变 0，不合格 1 行" in said
    assert not [query for query in queries if query["sql"].startswith(("INSERT", "UPDATE", "COPY", "DELETE"))]
    assert traces() == [0, 0, 0]
    assert "新增 1，变更 1，未变 0，不合格 1 行" in run_with_bad_rows(path)


def test_a_spreadsheet_with_a_title_row_and_numbers_comes_in(tmp_path: Path) -> None:
    path = tmp_path / "企业.xlsx"
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet()
        page.write(0, 0, "邢台市企业名录")
        page.write_row(2, 0, HEADINGS)
        page.write_row(3, 0, [code(1), "甲馆", 130502, "H62", "A", "存续", "1号", 114.5, 37.07, "高德"])
        page.write_row(4, 0, [911101057263777049, "乙馆", 130502, "H62", "A", "存续", "2号"])
    said = run_with_bad_rows(path)
    assert "第 5 行 统一社会信用代码" in said
    assert "存成了数字" in said
    enterprise = Enterprise.objects.get()
    assert enterprise.region_code == "130502"
    assert enterprise.premises.get().datum == "GCJ02"


def test_a_file_without_headings_does_nothing_and_a_column_nobody_knows_is_named(write: Any, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="找不到表头“统一社会信用代码”") as stopped:
        run(write([{"甲": "1", "乙": "2"}]))
    assert stopped.value.returncode == NOTHING_DONE
    with pytest.raises(CommandError, match="文件无法读取"):
        run(tmp_path / "none.csv")
    with pytest.raises(CommandError, match="表头重复：名称"):
        run(write([row(1, 企业名称="x")]))
    assert "未识别的列（不导入）：法定代表人" in run(write([row(1, 法定代表人="王")]))
