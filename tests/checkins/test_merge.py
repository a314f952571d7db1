"""A stall that turns out to be a registered shop: two persons say so, and its visits move."""

from functools import partial

import pytest
from django.utils import timezone

from audit.actor import Actor
from audit.models import Entry, Filing, Flag, VisitFact
from checkins.models import Merge, MergeConfirmation, Visit
from checkins.services.merge import MergedAlready, NotMergeable, SamePerson, confirm_merge, propose_merge
from enterprises.models import Enterprise
from tests.parallel import at_once
from tests.town import BEARINGS, GLASS, Town, build, scan_body

LI_JING, CHEN_FANG = Actor.account("lijing"), Actor.account("chenfang")
STALL = {"name": "东门早市豆腐摊"}


def _stall(town: Town) -> str:
    answer = town.zhang_wei.post("/scans", scan_body(code=None, subject=STALL)).json()
    return str(answer["enterprise"]["credit_code"])


def _propose(subject: str, credit_code: str = GLASS) -> Merge:
    return propose_merge(
        subject=subject, credit_code=credit_code, reason="已领营业执照", actor=LI_JING, at=timezone.now()
    )


def _confirm(merge: Merge, actor: Actor = CHEN_FANG) -> int:
    return confirm_merge(merge=merge, annual_cap=2, actor=actor, at=timezone.now())


def test_a_confirmed_merge_moves_the_visits_and_their_counts(town: Town) -> None:
    number = _stall(town)
    visit = Visit.objects.get()
    assert _confirm(_propose(number)) == 1
    visit.refresh_from_db()
    assert (visit.credit_code, visit.history.latest().history_user) == (GLASS, "account:chenfang")
    latest = VisitFact.objects.order_by("-version")[0]
    assert (latest.version, latest.credit_code, latest.enterprise_name) == (2, GLASS, "襄都区明亮玻璃店")
    assert Filing.objects.filter(event="visit.merged", credit_code=GLASS).count() == 1
    assert Entry.objects.filter(kind__startswith="merge-").count() == 2
    assert Enterprise.objects.get(credit_code=number).status == "cancelled"
    frequency = town.wang_qiang.scan(GLASS).json()["for_officer"]["frequency"]
    assert (frequency["own"], frequency["all_agencies"]) == (1, 2)


def test_nothing_moves_before_the_second_person_and_the_first_is_not_the_second(town: Town) -> None:
    merge = _propose(_stall(town))
    assert VisitFact.objects.get().credit_code == merge.subject
    with pytest.raises(SamePerson):
        _confirm(merge, LI_JING)
    assert not MergeConfirmation.objects.exists()


def test_the_old_number_leads_to_the_enterprise_from_then_on(town: Town) -> None:
    number = _stall(town)
    _confirm(_propose(number))
    answer = town.wang_qiang.post("/scans", scan_body(code=None, credit_code=number)).json()
    assert answer["enterprise"]["credit_code"] == GLASS


def test_what_is_no_subject_or_no_enterprise_or_merged_already_is_refused(town: Town) -> None:
    number = _stall(town)
    for subject, target in ((BEARINGS, GLASS), (number, number), (number, "91440101MA5D5T047J"), ("", GLASS)):
        with pytest.raises(NotMergeable):
            _propose(subject, target)
    merge = _propose(number)
    _confirm(merge)
    with pytest.raises((MergedAlready, NotMergeable)):
        _confirm(merge)
    with pytest.raises(NotMergeable):
        _propose(number)


def test_a_merge_that_carries_a_year_over_its_cap_warns_the_supervisor(
    town: Town, time_machine_at_noon: object
) -> None:
    number = _stall(town)
    for days in ("2026-05-01", "2026-06-01"):
        town.zhang_wei.scan(GLASS, scanned_at=f"{days}T10:00:00+08:00")
    assert not Flag.objects.exists()
    _confirm(_propose(number))
    flag = Flag.objects.get()
    assert (flag.credit_code, flag.agency_code) == (GLASS, "130502-SCJG")


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_supervisors_who_confirm_at_once_move_the_visits_once() -> None:
    town = build()
    merge = _propose(_stall(town))

    def confirm(actor: Actor) -> str:
        try:
            return str(_confirm(merge, actor))
        except (MergedAlready, NotMergeable) as refusal:
            return refusal.code

    outcomes = at_once([partial(confirm, Actor.account(f"supervisor{n}")) for n in range(8)], threads=8)
    assert outcomes.count("1") == 1
    assert VisitFact.objects.count() == 2
