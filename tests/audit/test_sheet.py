"""Files as they come from the field: encodings, stray quotation marks, spreadsheets."""

import datetime
from pathlib import Path

import pytest
import xlsxwriter

from audit.sheet import FIELD_LIMIT, Sheet, UnreadableSheet


def lines(path: Path) -> list[tuple[int, list[object], bool]]:
    with Sheet(path) as sheet:
        return [(line.number, list(line.cells), bool(line.broken)) for line in sheet.lines()]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_csv_is_read_in_the_encoding_it_was_saved_in(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "企业.csv"
    path.write_bytes("名称,地址\r\n䶮记饺子馆,人民路 1 号\r\n".encode(encoding))
    assert lines(path) == [(1, ["名称", "地址"], False), (2, ["䶮记饺子馆", "人民路 1 号"], False)]


def test_one_garbled_byte_does_not_make_the_rest_unreadable(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("名称\n甲\n".encode() + b"\xff\xfe\n" + "乙\n".encode())
    assert [cells for _number, cells, _broken in lines(path)][::3] == [["名称"], ["乙"]]


def test_a_tab_separated_file_and_one_without_a_last_line_end(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("名称\t地址\n甲\t乙", encoding="utf-8")
    assert lines(path)[1] == (2, ["甲", "乙"], False)


def test_a_line_break_inside_quotation_marks_belongs_to_the_cell_and_lines_are_still_counted(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('名称,地址\n甲,"一层\n二层"\n乙,三层\n', encoding="utf-8")
    assert lines(path)[1:] == [(2, ["甲", "一层\n二层"], False), (4, ["乙", "三层"], False)]


@pytest.mark.parametrize("rows_after", [3, 5_000])
def test_an_open_quotation_mark_costs_one_line_only(tmp_path: Path, rows_after: int) -> None:
    path = tmp_path / "a.csv"
    rest = "".join(f"企业{number},地址{number}\n" for number in range(rows_after))
    path.write_text('名称,地址\n坏,"没有闭合\n' + rest, encoding="utf-8")
    found = lines(path)
    assert [number for number, _cells, broken in found if broken] == [2]
    assert [(number, cells[0]) for number, cells, broken in found if not broken][1:] == [
        (number + 3, f"企业{number}") for number in range(rows_after)
    ]


def test_a_cell_of_a_megabyte_is_one_bad_line(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"名称,地址\n甲,{'长' * 1_000_000}\n乙,路\n", encoding="utf-8")
    assert [(number, broken) for number, _cells, broken in lines(path)] == [(1, False), (2, True), (3, False)]
    assert FIELD_LIMIT < 1_000_000


def test_a_spreadsheet_keeps_excels_line_numbers_and_types(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet("企业")
        page.write_row(2, 1, ["名称", "日期", "代码"])
        page.write_row(4, 1, ["甲", "", 130502])
        page.write_datetime(4, 2, datetime.date(2026, 1, 31), book.add_format({"num_format": "yyyy-mm-dd"}))
    assert lines(path) == [
        (3, ["名称", "日期", "代码"], False),
        (5, ["甲", datetime.date(2026, 1, 31), 130502.0], False),
    ]
    with Sheet(path) as sheet:
        assert len(list(sheet.lines())) == len(list(sheet.lines())) == 2


def test_what_is_not_there_or_not_a_spreadsheet_is_refused_in_words(tmp_path: Path) -> None:
    broken = tmp_path / "a.xlsx"
    broken.write_bytes(b"PK nonsense")
    for path in (tmp_path / "none.csv", tmp_path / "none.xlsx", broken):
        with pytest.raises(UnreadableSheet, match="文件无法读取"):
            Sheet(path)
    good = tmp_path / "b.xlsx"
    with xlsxwriter.Workbook(good) as book:
        book.add_worksheet("企业")
    with pytest.raises(UnreadableSheet, match="没有名为 人员 的工作表，只有：企业"):
        Sheet(good, worksheet="人员")
    with pytest.raises(UnreadableSheet):
        Sheet(tmp_path / "none.csv", encoding="utf-99")
