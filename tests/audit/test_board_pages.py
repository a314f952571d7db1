"""The supervisors' board: what it shows, to whom, at what cost; how one gets from a figure to its proof."""

import hashlib
import re
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from time_machine import TimeMachineFixture

from audit.asked import Asked
from audit.at_once import answers
from audit.auth import Sight
from audit.behind import visits_explained
from audit.board import ask
from audit.duties import Reach
from audit.facts import SHANGHAI
from audit.figures import Group, Sees
from audit.models import Flag, ReadLog, Span
from audit.period import Period
from audit.services.fold import fold
from audit.tally import tail
from project.urls import urlpatterns
from tests.audit.past import ACTOR, FIRE, MARKET, QINGHE, account, corrected, judged, on, visited
from tests.house.admin_world import account_of, signed_in
from tests.town import BEARINGS, CASHMERE, GLASS

pytestmark = pytest.mark.django_db
BOARD = "/board/"
WALKED = (
    "audit/test_board_pages", "audit/test_lists_on_paper", "audit/test_reports", "audit/test_rule_pages",
    "checkins/test_inbox",
)  # fmt: skip
VENDOR = Path(__file__).resolve().parents[2] / "audit/static/audit/vendor"


@pytest.fixture
def today(time_machine: TimeMachineFixture) -> datetime:
    noon = datetime(2026, 7, 15, 12, tzinfo=SHANGHAI)
    time_machine.move_to(noon)
    return noon


@pytest.fixture
def year(today: datetime) -> None:
    """Three visits at the bearings works (a cap of two), one of them of today and joint; one at 清河's cashmere."""
    visited("RQ-1", on(3, 2))
    visited("RQ-2", on(5, 6), officers=(("13050200101", "张伟"), ("13050200102", "李娜")))
    fold()
    visited("RQ-3", on(7, 15), joint_id="J1")
    visited("RQ-4", on(7, 15), joint_id="J1", agency=FIRE)
    visited("RQ-5", on(7, 14), door=CASHMERE, agency=QINGHE)
    judged(on(7, 15, 10))


