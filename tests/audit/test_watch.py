"""What no scan decides: an agency's month as a whole, and a visit whose second officer never came."""

import io
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from audit.actor import Actor
from audit.agency_months import Month
from audit.facts import SHANGHAI, Fact
from audit.history import save_as
from audit.kinds import Kind
from audit.management.commands.work import Watch
from audit.management.rounds import Chore, Rounds
from audit.matching import MatchPolicy
from audit.models import Entry, Filing, Flag, FlagState, FrequencyRule
from audit.services import visit_fact
from audit.services.documents import Paper, take_in
from audit.services.sweep import sweep
from audit.services.watch import watch_month
from audit.touched import LATE, Mark, mark, months_touched
from tests.house.admin_world import account_of, signed_in
from tests.town import BEARINGS, GLASS, Town

pytestmark = pytest.mark.django_db
WORKER = Actor.command("work")
APRIL_2 = datetime(2026, 4, 2, 9, tzinfo=SHANGHAI)
MARCH = Month(first=date(2026, 3, 1))
POLICY = MatchPolicy()
OFFICERS = (("13050200101", "张伟"), ("13050200102", "李娜"))


def rule(kind: Kind, **parameters: Any) -> None:
    version(kind, parameters, effective_from=date(2026, 1, 1))


def version(kind: Kind, parameters: dict[str, Any], **words: Any) -> None:
    said: dict[str, Any] = {"version": 1, "source": "邢台市办法（P）", "region_prefix": "1305", **words}
    row = FrequencyRule(code=f"xt-{kind}", kind=kind.value, parameters=parameters, **said)
    with transaction.atomic():
        save_as(row, actor=WORKER, at=APRIL_2, new=True)


def visit(number: int, *, at: datetime = datetime(2026, 3, 10, 9, tzinfo=SHANGHAI), **words: Any) -> Fact:
    """襄都区市场监管局 at 邢台轴承, as a fact in the book."""
    said: dict[str, Any] = {
        "visit": f"RQ{number:04d}",
        "version": 1,
        "state": "open",
        "origin": "scanned",
        "agency_code": "130502-SCJG",
        "agency_name": "襄都区市场监督管理局",
        "agency_path": "/130502-SCJG/",
        "agency_level": "district",
        "supervised_by": "130502-SFJ",
        "purpose": "inspection",
        "category": "routine",
        "reason": "",
        "source_no": "",
        "superior_ordered": False,
        "joint_id": "",
        "started_at": at,
        "officers": OFFICERS,
        "credit_code": BEARINGS,
        "region_code": "130502",
        "industry": "C34",
        "risk_grade": "B",
    }
    fact = Fact(**(said | words))
    with transaction.atomic():
        visit_fact.append(fact, enterprise_name="邢台轴承有限公司", at=fact.started_at)
    return fact


def paper(ref: str, on: date, **words: Any) -> Paper:
    said: dict[str, Any] = {
        "line": 1,
        "source_ref": ref,
        "kind": "inspection",
        "credit_code": BEARINGS,
        "enterprise_name": "邢台轴承有限公司",
        "region_code": "130502",
        "agency_code": "130502-SCJG",
        "agency_path": "/130502-SCJG/",
        "agency_name": "襄都区市场监督管理局",
        "supervised_by": "130502-SFJ",
        "on": on,
    }
    return Paper(**(said | words))


def watch(month: Month = MARCH, at: datetime = APRIL_2) -> list[str]:
    """The states that the watch turned flags to."""
    return [turn.state for turn in watch_month(month=month, policy=POLICY, actor=WORKER, at=at)]


def told() -> list[str]:
    return [state.evidence["sentence"] for state in FlagState.objects.order_by("id")]


@contextmanager
def statements() -> Iterator[list[str]]:
    found: list[str] = []
    with CaptureQueriesContext(connection) as queries:
        yield found
    found += [query["sql"] for query in queries if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))]


