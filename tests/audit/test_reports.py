"""The monthly report of a region: numbered, kept as it was known, and honest about what came later."""

import io
import json
import re
import zipfile
from collections import Counter
from datetime import datetime
from functools import partial
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from docx import Document as Docx
from python_calamine import CalamineWorkbook
from time_machine import TimeMachineFixture

from audit.actor import Actor
from audit.duties import DUTIES
from audit.facts import SHANGHAI
from audit.matching import MatchPolicy
from audit.models import Account, Document, Entry, MonthlyReport, ReadLog, Role
from audit.month_known import Month, ratings_of
from audit.monthly import corrected as totals_corrected
from audit.pages import reports as door
from audit.period import Period
from audit.problem import Problem
from audit.services.issue_report import issue_report
from tests.audit.past import FIRE, MARKET, NAMES, QINGHE, account, corrected, judged, on, visited
from tests.house.admin_world import account_of, signed_in
from tests.parallel import at_once
from tests.town import BEARINGS, CASHMERE, GLASS

pytestmark = pytest.mark.django_db
REPORTS = "/board/reports/"
JUNE, POLICY, OPERATOR = Period(year=2026, month=6), MatchPolicy(), Actor.command("test")


@pytest.fixture
def july(time_machine: TimeMachineFixture) -> datetime:
    """The year's first half in 襄都区 and 清河县, seen on the morning of 10 July."""
    morning = datetime(2026, 7, 10, 9, tzinfo=SHANGHAI)
    time_machine.move_to(morning)
    visited("RQ-501", on(5, 6))
    visited("RQ-502", on(5, 7), door=GLASS)
    visited("RQ-601", on(6, 2), officers=(("13050200101", "张伟"), ("13050200102", "李娜")))
    visited("RQ-602", on(6, 15), joint_id="J1")
    visited("RQ-603", on(6, 15, 10), joint_id="J1", agency=FIRE)
    visited("RQ-604", on(6, 20), door=GLASS, category="special", superior_ordered=True)
    visited("RQ-605", on(6, 21), door=GLASS, purpose="service")
    visited("RQ-606", on(6, 30, 23), door=CASHMERE, agency=QINGHE)
    judged(on(6, 15, 12), cap=1)
    paper("P-1", 2)
    paper("P-2", 25)
    return morning


def paper(reference: str, day: int, *, known: datetime | None = None) -> None:
    Document.objects.create(
        source="OA", source_ref=reference, version=1, kind="inspection", credit_code=BEARINGS,
        enterprise_name="邢台轴承有限公司", region_code="130502", agency_code=MARKET, agency_path=f"/{MARKET}/",
        agency_name=NAMES[MARKET], supervised_by="130502-SFJ", on=on(6, day).date(), withdrawn=False,
        known_from=known or on(6, day, 18), by="test",
    )  # fmt: skip


def content(client: Client, address: str) -> bytes:
    response: Any = client.get(address)
    assert response.status_code == 200, address
    assert response["Cache-Control"].startswith("private, no-store")
    return b"".join(response.streaming_content)


def cells(page: str, caption: str) -> list[list[str]]:
    """The rows of a table of the page; that of a chart may stand before it."""
    [*_chart, table] = re.findall(rf"<table[^>]*><caption>{caption}</caption>.*?</table>", page, flags=re.DOTALL)
    rows = re.findall(r"<tr>(.*?)</tr>", table, flags=re.DOTALL)
    return [[re.sub("<[^>]+>", "", cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)] for row in rows]