def text(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status, address
    assert "script-src 'self'" in response["Content-Security-Policy"]
    assert response["Cache-Control"] == "private, no-store"
    return response.content.decode()


def links(page: str, part: str) -> list[str]:
    return [found.replace("&amp;", "&") for found in re.findall(r'href="([^"]+)"', page) if part in found]


def statements(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as seen:
        assert client.get(address).status_code == 200
    return len(seen)


def test_a_months_warnings_are_its_own_and_those_of_the_year_that_were_raised_in_it(year: None) -> None:
    client, flag = account(), Flag.objects.get()
    assert (flag.period, flag.raised_at.month) == ("2026", 7)
    for period, listed in (("2026", 1), ("2026-07", 1), ("2026-07-02", 1), ("2026-06", 0), ("2025", 0)):
        assert len(links(text(client, f"/board/flags?period={period}"), f"/board/flags/{flag.pk}")) == listed, period
        file: Any = client.get(f"/board/files/flags.csv?period={period}")
        assert len(b"".join(file.streaming_content).decode().splitlines()) == 1 + listed, period


def test_of_a_visit_that_moved_out_of_reach_a_warning_no_longer_tells_who_was_there(year: None) -> None:
    here = Sight(actor=ACTOR, role="discipline", reach=Reach.REGION, region_prefix="130502", agency_code="")
    evidence = {"counted": ["RQ-1", "RQ-2"]}
    assert visits_explained(evidence, looker=here).reached == {"RQ-1", "RQ-2"}
    corrected("RQ-1", on(7, 15, 11), region_code="130534", supervised_by="130534-SFJ")
    assert visits_explained(evidence, looker=here).reached == {"RQ-2"}


def test_li_jing_goes_from_the_most_inspected_enterprise_to_why_it_is_flagged_and_to_its_proof(year: None) -> None:
    """Each figure has its definition, each its list, each list the visits, each visit its flag and its versions."""
    client = account()
    board = text(client, BOARD)
    assert "邢台轴承有限公司" in board
    assert "扫码口径" in board
    assert "暖阳羊绒" not in board, "清河 is not in her reach"
    assert "13050200102" in board, "officers"
    english = client.get(BOARD, headers={"Accept-Language": "en"}).content.decode()
    assert "Overview of 2026" in english
    assert "Most inspected enterprises" in english
    ranked = links(board, f"/board/enterprises/{BEARINGS}")[-1]
    once = next(link for link in links(board, "of=once") if BEARINGS in link)
    assert text(client, once).count('href="/board/visits/RQ-') == 3, "the joint visit disturbed once"
    enterprise = text(client, ranked)
    assert "2026-07-15：2" in enterprise
    [flag] = set(links(enterprise, "/board/flags/"))
    why = text(client, flag)
    assert "超过" in why or "上限" in why
    assert {"/board/visits/RQ-1", "/board/visits/RQ-2", "/board/visits/RQ-3"} <= set(links(why, "/board/visits/"))
    corrected("RQ-3", on(7, 15, 11), category="special", superior_ordered=True)
    visit = text(client, "/board/visits/RQ-3")
    assert set(links(visit, "/board/flags/")) == {flag}
    assert "专项" in visit
    assert "日常" in visit, "its first version"
    assert [(row.page, row.subject) for row in ReadLog.objects.order_by("pk")] == [
        ("board", "period=2026"),
        ("board", "period=2026"),
        ("board-visits", "period=2026&region=130502&enterprise=91110108551385082Q&of=once"),
        ("board-enterprise", f"enterprise:{BEARINGS}"),
        ("board-flag", f"flag:{Flag.objects.get().pk}"),
        ("board-visit", "visit:RQ-3"),
    ]
    assert ReadLog.objects.filter(actor__startswith="account:li.jing", shown__gt=0).count() == 6


def test_the_board_costs_at_most_twelve_statements_and_lists_do_not_grow(year: None) -> None:
    client = account()
    text(client, BOARD)
    assert statements(client, BOARD) <= 12, "with visits that no sum contains, one of them joint"
    fold()
    assert statements(client, BOARD) == 9
    pages = ["/board/visits", "/board/figures", "/board/flags", "/board/unscanned", f"/board/enterprises/{BEARINGS}"]
    few = [statements(client, page) for page in pages]
    for number in range(60):
        visited(f"RQ-9{number}", on(6, 1 + number % 28), agency=(MARKET, FIRE)[number % 2])
    fold()
    assert [statements(client, page) for page in pages] == few
    assert statements(client, BOARD) == 9
    listed = text(client, "/board/visits?period=2026-06")
    assert len(links(listed, "/board/visits/RQ-")) == 50
    assert len(links(text(client, "/board/visits?period=2026-06&page=2"), "/board/visits/RQ-")) == 10


def test_everybody_sees_what_is_theirs(year: None) -> None:
    """The matrix of the board's pages: role by role, own and foreign; nobody is sent to the log-in."""
    own = [
        BOARD, "/board/?period=2026-07&region=130502", f"/board/?agency={MARKET}", "/board/figures?group=officer",
        "/board/visits?of=joint", "/board/visits/RQ-1", "/board/flags", f"/board/flags/{Flag.objects.get().pk}",
        "/board/unscanned", f"/board/enterprises/{BEARINGS}", "/board/now",
    ]  # fmt: skip
    foreign = [
        f"/board/?agency={QINGHE}", "/board/visits/RQ-5", f"/board/enterprises/{CASHMERE}", "/board/flags/999999999999",
        f"/board/visits?agency={QINGHE}", f"/board/figures?agency={QINGHE}", f"/board/enterprises/{GLASS}",
        "/board/visits/nobody", "/board/receipts/visits/RQ-5", "/board/receipts/visits/RQ-1",
        "/board/receipts/scans/00000000-0000-0000-0000-000000000001", "/board/flags/99999999999999999999999",
    ]  # fmt: skip
    supervisor, discipline = account(), account("discipline", agency="")
    leader = account("agency_leader", region="", agency=MARKET)
    for client in (supervisor, leader, discipline):
        for page in own if client is supervisor else own[1:8:3]:
            assert client.get(page).status_code == 200, page
        for page in foreign if client is supervisor else foreign[:3]:
            assert "没有这一页" in text(client, page, 404), page
    assert supervisor.get("/board/visits?region=130534").status_code == 200, "whom her agencies inspected there"
    assert discipline.get("/board/visits?region=130534").status_code == 404
    assert "应急管理局" not in text(leader, BOARD)
    assert {leader.get("/board/map").status_code, supervisor.get("/board/map?of=joint").status_code} == {200}
    assert discipline.get("/board/map").status_code == 404, "not where phones were"
    for role in ("system_admin", "security_admin", "audit_admin", "agency_admin", ""):
        client = signed_in(account_of(role))
        assert {client.get(page).status_code for page in own} == {404}, role
    stranger, half = Client(), Client()
    half.force_login(account_of("supervisor"))
    for client in (stranger, half):
        for page in own:
            assert client.get(page)["Location"].startswith("/admin/login/?next=/board/"), page
    assert supervisor.post(BOARD).status_code == 405


WRONG = [
    "period=2026-13", "period=2026-02-30", "period=soon", "period=0000", "region=1", "region=13050a", "region=１３",
    "agency=a/b", "agency=%00", "officer=" + "9" * 41, "of=everything", "group=king", "purpose=war", "definition=mine",
    "page=0", "page=21", "page=x", "page=1&period=x&region=y",
]  # fmt: skip
ODD = [
    "utm=1", "period=+2026+", "period=1993", "period=2099-12-31", "agency=' OR 1=1", "officer=%25_", "enterprise=%25",
    "definition=annual_report&of=reported", "purpose=service", "group=town", "group=city", "group=category",
]  # fmt: skip
PAGES = (BOARD, "/board/figures", "/board/visits", "/board/flags", "/board/unscanned", "/board/map", "/board/now")


def test_an_address_that_makes_no_sense_is_explained_and_an_odd_one_answered(year: None) -> None:
    client = account()
    for place, wrong in enumerate(WRONG):
        assert "网址中的筛选条件有误" in text(client, f"{PAGES[place % len(PAGES)]}?{wrong}", 400)
    assert not ReadLog.objects.exists()
    for place, odd in enumerate(ODD):
        for page in ("/board/visits", PAGES[place % len(PAGES)]):
            assert client.get(f"{page}?{odd}").status_code == (404 if "OR" in odd and page == PAGES[2] else 200)
    for address in ("enterprises/%00", "visits/%00", "receipts/visits/%00", "rules/%00/", "rules/xd%00cap/"):
        assert client.get(f"{BOARD}{address}").status_code == 404, address


def test_all_at_once_is_what_each_question_answers_alone(year: None) -> None:
    sees = [Sees(region_prefix="1305", supervised_by="130502-SFJ"), Sees(branch=FIRE)]
    asked = [Asked(period=Period.of(text)) for text in ("2026", "2026-07-15")]
    questions = [one.question(group, sees=who) for one in asked for who in sees for group in Group]
    questions += [replace(question, limit=1) for question in questions[:8]]
    questions += [replace(questions[0], span=span) for span in Span]
    for _turn in range(2):
        for question, answer in zip(questions, answers(questions, tail(limit=100)), strict=True):
            assert answer == ask(question)
        fold()


def test_a_visit_is_read_with_its_proof_by_whoever_may_see_its_scan(town: Any) -> None:
    scanned = town.zhang_wei.scan().json()
    number = scanned["visit"]["number"]
    page = text(account(), f"/board/visits/{number}")
    assert "待入日志" in page
    assert page.count("<code>") == 2, "the scan's entry, and what the enterprise was shown"
    assert text(account("discipline", agency=""), f"/board/visits/{number}").count("<code>") == 1


def test_the_open_page_is_told_what_is_new_and_the_map_where_it_was(town: Any) -> None:
    client = account()
    [seen] = re.findall(r'data-seen="(\w+)"', text(client, BOARD))
    assert client.get(f"/board/now?seen={seen}").status_code == 204
    read = ReadLog.objects.count()
    number = town.zhang_wei.scan().json()["visit"]["number"]
    told = client.get(f"/board/now?seen={seen}").json()
    assert number in told["arrivals"]
    assert client.get(f"/board/now?seen={told['seen']}").status_code == 204
    assert ReadLog.objects.count() == read + 1, "an unchanged list is no reading"
    town.zhao_min.scan()
    shown = text(client, "/board/map")
    assert shown.count("<circle") == 1, "清河's officer was in her district; where his phone was is not hers to see"
    assert "114.50010" in shown
    assert set(links(shown, "/board/visits/")) == {f"/board/visits/{number}"}


def test_every_page_of_the_board_is_walked() -> None:
    told = "".join((Path(__file__).parents[1] / f"{name}.py").read_text() for name in WALKED)
    routes = [str(pattern.pattern) for pattern in urlpatterns if str(pattern.pattern).startswith("board/")]
    assert len(routes) >= 10
    assert [route for route in routes if f"/{route.partition('<')[0]}" not in told] == []


def test_the_charts_come_from_the_house_as_they_were_published() -> None:
    file = VENDOR / "echarts-6.1.0/echarts.min.js"
    assert hashlib.sha256(file.read_bytes()).hexdigest() in (VENDOR / "README.md").read_text()
    assert "Apache License" in file.with_name("LICENSE").read_text()
    assert settings.STATIC_URL == "/static/"