def test_an_agency_that_voids_a_fifth_of_its_visits_is_flagged_once_for_the_month() -> None:
    rule(Kind.VOID_SHARE, share=0.1)
    for number in range(8):
        visit(number)
    visit(8, state="withdrawn")
    visit(9, claim={"state": "voided"})
    assert watch() == ["raised"]
    flag = Flag.objects.get()
    assert (flag.credit_code, flag.enterprise_name, flag.agency_code, flag.period) == ("", "", "130502-SCJG", "2026-03")
    assert (flag.region_code, flag.supervised_by, flag.rule, flag.level) == (
        "130502",
        "130502-SFJ",
        "xt-void_share",
        "notice",
    )
    assert told() == [
        "襄都区市场监督管理局 2026 年 3 月作废或撤回 2 次，占全部 10 次入企的 20%，超过 10%"
        "（规则 xt-void_share 第 1 版，邢台市办法（P））。"
    ]
    body = json.loads(bytes(Entry.objects.get(kind="month-watched").body or b""))["body"]
    assert body["turns"][0]["evidence"]["times"] == 2
    entries = Entry.objects.count()
    assert watch() == []
    assert (FlagState.objects.count(), Entry.objects.count()) == (1, entries)


def test_the_flag_grows_with_the_month_eases_and_is_lowered_when_its_ground_is_gone() -> None:
    rule(Kind.VOID_SHARE, share=0.1)
    for number in range(9):
        visit(number)
    visit(9, state="withdrawn")
    visit(10, state="voided")
    assert watch() == ["raised"]
    visit(11, state="voided")
    assert watch() == ["grown"]
    visit(11, version=2)
    assert watch() == ["eased"]
    visit(10, version=2)
    assert watch() == ["lowered"]
    assert told()[-1] == "解除：按现在所知，该月未超过规则的限值。"
    visit(12, state="voided")
    assert watch() == ["raised"]
    assert Flag.objects.count() == 1


def test_exempt_reasons_are_watched_with_or_without_confirmation_and_service_visits_are_no_inspections() -> None:
    rule(Kind.EXEMPT_SHARE, share=0.5)
    for number in range(4):
        visit(number, reason="complaint", source_no=f"12345-{number}")
    for number in range(4, 9):
        visit(number)
    visit(9, claim={"reason": "media", "source_no": "冀晚报"})
    visit(10, purpose="service")
    visit(11, reason="complaint")  # without a source number no reason exempts
    assert watch() == []
    visit(12, reason="audit", source_no="J-1")
    visit(13, reason="audit", source_no="J-2")
    assert watch() == ["raised"]
    assert "以豁免事由检查 7 次，占全部 13 次检查的 53.9%，超过 50%" in told()[0]


def test_an_agency_whose_papers_lack_scans_is_flagged_until_the_back_fill_comes() -> None:
    rule(Kind.SCAN_RATE, rate=0.9)
    days = [date(2026, 3, day) for day in (2, 5, 9, 12, 16)]
    papers = [paper(f"A{day.day}", day) for day in days]
    take_in(papers=papers, source="办案系统", actor=WORKER, at=APRIL_2)
    for number, day in enumerate(days[:4]):
        visit(number, at=datetime(2026, 3, day.day, 10, tzinfo=SHANGHAI))
    assert watch() == ["raised"]
    assert "应扫码 5 次，1 次没有扫码，扫码率 80%，低于 90%" in told()[0]
    assert Flag.objects.get().level == "warning"
    visit(4, at=datetime(2026, 3, 16, 10, tzinfo=SHANGHAI))
    assert watch() == ["lowered"]


def test_a_visit_imported_from_paper_or_taken_back_is_no_scan() -> None:
    rule(Kind.SCAN_RATE, rate=0.9, least=1)
    take_in(papers=[paper("A1", date(2026, 3, 10))], source="办案系统", actor=WORKER, at=APRIL_2)
    visit(1, origin="imported")
    visit(2, state="withdrawn")
    visit(3, state="voided")
    visit(4, claim={"state": "voided"})
    assert watch() == ["raised"]
    visit(5)
    assert watch() == ["lowered"]


