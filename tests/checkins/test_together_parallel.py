"""Several agencies, and several officers of one, whose first scans come at the same instant: threads on PostgreSQL.

Each test was first seen failing without the lane of the credit code (audit/lane.py); docs/adr/0003 says how.
"""

from collections import Counter
from functools import partial
from typing import Any

import pytest

from audit.counting import count, enterprise_total
from audit.facts import State, year_of
from tests.checkins.test_plans import announce
from tests.checkins.test_together import facts, join, scanned
from tests.parallel import at_once
from tests.town import BEARINGS, CABLES, CASHMERE, GLASS, Town, build, scan_body

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
DOORS = (BEARINGS, CASHMERE, GLASS, CABLES)
MARKET, FIRE, QINGHE = "130502-SCJG", "130502-YJ", "130534-SCJG"


@pytest.fixture
def town() -> Town:
    return build()


def one_visit_each(door: str, *agencies: str) -> None:
    """Each agency has one open visit, and they are one joint visit, which counts once for the enterprise."""
    stand = [fact for fact in facts(door) if fact.state == State.OPEN]
    assert Counter(fact.agency_code for fact in stand) == dict.fromkeys(agencies, 1)
    assert len({fact.together for fact in stand}) == 1
    year = year_of(stand[0].started_at)
    assert [count(stand, agency_code=agency, year=year).own for agency in agencies] == [1] * len(agencies)
    assert enterprise_total(stand, year=year) == 1


def test_three_agencies_whose_first_scans_name_one_plan_are_one_joint_visit(town: Town) -> None:
    phones = (town.zhang_wei, town.wang_qiang, town.zhao_min)
    for door in DOORS:
        plan = announce(town.zhang_wei, door, credit_code=door)["plan"]["number"]
        at_once([partial(scanned, phone, door, plan_no=plan) for phone in phones], threads=3)
        one_visit_each(door, MARKET, FIRE, QINGHE)


def test_agencies_whose_first_scans_name_the_code_of_another_join_it_each_with_one_visit(town: Town) -> None:
    phones = (town.zhang_wei, town.zhao_min, town.li_na, town.zhao_min, town.sun_lei)
    for door in DOORS:
        host = scanned(town.wang_qiang, door)["visit"]
        answers = at_once([partial(scanned, phone, door, joint_code=host["joint_code"]) for phone in phones], threads=5)
        assert {answer["visit"]["joint_id"] for answer in answers} == {host["number"]}
        one_visit_each(door, FIRE, MARKET, QINGHE)
        [market] = [fact for fact in facts(door) if fact.agency_code == MARKET]
        assert {name for _number, name in market.officers} == {"张伟", "李娜", "孙磊"}


def test_first_scans_at_once_see_each_other_and_acceptances_in_a_ring_at_once_end_in_one_joint_visit(
    town: Town,
) -> None:
    """Each accepts the next one's offer, whichever comes first: who is with others already is refused, and joined."""
    phones = (town.zhang_wei, town.wang_qiang, town.zhao_min)
    for door in DOORS:
        answers = at_once([partial(scanned, phone, door) for phone in phones], threads=3)
        assert sorted(len(answer["join_offers"]) for answer in answers) == [0, 1, 2]
        numbers = [answer["visit"]["number"] for answer in answers]
        ring = zip(phones, numbers, numbers[1:] + numbers[:1], strict=True)
        accept = [partial(phone.post, f"/visits/{mine}/join", {"with": theirs}) for phone, mine, theirs in ring]
        assert {answer.status_code for answer in at_once(accept, threads=3)} <= {200, 409}
        one_visit_each(door, MARKET, FIRE, QINGHE)


def test_colleagues_who_scan_and_one_who_accepts_an_offer_at_once_leave_the_agency_one_joint_visit(
    town: Town,
) -> None:
    for door in DOORS:
        theirs = scanned(town.wang_qiang, door)["visit"]["number"]
        mine = scanned(town.zhang_wei, door)["visit"]["number"]
        deeds: list[Any] = [
            partial(join, town.zhang_wei, mine, **{"with": theirs}),
            *(partial(scanned, phone, door) for phone in (town.li_na, town.sun_lei, town.li_na)),
        ]
        at_once(deeds, threads=4)
        one_visit_each(door, FIRE, MARKET)


def test_officers_of_one_agency_whose_first_scans_and_first_batches_come_at_once_make_one_visit(town: Town) -> None:
    for door in DOORS:
        deeds: list[Any] = [
            partial(phone.post, *request)
            for phone in (town.zhang_wei, town.li_na, town.sun_lei)
            for request in (
                ("/scans", scan_body(door)),
                ("/scans", scan_body(door)),
                ("/scans/batch", {"items": [scan_body(door), scan_body(door)]}),
            )
        ]
        answers = at_once(deeds, threads=9)
        assert {answer.status_code for answer in answers} == {200, 201}
        told = [one for answer in answers for one in answer.json().get("items", ())]
        assert Counter(one["status"] for one in told) == {201: 6}
        one_visit_each(door, MARKET)
