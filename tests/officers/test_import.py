"""Agencies and officers come from files."""

import csv
import io
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from django.core.management import CommandError, call_command
from django.utils import timezone
from PIL import Image

from audit.management.intake import ROWS_REFUSED, TOO_MANY_DEACTIVATED
from audit.models import Entry
from officers.models import Agency, Officer, Photo

pytestmark = pytest.mark.django_db


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    with path.open("w", encoding="gb18030", newline="") as out:
        writer = csv.DictWriter(out, list(dict.fromkeys(key for each in rows for key in each)))
        writer.writeheader()
        writer.writerows(rows)
    return path


def run(command: str, path: Path, *options: str, bad: bool = False) -> str:
    out = io.StringIO()
    if bad:
        with pytest.raises(SystemExit) as stopped:
            call_command(command, str(path), *options, stdout=out, stderr=out)
        assert stopped.value.code == ROWS_REFUSED
    else:
        call_command(command, str(path), *options, stdout=out, stderr=out)
    return out.getvalue()


def agency(code: str, **changes: Any) -> dict[str, Any]:
    row = {"单位代码": code, "单位名称": f"{code}局", "上级单位代码": "", "地区代码": "130500", "层级": "市级"}
    return row | {"监督机关代码": "130500-SFJ", "状态": "在用"} | changes


def officer(number: int, **changes: Any) -> dict[str, Any]:
    row = {"执法证号": f"冀E{number:06d}", "姓名": f"张{number}", "单位代码": "SCJG", "有效期起": "2024年1月1日"}
    return row | {"有效期至": "2028/12/31", "证件状态": "有效", "执法类别": "市场监管、食品药品"} | changes


TREE = [
    agency("XD1", 上级单位代码="XD", 层级="乡镇级", 地区代码="130503001"),
    agency("XD", 上级单位代码="SCJG", 层级="县级", 地区代码="130503000000"),
    agency("SCJG"),
]


def test_a_tree_comes_in_whatever_the_order_of_its_rows_and_twice_changes_nothing(tmp_path: Path) -> None:
    path = write(tmp_path / "单位.csv", TREE)
    assert "试运行，未写入：新增 3" in run("import_agencies", path, "--dry-run")
    assert not Agency.objects.exists()
    assert "新增 3，变更 0，未变 0，不合格 0 行" in run("import_agencies", path)
    assert Agency.objects.get(code="XD1").path == "/SCJG/XD/XD1/"
    assert Agency.objects.get(code="XD").region_code == "130503"
    assert set(Agency.history.values_list("history_user_id", flat=True)) == {"command:import_agencies"}
    before = Entry.objects.count(), Agency.history.count()
    assert "未变 3" in run("import_agencies", path)
    assert (Entry.objects.count(), Agency.history.count()) == before


def test_agencies_in_a_circle_or_below_nobody_are_refused_and_the_others_taken(tmp_path: Path) -> None:
    rows = [agency("A", 上级单位代码="B"), agency("B", 上级单位代码="A"), agency("C", 上级单位代码="D"), agency("E")]
    said = run("import_agencies", write(tmp_path / "a.csv", rows), bad=True)
    assert "新增 1" in said
    assert "第 4 行 上级单位代码 “D”：没有登记过这个上级单位" in said
    assert said.count("上级单位互相循环") == 2
    assert Agency.objects.get().code == "E"


def test_officers_come_in_with_their_dates_and_categories_and_twice_changes_nothing(tmp_path: Path) -> None:
    run("import_agencies", write(tmp_path / "a.csv", TREE))
    path = write(
        tmp_path / "b.csv", [officer(n) for n in range(30)] + [officer(30, 证件状态="退休", 状态起算="2026-01-05")]
    )
    assert "新增 31" in run("import_officers", path)
    zhang = Officer.objects.get(certificate_no="冀E000007")
    assert (zhang.valid_from, zhang.valid_until) == (date(2024, 1, 1), date(2028, 12, 31))
    assert zhang.categories == ["市场监管", "食品药品"]
    assert zhang.agency.code == "SCJG"
    retired = Officer.objects.get(certificate_no="冀E000030")
    assert retired.status == "revoked"
    assert retired.status_since is not None
    assert timezone.localtime(retired.status_since).date() == date(2026, 1, 5)
    before = Entry.objects.count(), Officer.history.count()
    assert "未变 31" in run("import_officers", path)
    assert (Entry.objects.count(), Officer.history.count()) == before


