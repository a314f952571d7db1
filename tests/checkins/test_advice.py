"""Go, join, give a reason, not today, no need: each situation has one advice, the one a person would give."""

from dataclasses import astuple
from itertools import product

import pytest

from checkins.advice import ADVICE, Advice, Company, Situation, advise

EVERY = [Situation(*each) for each in product((False, True), repeat=5)]


@pytest.mark.parametrize("situation", EVERY, ids=str)
def test_every_situation_has_exactly_one_row(situation: Situation) -> None:
    told = astuple(situation)
    fitting = [
        row for row in ADVICE if all(wanted in {None, is_so} for wanted, is_so in zip(row[0], told, strict=True))
    ]
    assert len(fitting) == 1
    assert advise(situation) == fitting[0][1:]


def test_no_row_is_idle() -> None:
    assert {advise(situation) for situation in EVERY} == {(advice, company) for _pattern, advice, company in ADVICE}
    assert {advice for advice, _company in map(advise, EVERY)} == set(Advice)


@pytest.mark.parametrize("situation", EVERY, ids=str)
def test_a_visit_that_would_be_flagged_alone_is_never_simply_sent_on_its_way(situation: Situation) -> None:
    advice, company = advise(situation)
    assert (advice is Advice.GO) == (
        situation == Situation(quiet=False, visit_helps=False, plan_helps=False, flagged=False, found_compliant=False)
    )
    assert (advice is Advice.NOT_TODAY) == situation.quiet
    assert (company is not Company.NOBODY) == (advice is Advice.JOIN)


def test_who_is_there_now_is_joined_before_a_plan() -> None:
    both = Situation(quiet=False, visit_helps=True, plan_helps=True, flagged=True, found_compliant=False)
    assert advise(both) == (Advice.JOIN, Company.VISIT)


def test_what_was_found_compliant_lately_is_recognised_and_nobody_is_sent_along_with_others() -> None:
    found = Situation(quiet=False, visit_helps=True, plan_helps=True, flagged=True, found_compliant=True)
    assert advise(found) == (Advice.RECOGNISED, Company.NOBODY)