def test_li_jing_issues_june_and_the_report_lists_what_came_later(
    july: datetime, time_machine: TimeMachineFixture
) -> None:
    client = account()
    assert "印发通报" in client.get(REPORTS).content.decode()
    answer = client.post(REPORTS, {"region": "130502", "month": "2026-06"})
    report = MonthlyReport.objects.get()
    address = f"{REPORTS}{report.pk}/"
    assert (answer.status_code, answer["Location"]) == (302, address)
    assert report.number == "入企通报〔2026〕1号-130502"
    assert report.as_of.astimezone(SHANGHAI).isoformat(timespec="minutes") == "2026-07-10T08:55+08:00"
    [entry] = Entry.objects.filter(kind="report-issued")
    assert report.number in bytes(entry.body or b"").decode()
    assert "张伟" not in bytes(entry.body or b"").decode(), "who was where is not in what stays for ever"
    page = client.get(address).content.decode()
    assert "襄都区2026年6月入企检查情况通报" in page
    assert "入企检查4次，打扰企业3次，环比+100.0%，同比无可比数据；服务走访1次" in page
    assert "2026年7月10日 08:55" in page
    figures = {row[0]: row[1:] for row in cells(page, "主要指标")}
    assert figures["入企"] == ["4", "2", "+100.0%", "—", "无可比数据"]
    assert figures["联合占比"] == ["50.0%", "0.0%", "+50.0个百分点", "—", "无可比数据"]
    assert figures["扫码率"][:2] == ["50.0%", "—"]
    assert cells(page, "按单位")[1][:5] == ["襄都区市场监督管理局", "3", "2", "+50.0%", "—"]
    assert [row[:2] for row in cells(page, "被检查最多的企业")[1:]] == [
        ["邢台轴承有限公司", BEARINGS], ["襄都区明亮玻璃店", GLASS],
    ]  # fmt: skip
    assert cells(page, "入企最多的人员")[1][:4] == ["张伟", "13050200101", "襄都区市场监督管理局", "3"]
    assert cells(page, "按规则")[1][1:] == ["1", "1"]
    assert "印发后的更正" in page
    assert "RQ-60" not in page
    unchanged = client.post(REPORTS, {"region": "130502", "month": "2026-06"})
    assert (unchanged.status_code, report.number in unchanged.content.decode()) == (409, True)

    time_machine.move_to(datetime(2026, 7, 20, 9, tzinfo=SHANGHAI))
    corrected("RQ-601", on(7, 12), state="voided")
    corrected("RQ-603", on(7, 12), state="absorbed")
    visited("RQ-699", on(6, 29), door=GLASS, agency=FIRE, origin="imported", known=on(7, 13))
    visited("RQ-700", on(6, 29), door=CASHMERE, agency=QINGHE, known=on(7, 13))
    paper("P-3", 15, known=on(7, 14))
    client, before = account(), report.figures  # the session of ten days ago has ended
    page = client.get(address).content.decode()
    assert MonthlyReport.objects.get().figures == before
    assert {row[0]: row[1:] for row in cells(page, "主要指标")} == figures, "the snapshot stands"
    changed = {row[0]: row[1:] for row in cells(page, "变化的数字")}
    assert changed["检查 · 入企"] == ["4", "3"]
    assert changed["检查 · 联合"] == ["2", "0"]
    assert changed["检查 · 作废"] == ["0", "1"]
    assert changed["扫码率"] == ["50.0% (1/2)", "33.3% (1/3)"]
    assert [(row[0], row[4], row[5]) for row in cells(page, "更正的入企")[1:]] == [
        ("RQ-601", "作废", "1 → 0"),
        ("RQ-602", "联合关系变更", "1 → 1"),
        ("RQ-603", "并入其他入企", "1 → 0"),
        ("RQ-699", "印发后补录", "0 → 1"),
    ]
    told = Month(region="130502", month=JUNE, by=on(7, 20)).figures(policy=POLICY)["totals"]["inspection"][0]
    assert {name: told[name] for name in ("visits", "once", "joint", "voided", "imported")} == {
        "visits": 3, "once": 3, "joint": 0, "voided": 1, "imported": 1,
    }  # fmt: skip

    client.post(REPORTS, {"region": "130502", "month": "2026-06"})
    again = MonthlyReport.objects.get(serial=2)
    assert (again.number, again.replaces) == ("入企通报〔2026〕2号-130502", report.number)
    assert again.number in client.get(address).content.decode()
    assert "没有。" in client.get(f"{REPORTS}{again.pk}/").content.decode()
    listed = client.get(REPORTS).content.decode()
    assert listed.index(again.number) < listed.index(f">{report.number}</a>")
    files(client, address, report)