def test_a_visit_on_new_years_eve_belongs_to_december_in_shanghai() -> None:
    rule(Kind.VOID_SHARE, share=0.1, least=1)
    visit(1, at=datetime(2026, 12, 31, 15, 59, tzinfo=UTC), state="voided")
    visit(2, at=datetime(2026, 12, 31, 16, 1, tzinfo=UTC))
    january = datetime(2027, 1, 5, tzinfo=UTC)
    assert watch(Month.named("2026-12"), january) == ["raised"]
    assert watch(Month.named("2027-01"), january) == []


def test_a_bureau_that_works_in_the_whole_city_is_flagged_for_the_city() -> None:
    rule(Kind.VOID_SHARE, share=0.1, least=2)
    visit(1, state="voided", region_code="130502001")
    visit(2, region_code="130534")
    watch()
    assert Flag.objects.get().region_code == "1305"


def test_a_visit_at_an_unregistered_enterprise_or_far_away_takes_no_agency_out_of_its_rules() -> None:
    rule(Kind.VOID_SHARE, share=0.1)
    rule(Kind.SCAN_RATE, rate=0.9, least=1)
    for number in range(20):
        visit(number, state="voided" if number < 5 else "open")
    take_in(papers=[paper("A1", date(2026, 3, 20), region_code="")], source="办案系统", actor=WORKER, at=APRIL_2)
    assert watch() == ["raised", "raised"]
    visit(20, region_code="")
    visit(21, region_code="110101")
    assert watch() == []
    assert {flag.region_code for flag in Flag.objects.all()} == {"130502"}


def test_an_agency_that_went_only_to_unregistered_enterprises_lies_where_its_papers_say() -> None:
    rule(Kind.VOID_SHARE, share=0.1, least=1)
    rule(Kind.SCAN_RATE, rate=0.9, least=1)
    visit(1, state="voided", region_code="")
    take_in(papers=[paper("A1", date(2026, 3, 20))], source="办案系统", actor=WORKER, at=APRIL_2)
    assert watch() == ["raised", "raised"]


def test_the_watch_costs_as_many_statements_for_many_agencies_as_for_few() -> None:
    for kind, parameters in (
        (Kind.VOID_SHARE, {"share": 0.1, "least": 1}),
        (Kind.EXEMPT_SHARE, {"share": 0.1, "least": 1}),
        (Kind.SCAN_RATE, {"rate": 0.9, "least": 1}),
    ):
        rule(kind, **parameters)
    for number in range(20):
        agency: dict[str, Any] = {"agency_code": f"A{number}", "agency_path": f"/A{number}/"}
        visit(2 * number, state="voided", **agency)
        visit(2 * number + 1, reason="media", source_no="1", **agency)
        take_in(papers=[paper("P", date(2026, 3, 20), **agency)], source=f"S{number}", actor=WORKER, at=APRIL_2)
    held = 1 if connection.vendor == "postgresql" else 0
    with statements() as first:
        assert watch() == ["raised"] * 60
    # rules, flags, visits, papers, their scans; then flags, states, what the platforms are owed, the record
    assert len(first) == held + 5 + 4
    with statements() as again:
        assert watch() == []
    assert len(again) == held + 5
    owed = Filing.objects.filter(event="flag.raised")
    assert owed.count() == 60
    assert owed.filter(credit_code="", visit__startswith="flag:").count() == 60


def test_without_rules_about_agencies_the_watch_asks_two_statements() -> None:
    rule(Kind.ANNUAL_CAP, cap=2)
    visit(1, state="voided")
    held = 1 if connection.vendor == "postgresql" else 0
    with statements() as asked:
        assert watch() == []
    assert len(asked) == held + 2


def test_a_repealed_rule_lowers_what_it_raised() -> None:
    rule(Kind.VOID_SHARE, share=0.1, least=1)
    visit(1, state="voided")
    assert watch() == ["raised"]
    version(Kind.VOID_SHARE, {"share": 0.1}, version=2, effective_from=date(2026, 3, 31), repeals=True)
    assert watch() == ["lowered"]


def test_flags_about_enterprises_are_left_alone(town: Town) -> None:
    rule(Kind.VOID_SHARE, share=0.1, least=1)
    for _time in range(3):
        assert town.zhang_wei.scan(location=None).status_code == 201
    before = list(FlagState.objects.order_by("pk").values_list("flag_id", "state"))
    now = datetime.now(UTC)
    watch(Month.of(now.astimezone(SHANGHAI).date()), now)
    assert list(FlagState.objects.order_by("pk").values_list("flag_id", "state")) == before


