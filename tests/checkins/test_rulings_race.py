"""Corrections and rulings under real concurrency: threads on PostgreSQL, each first seen failing without its guard
(docs/adr/0003)."""

from collections import Counter
from collections.abc import Callable
from functools import partial

import pytest

from audit.actor import Actor
from audit.facts import State
from audit.models import VisitFact
from audit.problem import Problem
from checkins.models import Correction, Resolution, Ruling, Visit
from tests.checkins.test_corrections_confirmed import rule, void
from tests.parallel import at_once
from tests.town import BEARINGS, CABLES, CASHMERE, GLASS, Town, build

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def town() -> Town:
    return build()


def _rule(correction: Correction, verdict: str, who: int) -> str:
    try:
        return str(rule(verdict, correction=correction, actor=Actor.account(f"supervisor{who}")).state)
    except Problem as refusal:
        return refusal.code


def test_of_eight_rulings_at_once_one_stands_and_the_others_are_told_so(town: Town) -> None:
    void(town.li_na, town.zhang_wei.scan().json()["visit"]["number"])
    correction = Correction.objects.get()
    verdicts = ["confirmed", "rejected"] * 4
    told = at_once([partial(_rule, correction, verdict, who) for who, verdict in enumerate(verdicts)], threads=8)
    stands = Ruling.objects.get().verdict
    assert Counter(told) == {stands: 1, "correction-ruled-already": 7}
    assert Visit.objects.get().status == {"confirmed": "voided", "rejected": "open"}[stands]


def test_one_claim_of_eight_same_posts(town: Town) -> None:
    number = town.zhang_wei.scan().json()["visit"]["number"]
    responses = at_once([partial(void, town.li_na, number)] * 8, threads=8)
    assert Counter(response.status_code for response in responses) == {200: 8}
    assert Correction.objects.count() == 1
    assert VisitFact.objects.count() == 2


@pytest.mark.parametrize("door", [BEARINGS, CASHMERE, GLASS, CABLES])
def test_a_scan_that_arrives_while_the_voiding_is_confirmed_stands(town: Town, door: str) -> None:
    void(town.sun_lei, town.zhang_wei.scan(door).json()["visit"]["number"])
    correction = Correction.objects.get()
    deeds: list[Callable[[], str]] = [
        partial(_rule, correction, "confirmed", 1),
        lambda: str(town.li_na.scan(door).status_code),
    ]
    assert at_once(deeds, threads=2) == ["confirmed", "201"]
    mine = Resolution.objects.filter(scan__officer=town.li_na.officer).order_by("-serial")[0]
    theirs = Resolution.objects.filter(scan__officer=town.zhang_wei.officer).order_by("-serial")[0]
    assert mine.visit is not None
    assert theirs.visit is None
    for visit in Visit.objects.all():
        fact = VisitFact.objects.filter(visit=visit.number).order_by("-version")[0]
        held = visit == mine.visit
        assert (fact.state, visit.status) == ((State.OPEN, State.OPEN) if held else (State.VOIDED, State.VOIDED))
        assert fact.claim is None
        assert [one["name"] for one in fact.officers] == (["李娜"] if held else ["张伟"])