def files(client: Client, address: str, report: MonthlyReport) -> None:
    """The same as PDF with its font inside, and as DOCX with charts that hold their numbers; in both languages."""
    pdf = content(client, f"{address}report.pdf")
    assert pdf.startswith(b"%PDF-")
    assert pdf.rstrip().endswith(b"%%EOF")
    assert pdf == content(client, f"{address}report.pdf"), "the same paper gives the same bytes"
    assert len(re.findall(rb"/Type /Page\b", pdf)) >= 2
    docx = content(client, f"{address}report.docx")
    document = Docx(io.BytesIO(docx))
    headings = [one.text for one in document.paragraphs if one.style and one.style.name == "Heading 1"]
    assert headings[0] == "总体情况"
    assert "印发后的更正" in headings
    figures = next(table for table in document.tables if table.cell(0, 1).text == "本月")
    assert [cell.text for cell in figures.rows[1].cells][:4] == ["入企", "4", "2", "+100.0%"]
    with zipfile.ZipFile(io.BytesIO(docx)) as parts:
        charts = [name for name in parts.namelist() if name.startswith("word/charts/chart")]
        assert len(charts) >= 4
        drawn = parts.read("word/charts/chart1.xml").decode()
        book = CalamineWorkbook.from_filelike(io.BytesIO(parts.read("word/embeddings/Microsoft_Excel_Sheet1.xlsx")))
    days = book.get_sheet_by_index(0).to_python()
    assert days[2] == ["2", 1.0]
    assert [int(value) for value in re.findall(r"<c:v>(\d+)</c:v></c:pt></c:numCache>|$", drawn)[:1] if value] == [0]
    english = Docx(io.BytesIO(content(client, f"{address}report.docx?language=en")))
    assert english.paragraphs[0].text == "襄都区: report on inspections, 2026-06"
    assert content(client, f"{address}report.pdf?language=en") != pdf
    page = client.get(f"{address}?language=en").content.decode()
    assert "No comparable data" in page
    assert '<html lang="en"' in page
    assert client.get(f"{address}report.xlsx").status_code == 404
    noted = ReadLog.objects.filter(subject=f"report:{report.number}").values_list("page", flat=True)
    assert {"board-report", "board-report-file.pdf", "board-report-file.docx"} == set(noted)


def test_a_report_is_for_whoever_sees_its_whole_region(july: datetime) -> None:
    city = issue_report(region="130500", month=JUNE, policy=POLICY, actor=OPERATOR, at=july)
    mine = issue_report(region="130502", month=JUNE, policy=POLICY, actor=OPERATOR, at=july)
    town = issue_report(region="130502003", month=JUNE, policy=POLICY, actor=OPERATOR, at=july)
    theirs = issue_report(region="130534", month=JUNE, policy=POLICY, actor=OPERATOR, at=july)
    assert [one.number[-9:] for one in (city, theirs)] == ["1号-130500", "1号-130534"]
    everywhere = json.loads(city.figures)
    assert [line["key"] for line in everywhere["regions"]] == ["130502", "130534"]
    all_of = {one: f"{REPORTS}{one.pk}/" for one in (city, mine, town, theirs)}

    def reached(client: Client) -> set[MonthlyReport]:
        found = set()
        for one, page in all_of.items():
            file: Any = client.get(f"{page}report.docx")
            assert not file.streaming or b"".join(file.streaming_content), "read to its end, the client closes it"
            statuses = {client.get(page).status_code, file.status_code}
            assert len(statuses) == 1
            found |= {one} if statuses == {200} else set()
        return found

    for client in (account(), account("discipline", agency="")):
        assert reached(client) == {mine, town}
        assert city.number not in client.get(REPORTS).content.decode()
    assert reached(account(region="1305", agency="1305-SFJ")) == {city, mine, town, theirs}
    for role in set(Role.values) - {"supervisor", "discipline"}:
        client = signed_in(account_of(role))
        assert {client.get(page).status_code for page in (REPORTS, f"{REPORTS}{mine.pk}/", "/board/posters/")} == {
            404
        }, role
        assert not DUTIES[role]["reports"]  # type: ignore[index]
    assert Client().get(f"{REPORTS}{mine.pk}/")["Location"].startswith("/admin/login/?next=/board/reports/")
    assert account().get(f"{REPORTS}99999999999999999999/").status_code == 404