# --- one officer alone ---


def alone(number: int, minutes_ago: int, **words: Any) -> Fact:
    return visit(number, at=APRIL_2 - timedelta(minutes=minutes_ago), officers=OFFICERS[:1], **words)


def swept() -> int:
    return sweep(annual_cap=2, actor=WORKER, at=APRIL_2)


def test_an_officer_who_stays_alone_is_found_when_the_minutes_have_passed() -> None:
    rule(Kind.SINGLE_OFFICER, officers=2, minutes=15)
    alone(1, 14)
    alone(2, 16, credit_code=GLASS)
    visit(3, at=APRIL_2 - timedelta(hours=1))
    assert swept() == 1
    flag = Flag.objects.get()
    assert (flag.credit_code, flag.period, flag.opened_by_visit) == (GLASS, "2026-04", "RQ0002")
    assert Entry.objects.filter(kind="enterprise-swept").count() == 1
    assert swept() == 0
    assert sweep(annual_cap=2, actor=WORKER, at=APRIL_2 + timedelta(minutes=2)) == 1


def test_what_no_rule_asks_or_nobody_inspected_is_not_swept() -> None:
    alone(1, 60)
    with statements() as asked:
        assert swept() == 0
    assert len(asked) == 1
    rule(Kind.SINGLE_OFFICER, officers=2, minutes=15)
    alone(2, 60, credit_code=GLASS, purpose="service")
    alone(3, 60, credit_code=GLASS, state="withdrawn")
    alone(4, 60, credit_code=GLASS, origin="imported")
    alone(5, 60, credit_code="S1234567890")
    alone(6, 60 * 24 * 8, credit_code=GLASS)
    assert swept() == 1  # the first one only
    assert Flag.objects.get().credit_code == BEARINGS


def test_a_run_is_bounded_and_the_next_one_goes_on() -> None:
    rule(Kind.SINGLE_OFFICER, officers=2, minutes=15)
    for number in range(5):
        alone(number, 60 + number, credit_code=f"TEST{number:014d}")
    assert sweep(annual_cap=2, actor=WORKER, at=APRIL_2, limit=3) == 3
    assert sweep(annual_cap=2, actor=WORKER, at=APRIL_2, limit=3) == 2
    assert sweep(annual_cap=2, actor=WORKER, at=APRIL_2, limit=3) == 0
    assert Flag.objects.count() == 5


def test_the_command_watches_a_named_month_and_says_what_changed() -> None:
    rule(Kind.VOID_SHARE, share=0.1, least=1)
    visit(1, state="voided")
    out = io.StringIO()
    call_command("watch", "--month", "2026-03", stdout=out)
    assert "2026-03：预警 1" in out.getvalue()
    out = io.StringIO()
    call_command("watch", "--month", "2026-03", stdout=out)
    assert "没有变化" in out.getvalue()
    for wrong in ("2026-13", "26-03", "2099-01", "March"):
        with pytest.raises(CommandError):
            call_command("watch", "--month", wrong)


@pytest.mark.time_machine(datetime(2026, 4, 2, 9, tzinfo=SHANGHAI))
def test_the_worker_watches_last_month_and_this_one_and_says_so(settings: Settings) -> None:
    settings.AUDIT_POLICY = replace(settings.AUDIT_POLICY, platforms=())
    rule(Kind.VOID_SHARE, share=0.1, least=1)
    rule(Kind.SINGLE_OFFICER, officers=2, minutes=15)
    visit(1, state="voided")
    alone(2, 60)
    out = io.StringIO()
    call_command("work", "--once", stdout=out)
    events = {line["event"]: line for line in map(json.loads, out.getvalue().splitlines())}
    assert (events["watched"]["raised"], events["watched"]["swept"]) == (1, 1)
    assert {flag.rule for flag in Flag.objects.all()} == {"xt-void_share", "xt-single_officer"}
    out = io.StringIO()
    call_command("work", "--once", stdout=out)
    assert "watched" not in out.getvalue()


