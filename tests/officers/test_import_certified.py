"""Who holds no inspection certificate (安全员, 协管员) says so in the file, in whatever words the office keeps it."""

from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from officers.models import Officer
from tests.officers.test_import import TREE, officer, run, write

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _agencies(tmp_path: Path) -> None:
    run("import_agencies", write(tmp_path / "单位.csv", TREE))


def certified() -> list[bool]:
    return list(Officer.objects.order_by("certificate_no").values_list("certified", flat=True))


def brought(tmp_path: Path, *said: str, bad: bool = False) -> str:
    """The register's answer to a file whose nth officer says this of the certificate."""
    rows = [officer(number, 持执法证=word) for number, word in enumerate(said)]
    return run("import_officers", write(tmp_path / "人员.csv", rows), bad=bad)


@pytest.mark.parametrize("word", ["否", "无", "no", "No", "N", "false", "FALSE", "0", " 否 "])
def test_every_spelling_of_no_makes_an_assistant(tmp_path: Path, word: str) -> None:
    brought(tmp_path, word)
    assert certified() == [False]


@pytest.mark.parametrize("word", ["是", "有", "yes", "YES", "y", "true", "1", ""])
def test_every_spelling_of_yes_and_an_empty_cell_make_an_officer(tmp_path: Path, word: str) -> None:
    brought(tmp_path, word)
    assert certified() == [True]


def test_a_file_without_the_column_registers_officers(tmp_path: Path) -> None:
    run("import_officers", write(tmp_path / "人员.csv", [officer(0)]))
    assert certified() == [True]


@pytest.mark.parametrize("word", ["否（见习）", "不", "2", "10", "01", "已注销", "是否"])
def test_another_word_refuses_its_row_by_line_column_and_value_and_no_other_row(tmp_path: Path, word: str) -> None:
    said = brought(tmp_path, "否", word, "是", bad=True)
    assert "新增 2，变更 0，未变 0，不合格 1 行" in said
    assert f"第 3 行 持执法证 “{word}”：应为：是、否" in said
    assert certified() == [False, True]


def test_a_spreadsheets_numbers_and_truth_values_are_read_too(tmp_path: Path) -> None:
    cells: list[Any] = [0, 1, False, True, 0.5]
    path = tmp_path / "人员.xlsx"
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, ["执法证号", "姓名", "单位代码", "有效期起", "有效期止", "持执法证"])
        for line, cell in enumerate(cells, start=1):
            page.write_row(line, 0, [f"冀E{line:06d}", f"张{line}", "SCJG", "2024-01-01", "2028-12-31", cell])
    said = run("import_officers", path, bad=True)
    assert "第 6 行 持执法证 “0.5”：应为：是、否" in said
    assert certified() == [False, True, False, True]


def test_who_passes_the_examination_is_an_officer_from_then_on_and_an_empty_cell_changes_nothing(
    tmp_path: Path,
) -> None:
    brought(tmp_path, "否", "否")
    assert "新增 0，变更 1，未变 1" in brought(tmp_path, "是", "")
    assert certified() == [True, False]
    assert "新增 0，变更 0，未变 2" in brought(tmp_path, "1", "0")
    versions = Officer.objects.get(certificate_no="冀E000000").history.order_by("history_id")
    assert [version.certified for version in versions] == [False, True]