def test_what_cannot_be_issued_is_said_and_nothing_is_numbered(july: datetime) -> None:
    client = account()
    for region, month, status in (
        ("130502", "2026-07", 409), ("130502", "2027-01", 409), ("130502", "2026", 422), ("130502", "2026-06-01", 422),
        ("x", "2026-06", 422), ("", "", 422), ("1305", "2026-06", 404), ("130534", "2026-06", 404),
    ):  # fmt: skip
        assert client.post(REPORTS, {"region": region, "month": month}).status_code == status, (region, month)
    assert account("discipline", agency="").post(REPORTS, {"region": "130502", "month": "2026-06"}).status_code == 404
    assert "尚未结束" in client.post(REPORTS, {"region": "130502", "month": "2026-07"}).content.decode()
    assert not MonthlyReport.objects.exists()
    assert not Entry.objects.filter(kind="report-issued").exists()


def test_the_same_moment_gives_the_same_figures_and_lists_cost_no_more_with_more_visits(july: datetime) -> None:
    month = Month(region="1305", month=JUNE, by=on(7, 10))
    told = month.figures(policy=POLICY)
    report = issue_report(region="130502", month=JUNE, policy=POLICY, actor=OPERATOR, at=july)
    client = account(region="1305")

    def statements() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert client.get(f"{REPORTS}{report.pk}/").status_code == 200
        return len(seen)

    with CaptureQueriesContext(connection) as issuing:
        month.figures(policy=POLICY)
    few = statements()
    for number in range(40):
        visited(f"RQ-8{number:02}", on(6, 1 + number % 28), agency=(MARKET, FIRE)[number % 2], known=on(7, 10, 10))
        corrected(f"RQ-8{number:02}", on(7, 10, 11), joint_id=f"J{number // 2}")
    for visit in ("RQ-601", "RQ-604"):
        corrected(visit, on(7, 10, 12), state="withdrawn")
    assert month.figures(policy=POLICY) == told
    more = statements()
    assert few <= 16
    assert more <= few + 6, "what changed has its visits, their partners and their enterprises' names"
    for number in range(40, 80):
        visited(f"RQ-8{number:02}", on(6, 1 + number % 28), agency=MARKET, known=on(7, 10, 10))
    assert statements() == more
    with CaptureQueriesContext(connection) as again:
        Month(region="1305", month=JUNE, by=on(7, 11)).figures(policy=POLICY)
    assert len(again) == len(issuing)


def test_what_became_of_a_partner_in_another_month_is_among_what_changed(july: datetime) -> None:
    visited("RQ-509", on(5, 31), joint_id="J9", agency=FIRE)
    visited("RQ-609", on(6, 1), joint_id="J9")
    visited("RQ-510", on(5, 30), joint_id="J8", agency=FIRE)
    visited("RQ-610", on(6, 3), joint_id="J8")
    month = Month(region="130502", month=JUNE, by=on(7, 20))
    known = Month(region="130502", month=JUNE, by=on(7, 10)).tallied().total("inspection")
    corrected("RQ-509", on(7, 12), state="voided")
    corrected("RQ-510", on(7, 13), joint_id="")
    found = month.corrections(since=on(7, 10), most=100) or ()
    assert [(one.visit.visit, one.kind) for one in found] == [("RQ-609", "joint"), ("RQ-610", "joint")]
    assert totals_corrected({"inspection": known}, found)["inspection"] == month.tallied().total("inspection")