def test_zhang_wei_changes_bureau_and_his_suspension_counts_from_the_import(tmp_path: Path) -> None:
    run("import_agencies", write(tmp_path / "a.csv", TREE))
    run("import_officers", write(tmp_path / "b.csv", [officer(n) for n in range(30)]))
    feed = [{"执法证号": "冀E000001", "单位代码": "XD", "状态": "暂停"}]
    assert "变更 1" in run("import_officers", write(tmp_path / "c.csv", feed))
    zhang = Officer.objects.get(certificate_no="冀E000001")
    assert (zhang.agency.code, zhang.status, zhang.name) == ("XD", "suspended", "张1")
    assert zhang.status_since is not None
    assert timezone.now() - zhang.status_since < timedelta(minutes=1)
    assert "未变 1" in run("import_officers", tmp_path / "c.csv")
    assert Officer.objects.filter(status="active").count() == 29


def test_bad_officers_are_reported_and_a_file_that_revokes_too_many_stops(tmp_path: Path) -> None:
    run("import_agencies", write(tmp_path / "a.csv", TREE))
    rows = [officer(n) for n in range(10)]
    rows[1]["单位代码"] = "NIEMAND"
    rows[2]["有效期至"] = "2020-01-01"
    rows[3]["有效期起"] = "31.12.2024"
    rows[4]["执法证号"] = "1.3E+10"
    said = run("import_officers", write(tmp_path / "b.csv", rows), bad=True)
    assert "新增 6，变更 0，未变 0，不合格 4 行" in said
    for sentence in ("没有登记过这个单位", "早于有效期起", "应为日期", "科学计数法"):
        assert sentence in said
    with pytest.raises(CommandError, match="将停用 1 个，占现有 6 个") as stopped:
        run("import_officers", write(tmp_path / "c.csv", [officer(0, 证件状态="吊销")]))
    assert stopped.value.returncode == TOO_MANY_DEACTIVATED
    assert not Officer.objects.exclude(status="active").exists()


def test_a_spreadsheets_dates_are_dates_and_a_numeric_certificate_number_is_refused(tmp_path: Path) -> None:
    run("import_agencies", write(tmp_path / "a.csv", TREE))
    path = tmp_path / "b.xlsx"
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet()
        plain = book.add_format({"num_format": "yyyy-mm-dd"})
        page.write_row(0, 0, ["执法证号", "姓名", "单位代码", "有效期起", "有效期止"])
        for line, number in ((1, "冀E000001"), (2, 13050001)):
            page.write_row(line, 0, [number, "张伟", "SCJG"])
            page.write_datetime(line, 3, date(2024, 1, 1), plain)
            page.write(line, 4, 20281231)
    said = run("import_officers", path, bad=True)
    assert "第 3 行 执法证号 “13050001.0”：编号被表格存成了数字" in said
    assert Officer.objects.get().valid_until == date(2028, 12, 31)


def test_pictures_named_after_certificates_become_photos(tmp_path: Path) -> None:
    run("import_agencies", write(tmp_path / "a.csv", TREE))
    album = tmp_path / "照片"
    album.mkdir()
    Image.new("RGB", (600, 800), "teal").save(album / "冀E000001.JPG")
    (album / "冀E000002.png").write_bytes(b"no picture")
    path = write(tmp_path / "b.csv", [officer(1), officer(2), officer(3)])
    said = run("import_officers", path, "--photos", str(album), bad=True)
    assert "新增 3" in said
    assert "第 3 行 照片 “冀E000002.png”：照片无法读取" in said
    zhang = Officer.objects.get(certificate_no="冀E000001")
    assert zhang.photo_sha256 == Photo.objects.get().sha256
    history = Officer.history.count()
    run("import_officers", path, "--photos", str(album), bad=True)
    assert Officer.history.count() == history
