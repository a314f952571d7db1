"""Lists as files: every row in reach and no other, no cell that computes, and who took what is written down."""

import csv
import io
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from python_calamine import CalamineWorkbook

from audit.list_file import Form, Percent, Sheet, TooLong, harmless, write
from audit.models import ReadLog
from audit.services.fold import fold
from enterprises.models import Enterprise
from officers.models import Officer
from tests.audit.past import FIRE, MARKET, QINGHE, account, judged, on, visited
from tests.audit.test_board_pages import today, year
from tests.house.admin_world import account_of, build, signed_in
from tests.house.test_admin_sight import MATRIX
from tests.town import CASHMERE

pytestmark = pytest.mark.django_db
__all__ = ["today", "year"]
FILES = "/board/files/"
LISTS = (
    "/board/files/visits.xlsx",
    "/board/files/figures.xlsx",
    "/board/files/flags.xlsx",
    "/board/files/unscanned.xlsx",
)
FORMULAS = ["=1+1", "+86 319", "-2", "@SUM(A1)", "\tx", "\rx", "\nx", " =cmd|' /C calc'!A0", "＝1+1", "＠x", "　=1"]


def body(client: Client, address: str, *, language: str = "zh-hans") -> bytes:
    response: Any = client.get(address, headers={"Accept-Language": language})
    assert response.status_code == 200, address
    content = b"".join(response.streaming_content)  # read to its end, the client closes it
    assert response["Cache-Control"].startswith("private, no-store")
    assert "attachment" in response["Content-Disposition"]
    return content