def test_what_is_too_much_for_a_page_is_said_and_left_to_a_command(
    july: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "AT_ONCE", 6)
    client, words = account(), {"region": "130502", "month": "2026-06"}
    refused = client.post(REPORTS, words)
    assert (refused.status_code, "manage.py report 130502 2026-06" in refused.content.decode()) == (422, True)
    assert not MonthlyReport.objects.exists()
    said = io.StringIO()
    with CaptureQueriesContext(connection) as asked:
        call_command("report", "130502", "2026-06", stdout=said)
    monkeypatch.setattr(door, "AT_ONCE", 7)
    report = MonthlyReport.objects.get()
    assert (said.getvalue().strip(), report.by) == (report.number, "command:report")
    if connection.vendor == "postgresql":
        sql = [one["sql"] for one in asked.captured_queries]
        locked, read = (next(n for n, one in enumerate(sql) if word in one) for word in ("advisory", "audit_visitfact"))
        assert locked < read, "who comes second waits, and does not read all that beside the first"
    for wrong in (("130502", "2026-06"), ("130502", "2026-07"), ("x", "2026-06"), ("130502", "2026")):
        with pytest.raises(CommandError):
            call_command("report", *wrong, stdout=io.StringIO())
    for visit in ("RQ-601", "RQ-604"):
        corrected(visit, july, state="voided")
    paper("P-3", 20, known=july)
    whole = client.get(f"{REPORTS}{report.pk}/").content.decode()
    assert [row[0] for row in cells(whole, "变化的数字")][-1:] == ["扫码率"], "as many as one may read"
    monkeypatch.setattr(door, "AT_ONCE", 4)
    page = client.get(f"{REPORTS}{report.pk}/").content.decode()
    assert "超过4条，打开通报时不重新计算扫码率" in page
    assert "扫码率" not in [row[0] for row in cells(page, "变化的数字")]
    assert "RQ-601" in page
    monkeypatch.setattr(door, "AT_ONCE", 1)
    page = client.get(f"{REPORTS}{report.pk}/").content.decode()
    assert "超过本页能逐一核对的1次" in page
    assert "RQ-601" not in page
    for number in range(5):
        paper(f"P-4{number}", 20, known=july)
    month = Month(region="130502", month=JUNE, by=july)
    assert [month.many(most=most) for most in (7, 8)] == [True, False], "eight papers, seven versions of visits"


def test_a_whole_citys_account_issues_and_reads_by_either_spelling_and_turns_pages(
    july: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "SIZE", 1)
    client = account(region="1305", agency="1305-SFJ")
    Account.objects.filter(region_prefix="1305").update(region_prefix="130500")  # as it was kept formerly
    for month in ("2026-05", "2026-06"):
        assert client.post(REPORTS, {"region": "130500", "month": month}).status_code == 302
    first, second = MonthlyReport.objects.order_by("pk")
    newest, oldest = (client.get(f"{REPORTS}?page={page}").content.decode() for page in (1, 2))
    assert (second.number in newest, first.number in newest) == (True, False)
    assert (second.number in oldest, first.number in oldest) == (False, True)
    assert "page=2" in newest
    assert "page=1" not in oldest
    assert ">上一页<" in oldest
    assert ">下一页<" not in oldest


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_months_issued_four_times_at_once_each_has_one_report_and_one_number() -> None:
    visited("RQ-501", on(5, 6))
    visited("RQ-601", on(6, 2))

    def tried(month: int) -> str:
        try:
            issue_report(
                region="1305", month=Period(year=2026, month=month), policy=POLICY, actor=OPERATOR, at=on(7, 10)
            )
        except Problem as refusal:
            return refusal.code
        return "issued"

    done = at_once([partial(tried, month) for month in (5, 6) * 4], threads=8)
    assert Counter(done) == {"issued": 2, "report-unchanged": 6}
    assert sorted(MonthlyReport.objects.values_list("serial", "replaces")) == [(1, ""), (2, "")]


def test_of_each_closing_one_rating_counts_and_the_complainants_own_goes_before_a_call_back() -> None:
    life = [
        {"deed": deed, "rating": rating}
        for deed, rating in (
            ("open", ""), ("close", ""), ("call_back", "satisfied"), ("rate", "unsatisfied"),
            ("reopen", ""), ("close", ""), ("rate", "unsatisfied"), ("call_back", "satisfied"),
            ("reopen", ""), ("close", ""), ("call_back", "satisfied"),
        )
    ]  # fmt: skip
    assert [row["rating"] for row in ratings_of(life)] == ["unsatisfied", "unsatisfied", "satisfied"]
