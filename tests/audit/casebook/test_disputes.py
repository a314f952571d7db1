"""Visits taken back or called otherwise: what the own agency says lowers nothing until a supervisor confirms."""

from dataclasses import replace
from typing import Any

import pytest

from audit.counting import LeftOut, enterprise_total
from audit.facts import Fact, known_by
from audit.kinds import Kind
from tests.audit.casebook.story import EXEMPT, MARKET, again, cap, count_of, flags, moment, only, over_cap, rule, visit

THREE = [visit("张伟", "3月5日"), visit("李娜", "5月6日"), visit("张伟", "9月1日")]
LAST = THREE[-1]


def later(fact: Fact, **words: Any) -> list[Fact]:
    """The same visits, with a further version of this one."""
    return [*THREE, again(fact, **words)]


def test_a_visit_that_zhang_wei_withdrew_counts_until_somebody_confirms() -> None:
    found = only(later(LAST, state="withdrawn"), cap(2))
    assert (len(found.counted), found.unconfirmed) == (3, ("张伟9月1日",))
    assert "其中 1 次待监督机关确认" in found.sentence


def test_meanwhile_both_counts_show() -> None:
    both = count_of(later(LAST, state="withdrawn"), MARKET)
    assert (len(both.counted), both.own) == (3, 2)


def test_a_confirmed_voiding_lowers_the_flag() -> None:
    visits = later(LAST, state="voided")
    assert flags(visits, cap(2)) == []
    assert count_of(visits, MARKET).left_out == (("张伟9月1日", LeftOut.VOIDED),)


def test_a_confirmed_voiding_is_as_if_it_had_never_been() -> None:
    four = [*THREE, visit("李娜", "10月1日")]
    voided = only([*four, again(LAST, state="voided")], cap(2))
    never = only([fact for fact in four if fact.visit != LAST.visit], cap(2))
    assert replace(voided, left_out=()) == never
    assert enterprise_total([*four, again(LAST, state="voided")], year=2026) == 3


def test_an_agency_that_asks_to_void_its_third_visit_stays_over_its_cap() -> None:
    found = only(later(LAST, claim={"state": "voided"}), cap(2))
    assert (found.counted[-1], found.unconfirmed) == ("张伟9月1日", ("张伟9月1日",))


@pytest.mark.parametrize(
    "claim",
    [
        {"category": "special", "superior_ordered": True},
        dict(EXEMPT),
        {"purpose": "service"},
        {"state": "voided"},
    ],
    ids=["a-superior-ordered-it", "there-was-a-complaint", "we-only-came-to-help", "it-never-was"],
)
def test_an_agency_cannot_clear_itself_whatever_it_calls_the_visit(claim: dict[str, Any]) -> None:
    before = only(later(LAST, claim=claim), cap(2))
    assert len(before.counted) == 3
    confirmed = later(LAST, **claim)
    assert flags(confirmed, cap(2)) == []


def test_an_agency_that_calls_all_its_visits_exempt_is_as_far_over_as_before() -> None:
    claimed = [again(fact, claim=dict(EXEMPT)) for fact in THREE]
    found = only([*THREE, *claimed], cap(2))
    assert found.unconfirmed == found.counted == tuple(fact.visit for fact in THREE)


def test_what_the_agency_says_against_itself_counts_at_once() -> None:
    """An exempt visit that its agency calls a routine one needs nobody's leave to count."""
    exempted = visit("张伟", "9月1日", **EXEMPT)
    exempt = [exempted, again(exempted, claim={"reason": "", "source_no": ""})]
    assert flags([*THREE[:2], exempt[0]], cap(2)) == []
    found = only([*THREE[:2], *exempt], cap(2))
    assert (len(found.counted), found.unconfirmed) == (3, ())


def test_a_refused_request_leaves_the_flag_as_it_was() -> None:
    asked = again(LAST, claim={"state": "voided"})
    refused = again(asked, claim=None)
    assert only([*THREE, asked, refused], cap(2)) == only(THREE, cap(2))


def test_a_claim_of_another_visit_than_the_one_over_lowers_nothing_either() -> None:
    assert len(only(later(THREE[0], claim={"purpose": "service"}), cap(2)).counted) == 3


def test_calling_a_counted_visit_help_does_not_get_it_out_of_the_watch_over_reasonable_frequency() -> None:
    """The exempt visit is inside the watch; its agency now says that it was help all along."""
    visits = [*THREE, visit("李娜", "10月1日", **EXEMPT), visit("李娜", "11月1日", **EXEMPT)]
    watch = [cap(2), rule(Kind.REASONABLE_FREQUENCY)]
    helping = again(visits[-1], claim={"purpose": "service"})
    assert flags([*visits, helping], *watch) == [over_cap(MARKET), f"明显超过合理频次 {MARKET} 2026"]


def test_withdrawn_twice_is_twice_unconfirmed_and_one_confirmation_lowers_by_one() -> None:
    withdrawn = [again(fact, state="withdrawn") for fact in THREE[1:]]
    assert len(only([*THREE, *withdrawn], cap(2)).unconfirmed) == 2
    confirmed = replace(THREE[1], version=3, state="voided")
    assert flags([*THREE, *withdrawn, confirmed], cap(2)) == []
    assert only([*THREE, *withdrawn, confirmed], cap(1)).unconfirmed == ("张伟9月1日",)


def test_on_the_eve_of_the_confirmation_the_flag_was_there_and_one_may_ask_as_of_then() -> None:
    confirmed = again(LAST, state="voided", known_from=moment("10月10日"))
    visits = [*THREE, confirmed]
    assert flags(known_by(visits, moment("10月9日")), cap(2)) == [over_cap(MARKET)]
    assert flags(known_by(visits, moment("10月10日")), cap(2)) == []
    assert flags(known_by(visits, moment("8月1日")), cap(2)) == []