def sheets(content: bytes) -> list[list[list[Any]]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return [book.get_sheet_by_name(name).to_python() for name in book.sheet_names]


def lines(content: bytes) -> list[list[str]]:
    assert content.startswith(b"\xef\xbb\xbf"), "else Excel reads it as GBK"
    before = csv.field_size_limit(1_000_000)  # whoever read an import in this process has lowered it
    try:
        return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    finally:
        csv.field_size_limit(before)


def written(form: Form, rows: Sequence[Sequence[Any]], *, chinese: bool = True, most: int = 100) -> bytes:
    file = io.BytesIO()
    sheet = Sheet(title="名单", headings=["甲", "=乙"], notes_title="说明", notes=[("口径", "=1+1")], chinese=chinese)
    assert write(form, sheet, rows, file=file, most=most) == len(rows)
    return file.getvalue()


def test_no_cell_is_a_formula_and_dates_are_as_officials_write_them() -> None:
    moment, day = datetime.fromisoformat("2026-07-01T01:05:09+00:00"), date(2026, 7, 1)
    rows: list[list[Any]] = [[text, text] for text in FORMULAS]
    rows += [
        [moment, day],
        [-3, Percent(0.125)],
        [None, Percent(None)],
        ["9111010855", True],
        [date(1, 1, 1), "字" * 40_000],
    ]
    [_headings, *told] = lines(written(Form.CSV, rows))
    assert [row[0] for row in told[: len(FORMULAS)]] == [f"'{text}" for text in FORMULAS]
    assert told[len(FORMULAS) : -1] == [
        ["2026年7月1日 09:05", "2026年7月1日"], ["-3", "12.5%"], ["", ""], ["9111010855", "True"],
    ]  # fmt: skip
    assert lines(written(Form.CSV, rows, chinese=False))[len(FORMULAS) + 1] == ["2026-07-01 09:05", "2026-07-01"]
    assert harmless("甲=乙") == "甲=乙"
    content = written(Form.XLSX, rows)
    page, notes = sheets(content)
    assert [row[0] for row in page[1 : len(FORMULAS) + 1]] == FORMULAS
    assert page[len(FORMULAS) + 1][:2] == [datetime(2026, 7, 1, 9, 5), day]  # noqa: DTZ001  # a spreadsheet's clock
    assert page[len(FORMULAS) + 2][:2] == [-3, 0.125]
    assert page[-1] == ["1年1月1日", "字" * 32_766 + "…"]
    assert notes == [["名单", ""], ["口径", "=1+1"]]
    parts = _parts(content)
    assert "<f>" not in parts["xl/worksheets/sheet1.xml"] + parts["xl/worksheets/sheet2.xml"]
    assert 'formatCode="yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot; hh:mm"' in parts["xl/styles.xml"]
    with pytest.raises(TooLong):
        written(Form.XLSX, rows, most=3)


def _parts(content: bytes) -> dict[str, str]:
    import zipfile

    with zipfile.ZipFile(io.BytesIO(content)) as book:
        return {name: book.read(name).decode() for name in book.namelist() if name.endswith(".xml")}


def test_li_jing_takes_the_boards_lists_home_and_the_audit_administrator_sees_it(year: None) -> None:
    """Three of five visits are queued and in no sum yet; the fifth is 清河's, out of her reach."""
    client = account()
    [headings, *visits], notes = sheets(body(client, f"{FILES}visits.xlsx?period=2026&of=joint"))
    assert headings[:4] == ["入企编号", "入企时间", "企业", "统一社会信用代码"]
    assert [row[0] for row in visits] == ["RQ-4", "RQ-3"]
    assert visits[0][1] == datetime(2026, 7, 15, 9)  # noqa: DTZ001
    assert "period=2026&of=joint" in [row[1] for row in notes]
    assert any("扫码口径" in str(row[1]) for row in notes)
    [_head, *all_of_them] = lines(body(client, f"{FILES}visits.csv"))
    assert [row[0] for row in all_of_them] == ["RQ-4", "RQ-3", "RQ-2", "RQ-1"]
    assert all_of_them[2][1] == "2026年5月6日 09:00"
    assert all_of_them[2][13:15] == ["张伟、李娜", "13050200101、13050200102"]
    fold()
    assert lines(body(client, f"{FILES}visits.csv"))[1:] == all_of_them
    [_head, *figures] = lines(body(client, f"{FILES}figures.csv?group=agency"))
    assert [row[:3] for row in figures] == [["襄都区市场监督管理局", MARKET, "3"], ["襄都区应急管理局", FIRE, "1"]]
    assert figures[0][-2] == "33.3%"
    [_head, flag], _notes = sheets(body(client, f"{FILES}flags.xlsx"))
    assert flag[6] == "邢台轴承有限公司"
    assert "超过" in flag[-1] or "上限" in flag[-1]
    assert len(lines(body(client, f"{FILES}unscanned.csv"))) == 1
    assert sorted(ReadLog.objects.values_list("page", "subject", "shown")) == [
        ("board-figures-file.csv", "period=2026", 2),
        ("board-flags-file.xlsx", "period=2026", 1),
        ("board-unscanned-file.csv", "period=2026", 0),
        ("board-visits-file.csv", "period=2026", 4),
        ("board-visits-file.csv", "period=2026", 4),
        ("board-visits-file.xlsx", "period=2026&of=joint", 2),
    ]
    desk = signed_in(account_of("audit_admin")).get(reverse("admin:audit_readlog_changelist")).content.decode()
    assert "board-visits-file.xlsx" in desk
    told = lines(body(client, f"{FILES}visits.csv", language="en"))
    assert (told[0][1], told[3][1]) == ("Visit began", "2026-05-06 09:00")


def test_whose_file_it_is_not(year: None) -> None:
    supervisor, discipline = account(), account("discipline", agency="")
    leader = account("agency_leader", region="", agency=FIRE)
    assert [row[0] for row in lines(body(leader, f"{FILES}visits.csv"))[1:]] == ["RQ-4"]
    assert supervisor.get(f"{FILES}visits.csv?agency={QINGHE}").status_code == 404
    assert supervisor.get(f"{FILES}visits.pdf").status_code == 404
    assert supervisor.get(f"{FILES}visits.csv?period=soon").status_code == 400
    assert discipline.get(f"{FILES}visits.csv?region=130534").status_code == 404
    assert supervisor.post(f"{FILES}visits.csv").status_code == 405
    assert len(lines(body(supervisor, f"{FILES}visits.csv?enterprise={CASHMERE}"))) == 1
    before = ReadLog.objects.count()
    for role in ("system_admin", "security_admin", "audit_admin", "agency_admin", ""):
        client = signed_in(account_of(role))
        assert {client.get(file).status_code for file in LISTS} == {404}, role
    assert {Client().get(file).status_code for file in LISTS} == {302}
    with override_settings(EXPORT_ROWS=3):
        assert "一次至多导出 3 行" in supervisor.get(f"{FILES}visits.csv").content.decode()
    assert ReadLog.objects.count() == before, "nobody was handed anything"


def test_a_file_costs_the_same_statements_with_more_rows(year: None) -> None:
    client = account()
    few = [_statements(client, f"{file}?period=2026") for file in LISTS]
    for number in range(40):
        visited(f"RQ-8{number}", on(6, 1 + number % 28), agency=(MARKET, FIRE)[number % 2])
    judged(on(7, 15, 11))
    fold()
    assert [_statements(client, f"{file}?period=2026") for file in LISTS] == [6, 6, 5, 5]
    assert few[2:] == [5, 5]
    assert few[0] == 10, "visits that no sum contains, one of them joint, are looked up"


def _statements(client: Client, address: str) -> int:
    body(client, address)
    with CaptureQueriesContext(connection) as seen:
        body(client, address)
    return len(seen)


def test_every_desk_hands_out_its_list_to_whoever_sees_it_and_to_nobody_else() -> None:
    """The same filters as on the screen, whole lists, links and marks as plain words; the taking is written down."""
    world = build()
    clients = {role: signed_in(account_of(role)) for role in ("supervisor", "system_admin", "audit_admin", "")}
    for model in MATRIX:
        of = f"{model._meta.app_label}_{model._meta.model_name}"
        desk, file = reverse(f"admin:{of}_changelist"), reverse(f"admin:{of}_file", args=["csv"])
        for role, client in clients.items():
            screen = client.get(desk)
            if screen.status_code != 200:
                assert client.get(file).status_code == screen.status_code, (role, file)
                continue
            found = lines(body(client, file))
            shown = len(screen.context["cl"].result_list)
            assert shown <= len(found) - 1 <= shown + 3, (role, file)
            assert not any("</" in cell for row in found for cell in row), (role, file)
    client, mine = clients["supervisor"], world.rows["own"][Enterprise]
    file = reverse("admin:enterprises_enterprise_file", args=["xlsx"])
    [headings, *rows], _notes = sheets(body(client, f"{file}?q={mine.credit_code}"))
    assert [row[1] for row in rows] == [mine.credit_code]
    assert "统一社会信用代码" in headings
    assert ReadLog.objects.latest("pk").subject == f"q={mine.credit_code}"
    assert ReadLog.objects.latest("pk").page == "enterprises_enterprise.xlsx"
    assert world.rows["sibling"][Officer].certificate_no not in str(
        lines(body(client, reverse("admin:officers_officer_file", args=["csv"])))
    )
    assert file in client.get(reverse("admin:enterprises_enterprise_changelist")).content.decode()
    assert client.get(f"{file}?nonsense__x=1")["Location"].endswith("?e=1")
    assert client.get(file.replace("xlsx", "pdf")).status_code == 404
    few = _statements(client, file)
    for _more in range(4):
        world.visit_by(world.agencies["own"], region="130502")
    assert _statements(client, file) == few <= 9
    with override_settings(EXPORT_ROWS=0):
        assert client.get(file)["Location"].startswith(reverse("admin:enterprises_enterprise_changelist"))


@pytest.mark.django_db(transaction=True)
def test_visits_are_read_in_a_moment_that_only_reads_and_noted_after_it() -> None:
    client = account()
    visited("RQ-1", on(3, 2))
    assert [row[0] for row in lines(body(client, f"{FILES}visits.csv?period=2026"))[1:]] == ["RQ-1"]
    assert ReadLog.objects.get().shown == 1
