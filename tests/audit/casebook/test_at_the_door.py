"""Stories that really happen: phones scan, rules are enacted, flags are raised, grow, are lowered, and say why."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from time_machine import TimeMachineFixture

from audit.actor import Actor
from audit.draft import Draft
from audit.kinds import Kind
from audit.lane import hold
from audit.models import Flag, FlagState, VisitFact
from audit.services.flag import Whose
from audit.services.frequency_rule import enact
from audit.services.imported_visits import EarlierVisit, import_visits
from audit.services.rejudge import rejudge
from audit.services.sweep import sweep
from audit.services.visit_fact import restate
from tests.audit.casebook.story import MARKET, moment
from tests.town import BEARINGS, Phone, Town, scan_body

pytestmark = pytest.mark.django_db
SUPERVISOR = Actor.account("司法局.刘")
OURS = "130502-SCJG"


@pytest.fixture(autouse=True)
def _a_september_evening(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(moment("9月30日 18:00"))


def scan(phone: Phone, day: str, **words: Any) -> dict[str, Any]:
    """A scan of that day that arrives now."""
    response = phone.scan(scanned_at=moment(day).isoformat(), **words)
    assert response.status_code == 201, response.content.decode()
    return dict(response.json())


def told() -> list[str]:
    """All that the supervisor was told, in its order: `annual_cap 2026 raised 3` with the number counted."""
    states = FlagState.objects.select_related("flag").order_by("id")
    return [f"{one.flag.rule} {one.flag.period} {one.state} {len(one.evidence['counted'])}" for one in states]


def rule(kind: Kind, *, since: date, **parameters: Any) -> None:
    draft = Draft(code=str(kind), kind=str(kind), parameters=parameters, effective_from=since, source="本书")
    enact(draft, actor=SUPERVISOR, at=timezone.now())


def confirm_voiding(visit: str) -> None:
    """The supervisor confirms that this visit never was."""
    with transaction.atomic():
        hold(BEARINGS)
        restate(visit, changes={"state": "voided"}, at=timezone.now())
        rejudge(
            whose=Whose(credit_code=BEARINGS, enterprise_name="邢台轴承有限公司", region_code="130502"),
            agencies={OURS},
            years=range(2026, 2027),
            annual_cap=2,
            reason="经监督机关确认作废",
            confirmed=True,
            actor=SUPERVISOR,
            at=timezone.now(),
        )


def test_the_third_visit_raises_the_flag_the_fourth_lets_it_grow_and_a_replay_tells_nothing(town: Town) -> None:
    for day in ("3月5日", "5月6日", "9月1日"):
        scan(town.zhang_wei, day)
    assert told() == ["annual_cap 2026 raised 3"]
    fourth = scan_body(scanned_at=moment("9月20日").isoformat())
    assert [town.li_na.post("/scans", fourth).status_code for _again in range(3)] == [201, 200, 200]
    assert told() == ["annual_cap 2026 raised 3", "annual_cap 2026 grown 4"]
    assert Flag.objects.get().agency_name == MARKET


def test_a_colleague_who_joins_the_visit_over_the_cap_tells_nothing_new(town: Town) -> None:
    for day in ("3月5日", "5月6日", "9月1日 9:00"):
        scan(town.zhang_wei, day)
    scan(town.li_na, "9月1日 9:10")
    assert told() == ["annual_cap 2026 raised 3"]


@pytest.mark.parametrize("received", ["9月10日", "9月12日"], ids=["on-day-9", "on-day-11"])
def test_a_backfill_counts_by_its_on_site_start_and_is_never_refused(
    town: Town, time_machine: TimeMachineFixture, received: str
) -> None:
    time_machine.move_to(moment(received))
    for day in ("3月5日", "8月6日", "9月1日"):
        scan(town.zhang_wei, day, late_reason="厂区没有信号")
    assert told() == ["annual_cap 2026 raised 3"]
    assert VisitFact.objects.order_by("-started_at")[0].started_at == moment("9月1日")


def test_what_arrives_late_and_out_of_order_ends_in_the_same_flag(town: Town) -> None:
    days = ["9月1日", "3月5日", "7月9日", "5月6日"]
    for day in days:
        scan(town.zhang_wei, day)
    for day in sorted(days):
        scan(town.zhang_wei, day, code="", credit_code="91350100M000100Y43")
    last = [FlagState.objects.filter(flag=flag).order_by("-id")[0].evidence for flag in Flag.objects.order_by("id")]
    starts = [
        list(VisitFact.objects.filter(visit__in=one["counted"]).order_by("started_at").values_list("started_at"))
        for one in last
    ]
    assert starts[0] == starts[1]
    assert [one["sentence"] for one in last] == [last[0]["sentence"]] * 2


def test_over_midnight_of_new_years_eve_it_is_one_visit_and_the_old_years(
    town: Town, time_machine: TimeMachineFixture
) -> None:
    time_machine.move_to(moment("2027年1月2日"))
    number = scan(town.zhang_wei, "12月31日 23:50")["visit"]["number"]
    joined = scan(town.li_na, "2027年1月1日 0:30")["visit"]["number"]
    continued = scan(town.zhang_wei, "2027年1月2日 9:00", visit={"continues": number})
    assert {number, joined, continued["visit"]["number"]} == {number}
    assert scan(town.zhang_wei, "2027年1月2日 9:30", visit={"continues": number})["visit"]["number"] == number
    assert {fact.started_at for fact in VisitFact.objects.all()} == {moment("12月31日 23:50")}
    scan(town.li_na, "3月5日")
    assert scan(town.li_na, "5月6日")["for_officer"]["frequency"]["own"] == 3
    assert told() == ["annual_cap 2026 raised 3"]


def test_two_teams_in_the_morning_and_in_the_afternoon_are_two_visits(town: Town) -> None:
    scan(town.zhang_wei, "9月1日 8:30")
    assert scan(town.li_na, "9月1日 14:29")["for_officer"]["frequency"]["own"] == 1
    assert scan(town.li_na, "9月1日 14:31")["for_officer"]["frequency"]["own"] == 2


def test_a_leap_day_is_scanned_and_counted_like_any_other(town: Town, time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(moment("2028年3月1日"))
    for day in ("1月5日", "2月28日", "2月29日"):
        scan(town.zhang_wei, f"2028年{day}")
    assert told() == ["annual_cap 2028 raised 3"]


def test_three_agencies_with_one_joint_code_are_one_visit_in_the_sum(town: Town) -> None:
    rule(Kind.TIER_SUM, since=date(2026, 9, 30), cap=0)
    code = scan(town.zhang_wei, "9月30日 9:00")["visit"]["joint_code"]
    scan(town.wang_qiang, "9月30日 9:05", visit={"joint_code": code})
    third = scan(town.zhao_min, "9月30日 9:10", visit={"joint_code": code})
    assert (third["for_officer"]["frequency"]["own"], third["for_officer"]["frequency"]["all_agencies"]) == (1, 1)
    last = FlagState.objects.order_by("-id")[0].evidence
    assert (last["times"], len(last["counted"])) == (1, 3)


def test_a_withdrawal_lowers_nothing_until_the_supervisor_confirms_and_then_says_why(town: Town) -> None:
    for day in ("3月5日", "5月6日"):
        scan(town.zhang_wei, day)
    third = scan(town.zhang_wei, "9月30日 17:55")
    town.zhang_wei.post(f"/scans/{third['scan_id']}/withdrawal", {"reason": "扫错了门"})
    assert told() == ["annual_cap 2026 raised 3", "annual_cap 2026 eased 3"]
    unsure = FlagState.objects.order_by("-id")[0].evidence
    assert unsure["unconfirmed"] == [third["visit"]["number"]]
    assert "其中 1 次待监督机关确认" in unsure["sentence"]
    confirm_voiding(third["visit"]["number"])
    assert told()[2:] == ["annual_cap 2026 lowered 0"]
    lowered = FlagState.objects.order_by("-id")[0]
    assert (lowered.evidence["sentence"], lowered.actor) == ("解除：经监督机关确认作废。", "account:司法局.刘")


def test_a_flag_that_was_lowered_is_raised_again_by_the_next_visit(town: Town) -> None:
    numbers = [scan(town.zhang_wei, day)["visit"]["number"] for day in ("3月5日", "5月6日", "9月1日")]
    confirm_voiding(numbers[0])
    scan(town.li_na, "9月20日")
    assert told() == ["annual_cap 2026 raised 3", "annual_cap 2026 lowered 0", "annual_cap 2026 raised 3"]
    assert Flag.objects.count() == 1
    assert {"visit": numbers[0], "why": "voided"} in FlagState.objects.order_by("-id")[0].evidence["left_out"]


def test_of_four_visits_one_voided_is_still_one_too_many(town: Town) -> None:
    numbers = [scan(town.zhang_wei, day)["visit"]["number"] for day in ("3月5日", "5月6日", "7月1日", "9月1日")]
    confirm_voiding(numbers[3])
    assert told()[-1] == "annual_cap 2026 eased 3"


def _earlier(number: int, day: str) -> EarlierVisit:
    return EarlierVisit(
        line=number,
        source_ref=f"冀检{number}",
        withdrawn=False,
        credit_code=BEARINGS,
        enterprise_name="邢台轴承有限公司",
        region_code="130502",
        industry="C34",
        risk_grade="B",
        agency_code=OURS,
        agency_path=f"/{OURS}/",
        agency_level="district",
        agency_name=MARKET,
        supervised_by="130502-SFJ",
        purpose="inspection",
        category="routine",
        reason="",
        source_no="",
        superior_ordered=False,
        joint_id="",
        started_at=moment(day),
        officers=(("13050200101", "张伟"),),
        given=frozenset(),
    )


def test_the_springs_imported_visits_make_the_first_scan_the_third_visit(town: Town) -> None:
    visits = [_earlier(1, "3月5日"), _earlier(2, "5月6日")]
    import_visits(visits=visits, since=moment("1月1日"), annual_cap=2, actor=SUPERVISOR, at=timezone.now())
    assert told() == []
    assert scan(town.zhang_wei, "9月1日")["for_officer"]["frequency"]["own"] == 3
    assert told() == ["annual_cap 2026 raised 3"]


def test_help_and_complaints_with_their_number_raise_nothing_and_one_without_does(town: Town) -> None:
    for day in ("3月5日", "5月6日"):
        scan(town.zhang_wei, day)
    scan(town.zhang_wei, "7月1日", visit={"purpose": "service"})
    scan(town.zhang_wei, "8月1日", visit={"reason": "complaint", "source_no": "12345-7"})
    assert told() == []
    scan(town.zhang_wei, "9月1日", visit={"reason": "complaint"})
    assert told() == ["annual_cap 2026 raised 3"]


def test_a_cap_enacted_in_october_measures_the_visits_from_october_on(
    town: Town, time_machine: TimeMachineFixture
) -> None:
    for day in ("3月5日", "9月1日"):
        scan(town.zhang_wei, day)
    rule(Kind.ANNUAL_CAP, since=date(2026, 10, 8), cap=1)
    scan(town.zhang_wei, "9月20日")
    assert [one.evidence["cap"] for one in FlagState.objects.all()] == [2]
    time_machine.move_to(moment("10月8日 12:00"))
    scan(town.wang_qiang, "10月1日")
    scan(town.wang_qiang, "10月8日")
    october = Flag.objects.get(agency_code="130502-YJ")
    assert (october.rule, october.rule_version) == ("annual_cap", 1)


def test_an_officer_alone_is_told_after_a_quarter_of_an_hour_and_forgiven_when_a_colleague_comes(
    town: Town, time_machine: TimeMachineFixture
) -> None:
    rule(Kind.SINGLE_OFFICER, since=date(2026, 9, 30))
    begun: datetime = timezone.now()
    scan(town.zhang_wei, "9月30日 18:00")
    for minutes, expected in ((10, []), (16, ["single_officer 2026-09 raised 1"])):
        time_machine.move_to(begun + timedelta(minutes=minutes))
        sweep(annual_cap=2, actor=Actor.command("work"), at=timezone.now())
        assert told() == expected
    time_machine.move_to(begun + timedelta(minutes=20))
    scan(town.li_na, "9月30日 18:20")
    assert told() == ["single_officer 2026-09 raised 1", "single_officer 2026-09 lowered 0"]