@pytest.mark.time_machine(datetime(2026, 9, 2, 9, tzinfo=SHANGHAI))
def test_what_comes_late_about_a_month_long_judged_has_it_judged_again() -> None:
    rule(Kind.VOID_SHARE, share=0.1, least=1)
    rule(Kind.SCAN_RATE, rate=0.9, least=1)
    worker = Watch()
    worker.round()
    visit(1)
    visit(2, state="voided")  # an import, or a ruling
    assert worker.round() == {"raised": 1}
    visit(2, version=2, at=datetime(2026, 5, 4, 9, tzinfo=SHANGHAI), state="voided")  # it was in May after all
    assert worker.round() == {"raised": 1, "lowered": 1}
    take_in(papers=[paper("A1", date(2026, 2, 28))], source="办案系统", actor=WORKER, at=APRIL_2)
    assert worker.round() == {"raised": 1}
    take_in(papers=[paper("A1", date(2026, 4, 1))], source="办案系统", actor=WORKER, at=APRIL_2)
    assert worker.round() == {"raised": 1, "lowered": 1}
    visit(3, at=datetime(2026, 3, 31, 9, tzinfo=SHANGHAI))  # filled in: it answers the paper of the next month
    assert worker.round() == {"lowered": 1}
    assert worker.round() == {}


def test_only_months_of_which_something_new_speaks_are_touched() -> None:
    visit(1, at=datetime(2026, 1, 31, 16, 30, tzinfo=UTC))  # February in 邢台
    take_in(papers=[paper("A1", date(2025, 12, 31))], source="办案系统", actor=WORKER, at=APRIL_2)
    told = months_touched(since=Mark(fact=0, document=0), before=date(2026, 3, 1), reach=timedelta(days=7))
    assert told == {date(2026, 2, 1), date(2025, 12, 1)}
    later = mark().before(-LATE)
    assert months_touched(since=later, before=date(2026, 3, 1), reach=timedelta(days=7)) == set()


@pytest.mark.parametrize("role", ["supervisor", "agency_leader", "discipline"])
def test_the_flag_of_an_agency_is_read_in_figures_by_who_sees_the_agency(role: str) -> None:
    rule(Kind.VOID_SHARE, share=0.1, least=1)
    visit(1, state="voided")
    watch()
    client = signed_in(account_of(role))
    listed = client.get("/admin/audit/flag/").content.decode()
    assert "（单位整体）" in listed
    page = client.get(f"/admin/audit/flag/{Flag.objects.get().pk}/change/").content.decode()
    for words in ("作废或撤回 1 次，占全部 1 次入企的 100%，超过 10%", "<td>100%</td>", "<td>10%</td>"):
        assert words in page
    assert "计入的入企" not in page


def test_another_agencys_leader_does_not_see_it() -> None:
    rule(Kind.VOID_SHARE, share=0.1, least=1)
    visit(1, state="voided", agency_code="130503-SCJG", agency_path="/130503-SCJG/")
    watch()
    client = signed_in(account_of("agency_leader"))
    assert client.get(f"/admin/audit/flag/{Flag.objects.get().pk}/change/").status_code == 404


def test_a_chore_that_breaks_is_told_and_the_others_go_on() -> None:
    heard: list[tuple[str, Any]] = []
    done = threading.Event()

    def broken() -> Any:
        raise RuntimeError("表不见了")

    def fine() -> Any:
        done.set()
        return {"count": 1}

    chores = [
        Chore(name="broken", every=timedelta(hours=1), run=broken),
        Chore(name="fine", every=timedelta(hours=1), run=fine),
    ]
    with Rounds(chores, tell=lambda event, facts: heard.append((event, facts))):
        assert done.wait(10)
    assert heard[0][0] == "chore_failed"
    assert "表不见了" in heard[0][1]["detail"]
    assert heard[1] == ("fine", {"count": 1})


def test_a_month_knows_its_last_day_and_the_month_before() -> None:
    assert Month.named("2024-02").last == date(2024, 2, 29)
    assert str(Month.named("2026-01").before) == "2025-12"
    assert Month.named("2026-12").last == date(2026, 12, 31)
