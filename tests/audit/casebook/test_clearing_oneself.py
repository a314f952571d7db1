"""Stories of an agency over its cap that tries to clear itself, by whichever door: the flag stands until a supervisor
has looked."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone
from time_machine import TimeMachineFixture

from audit.actor import Actor
from audit.models import Entry, Flag, FlagState
from audit.services.review_flag import FlagNotDoubted, is_doubted, review_flag
from checkins.models import Correction, Ruling
from checkins.services.rule_on import rule_on
from tests.audit.casebook.story import moment
from tests.audit.casebook.test_at_the_door import SUPERVISOR, scan, told
from tests.town import Town

pytestmark = pytest.mark.django_db
EXEMPT = {"reason": "complaint", "source_no": "12345-77"}
ORDERED = {"category": "special", "superior_ordered": True}


@pytest.fixture(autouse=True)
def _a_september_evening(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(moment("9月30日 18:00"))


def over_the_cap(town: Town) -> list[str]:
    return [scan(town.zhang_wei, day)["visit"]["number"] for day in ("3月5日 9:00", "5月6日 9:00", "9月30日 16:00")]


@pytest.mark.parametrize("words", [EXEMPT, ORDERED])
def test_a_colleague_who_scans_again_with_a_reason_only_brings_a_claim(town: Town, words: dict[str, object]) -> None:
    *_others, third = over_the_cap(town)
    answer = scan(town.li_na, "9月30日 17:00", visit=words)
    assert told() == ["annual_cap 2026 raised 3", "annual_cap 2026 eased 3"]
    frequency = answer["for_officer"]["frequency"]
    assert (frequency["own"], frequency["own_with_unconfirmed"]) == (2, 3)
    assert FlagState.objects.order_by("-id")[0].evidence["unconfirmed"] == [third]
    claim = Correction.objects.get()
    assert (claim.visit.number, claim.kind, claim.scans) == (third, "classification", [answer["scan_id"]])
    scan(town.zhang_wei, "9月30日 17:30")
    assert (Correction.objects.count(), len(told())) == (1, 2)


def test_the_supervisor_confirms_what_the_colleague_said_and_the_flag_is_lowered(town: Town) -> None:
    over_the_cap(town)
    scan(town.li_na, "9月30日 17:00", visit=EXEMPT)
    rule_on(
        correction=Correction.objects.get(),
        verdict=Ruling.Verdict.CONFIRMED,
        note="投诉单已核",
        policy=settings.CHECKIN_POLICY,
        annual_cap=2,
        actor=SUPERVISOR,
        at=timezone.now(),
    )
    assert told()[-1] == "annual_cap 2026 lowered 0"
    scan(town.zhang_wei, "9月30日 17:30")
    assert told()[-1] == "annual_cap 2026 lowered 0"


def test_what_the_supervisor_rejects_counts_and_is_not_claimed_again_by_the_next_scan(town: Town) -> None:
    over_the_cap(town)
    scan(town.li_na, "9月30日 17:00", visit=EXEMPT)
    rule_on(
        correction=Correction.objects.get(),
        verdict=Ruling.Verdict.REJECTED,
        note="没有这张投诉单",
        policy=settings.CHECKIN_POLICY,
        annual_cap=2,
        actor=SUPERVISOR,
        at=timezone.now(),
    )
    again = scan(town.zhang_wei, "9月30日 17:30")["for_officer"]["frequency"]
    assert (again["own"], again["own_with_unconfirmed"], Correction.objects.count()) == (3, 3, 1)


def test_a_claim_goes_with_the_scan_that_made_it(town: Town) -> None:
    over_the_cap(town)
    joined = scan(town.li_na, "9月30日 17:00", visit=EXEMPT)
    town.li_na.post(f"/scans/{joined['scan_id']}/withdrawal", {"reason": "写错了事由"})
    assert FlagState.objects.order_by("-id")[0].evidence["unconfirmed"] == []


def test_a_visit_that_is_said_to_continue_an_old_one_takes_no_flag_away(town: Town) -> None:
    first, *_others = over_the_cap(town)
    scan(town.li_na, "9月30日 15:59", visit={"continues": first})
    assert told()[-1] == "annual_cap 2026 doubted 3"


def test_withdrawing_the_scan_between_two_visits_takes_no_flag_away(town: Town) -> None:
    for day in ("3月5日 9:00", "9月30日 4:00"):
        scan(town.zhang_wei, day)
    hinge = scan(town.zhang_wei, "9月30日 9:59")
    scan(town.zhang_wei, "9月30日 15:58")
    before = told()
    town.zhang_wei.post(f"/scans/{hinge['scan_id']}/withdrawal", {"reason": "扫错了门"})
    assert not any("lowered" in one for one in told()[len(before) :])


def test_the_supervisor_who_reviews_it_lowers_it_with_the_reason_and_only_once(town: Town) -> None:
    first, *_others = over_the_cap(town)
    scan(town.li_na, "9月30日 15:59", visit={"continues": first})
    flag = Flag.objects.get()
    assert is_doubted(flag)
    review_flag(flag=flag, note="投诉单已核", annual_cap=2, actor=SUPERVISOR, at=timezone.now())
    assert told()[-1] == "annual_cap 2026 lowered 0"
    lowered = FlagState.objects.order_by("-id")[0]
    assert (lowered.evidence["sentence"], lowered.actor) == ("解除：监督机关复核：投诉单已核。", SUPERVISOR)
    assert Entry.objects.filter(kind="flag-reviewed", subject=f"flag:{flag.pk}").count() == 1
    with pytest.raises(FlagNotDoubted):
        review_flag(flag=flag, note="再核", annual_cap=2, actor=SUPERVISOR, at=timezone.now())


def test_a_visit_that_counts_after_all_restores_a_doubted_flag(town: Town) -> None:
    first, *_others = over_the_cap(town)
    hinge = scan(town.li_na, "9月30日 15:59", visit={"continues": first})
    town.li_na.post(f"/scans/{hinge['scan_id']}/withdrawal", {"reason": "写错了"})
    assert told()[:2] == ["annual_cap 2026 raised 3", "annual_cap 2026 doubted 3"]
    assert told()[-1] == "annual_cap 2026 grown 3"
    assert not is_doubted(Flag.objects.get())


def test_a_ruling_whose_clock_was_read_before_a_scan_does_not_hide_behind_it(town: Town) -> None:
    """Doors read the clock before they wait for the lane; what is written last stands."""
    first, *_others = over_the_cap(town)
    early = timezone.now() - timedelta(minutes=5)
    scan(town.li_na, "9月30日 15:59", visit={"continues": first})
    review_flag(flag=Flag.objects.get(), note="已核", annual_cap=2, actor=Actor.account("li.jing"), at=early)
    assert FlagState.objects.order_by("-at", "-pk")[0].state == "lowered"
