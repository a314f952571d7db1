"""What holds of the judge whatever the visits and the rules are.

To tell visits and rules costs ten times as much as to judge them: what is claimed of the same ones is claimed together.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.counting import EVERYTHING, Counting, always_counts, count, enterprise_total, judged
from audit.facts import Category, ExemptReason, Fact, State, year_of
from audit.finding import Finding
from audit.kinds import KINDS, Kind, Level, fit
from audit.law import Law, Rule, Scope
from audit.queries import YEAR_MARGIN
from audit.rules import JUDGES, judge
from tests.audit.casebook.story import EXEMPT, visit

pytestmark = pytest.mark.embedded

BEGIN = datetime(2026, 11, 1, tzinfo=UTC)
AS_OF = datetime(2028, 6, 1, tzinfo=UTC)
OFFICERS = ("张伟", "王强", "周洋")
DAYS = st.dates(date(2025, 10, 1), date(2027, 3, 1))
MINUTES = st.one_of(st.integers(0, 120 * 24 * 60), st.integers(0, 3 * 24 * 60))
COUNTING = {
    "exempt": st.lists(st.sampled_from([str(reason) for reason in ExemptReason]), unique=True),
    "count_case": st.booleans(),
    "joint": st.sampled_from(["each", "host"]),
    "serious_over": st.none() | st.integers(1, 5),
}
VALUES: dict[Kind, dict[str, st.SearchStrategy[Any]]] = {
    Kind.ANNUAL_CAP: {"cap": st.integers(0, 3)},
    Kind.TIER_SUM: {"cap": st.integers(0, 3)},
    Kind.ROLLING_WINDOW: {"days": st.integers(1, 366), "limit": st.integers(1, 3)},
    Kind.REPEAT_ITEM: {"days": st.integers(1, 366)},
    Kind.MANY_AGENCIES: {"days": st.integers(1, 366), "agencies": st.integers(2, 3)},
    Kind.REASONABLE_FREQUENCY: {"factor": st.integers(1, 2), "p95": st.sampled_from([{}, {"C34/B": 1}])},
    Kind.QUIET_DAYS: {
        "days": st.lists(st.integers(1, 31), min_size=1),
        "dates": st.lists(DAYS.map(date.isoformat), max_size=2),
    },
    Kind.SINGLE_OFFICER: {"officers": st.integers(2, 3), "minutes": st.integers(0, 1_440)},
}
CLAIMS: st.SearchStrategy[dict[str, Any] | None] = st.sampled_from(
    [
        {"state": "voided"},
        {"purpose": "service"},
        {"category": "special", "superior_ordered": True},
        {"category": "case"},
        dict(EXEMPT),
        {"reason": "", "source_no": ""},
        {"category": "routine", "superior_ordered": False},
    ]
)


@st.composite
def visits(draw: st.DrawFn, *, claims: bool = True, least: int = 0) -> list[Fact]:
    """Up to a dozen visits of three agencies in four months around New Year, one version of each."""
    count_of = draw(st.integers(least, 12))
    return [draw(one_visit(number, claims=claims)) for number in range(count_of)]


@st.composite
def one_visit(draw: st.DrawFn, number: int, *, claims: bool) -> Fact:
    started_at = BEGIN + timedelta(minutes=draw(MINUTES))
    # Those who come together come within a day: joint numbers of a day's agencies.
    joint = draw(st.sampled_from(["", "", "", f"J{started_at:%m%d}", f"V{number:02d}"]))
    words: dict[str, Any] = {
        "visit": f"V{number:02d}",
        "started_at": started_at,
        "known_from": started_at + timedelta(minutes=draw(MINUTES)),
        "joint_id": joint,
        "category": draw(st.sampled_from([str(category) for category in Category])),
        "superior_ordered": draw(st.booleans()),
        "purpose": draw(st.sampled_from(["inspection"] * 4 + ["service"])),
        "origin": draw(st.sampled_from(["scanned", "imported"])),
        "items": tuple(draw(st.lists(st.sampled_from(["A01", "B02"]), unique=True))),
        "state": draw(st.sampled_from(["open"] * 6 + [str(state) for state in State])),
        "beside": draw(st.sampled_from([(), ("李娜",)])),
        **(draw(st.sampled_from([{}, {}, EXEMPT, {"reason": "complaint"}]))),
    }
    if claims and draw(st.integers(0, 2)) == 0:
        words["claim"] = draw(CLAIMS)
    return visit(draw(st.sampled_from(OFFICERS)), "1月1日", **words)


@st.composite
def laws(draw: st.DrawFn, *, reasons: bool = True) -> Law:
    """Up to six versions of rules of any kind that visits decide, with a default cap or none.

    `reasons`: some of them exempt some reasons only."""
    rules = [draw(one_rule(reasons=reasons)) for _rule in range(draw(st.integers(1, 6)))]
    numbered = [replace(rule, version=number) for number, rule in enumerate(rules, start=1)]
    return Law(numbered, default_cap=draw(st.none() | st.integers(0, 2)))


@st.composite
def one_rule(draw: st.DrawFn, *, reasons: bool) -> Rule:
    kind = draw(st.sampled_from(sorted(JUDGES)))
    known = {**{name: values for name, values in COUNTING.items() if name in KINDS[kind].parameters}, **VALUES[kind]}
    required = {name for name, parameter in KINDS[kind].parameters.items() if parameter.required}
    parameters = {name: draw(values) for name, values in known.items() if name in required or draw(st.booleans())}
    parameters = parameters if reasons else {name: said for name, said in parameters.items() if name != "exempt"}
    assert fit(kind, parameters) is kind
    effective_from = draw(st.sampled_from([date(2020, 1, 1), date(2026, 12, 15), date(2027, 1, 1)]))
    return Rule(
        code=str(kind),
        version=1,
        kind=kind,
        parameters=parameters,
        scope=draw(st.sampled_from([Scope(), Scope(), Scope(levels=("district",)), Scope(agencies=("130502-YJ",))])),
        effective_from=effective_from,
        effective_to=draw(st.sampled_from([None, None, effective_from + timedelta(days=20)])),
        repeals=draw(st.sampled_from([False, False, False, True])),
        source="P",
    )


def found(facts: Iterable[Fact], law: Law, **asked: Any) -> list[Finding]:
    return judge(facts, law=law, as_of=AS_OF, **asked)


def figures(findings: Iterable[Finding]) -> dict[tuple[Any, ...], tuple[Level, tuple[str, ...]]]:
    return {one.key: (one.level, one.counted) for one in findings}


def without_left_out(findings: Iterable[Finding]) -> list[Finding]:
    return [replace(one, left_out=()) for one in findings]


@given(st.data(), visits(), laws())
def test_the_judge_has_one_answer_to_anything_however_it_is_asked(
    data: st.DataObject, facts: list[Fact], law: Law
) -> None:
    whole = found(facts, law)
    _explained(whole, facts)
    keys = [one.key for one in whole]
    assert len(keys) == len(set(keys)), "one finding for each rule, agency and period"
    _whatever_the_order_of_arrival(data, facts, law, whole=whole)
    _a_year_alone_as_in_the_whole(facts, law, data.draw(st.sampled_from([{2026}, {2027}, {2026, 2027}])), whole=whole)
    _an_agency_alone_as_in_the_whole(facts, law, data.draw(st.sampled_from(["130502-SCJG", "130502-YJ"])), whole=whole)
    _far_enough_back_for_the_longest_window(facts, law, months=data.draw(st.sampled_from([9, 36])))


def _explained(findings: Iterable[Finding], facts: list[Fact]) -> None:
    known = {fact.visit for fact in facts}
    for one in findings:
        told = [*one.counted, *(visit for visit, _why in one.left_out)]
        assert one.counted
        assert len(told) == len(set(told))
        assert set(told) <= known
        assert set(one.unconfirmed) <= set(one.counted)
        assert one.sentence.endswith("）。")
        assert one.evidence()["counted"] == list(one.counted)


def _whatever_the_order_of_arrival(data: st.DataObject, facts: list[Fact], law: Law, *, whole: list[Finding]) -> None:
    """Nor does what was known before late scans regrouped visits: they began at other times, were there or were not."""
    earlier = [
        replace(
            fact,
            version=-before,
            started_at=BEGIN + timedelta(minutes=data.draw(MINUTES)),
            state=data.draw(st.sampled_from([str(state) for state in State])),
        )
        for fact in facts
        for before in range(data.draw(st.integers(0, 2)))
    ]
    assert found(data.draw(st.permutations([*facts, *earlier])), law) == whole


def _a_year_alone_as_in_the_whole(facts: list[Fact], law: Law, years: set[int], *, whole: list[Finding]) -> None:
    """With the facts that a scan gathers: from the year before on."""
    first = datetime(min(years) - 1, 1, 1, tzinfo=UTC) - YEAR_MARGIN
    gathered = [fact for fact in facts if fact.started_at >= first]
    assert found(gathered, law, years=years) == [one for one in whole if int(one.period[:4]) in years]


def _an_agency_alone_as_in_the_whole(facts: list[Fact], law: Law, agency: str, *, whole: list[Finding]) -> None:
    assert found(facts, law, agencies={agency}) == [one for one in whole if one.agency_code in ("", agency)]


def _far_enough_back_for_the_longest_window(facts: list[Fact], law: Law, *, months: int) -> None:
    """The year's facts, with as many of so many months before."""
    old = [
        replace(fact, visit=f"O{fact.visit}", started_at=fact.started_at - timedelta(days=31 * months))
        for fact in facts
    ]
    every = [*facts, *(replace(fact, joint_id=f"{fact.joint_id}'" if fact.joint_id else "") for fact in old)]
    first = datetime(2026, 1, 1, tzinfo=UTC) - YEAR_MARGIN
    gathered = [fact for fact in every if fact.started_at >= first]
    whole = [one for one in found(every, law) if one.period[:4] == "2027"]
    assert found(gathered, law, years={2027}) == whole


@given(visits(), st.sets(st.sampled_from(list(ExemptReason))), st.booleans(), st.booleans(), st.booleans())
def test_what_always_counts_does_a_joint_visit_counts_for_one_host_and_the_years_add_up(
    facts: list[Fact], exempt: set[str], count_case: bool, joint_each: bool, count_superior: bool
) -> None:
    counting = Counting(
        exempt=frozenset(exempt), count_case=count_case, joint_each=joint_each, count_superior=count_superior
    )
    for fact in facts:
        assert not always_counts(fact) or judged(fact, counting) == (None, False)
    _a_joint_visit_that_counts_at_all_counts_for_exactly_one_host(facts)
    _the_counts_of_the_years_add_up(facts)


def _a_joint_visit_that_counts_at_all_counts_for_exactly_one_host(facts: list[Fact]) -> None:
    both: list[dict[str, list[str]]] = [{}, {}]
    for joint_each in (False, True):
        for agency in {fact.agency_code for fact in facts}:
            for year in (2026, 2027):
                counting = Counting(joint_each=joint_each)
                for number in count(facts, agency_code=agency, year=year, counting=counting).counted:
                    joint = next(fact.joint_id for fact in facts if fact.visit == number)
                    both[joint_each].setdefault(joint or number, []).append(number)
    hosted, each = both
    assert hosted.keys() == each.keys()
    assert all(len(numbers) == 1 for numbers in hosted.values())


def _the_counts_of_the_years_add_up(facts: list[Fact]) -> None:
    years = {year_of(fact.started_at) for fact in facts}
    for agency in {fact.agency_code for fact in facts}:
        counts = [count(facts, agency_code=agency, year=year, counting=EVERYTHING) for year in years]
        told = [visit for one in counts for visit in one.counted]
        assert len(told) == len(set(told))
        assert set(told) <= {fact.visit for fact in facts if fact.agency_code == agency}


@given(st.data(), visits(least=1), laws(reasons=False))
def test_an_exempt_visit_more_lowers_no_count(data: st.DataObject, facts: list[Fact], law: Law) -> None:
    more = replace(data.draw(one_visit(99, claims=False)), state="open", purpose="inspection", **EXEMPT)
    _never_lower(found(facts, law), found([*facts, more], law))
    for agency in {fact.agency_code for fact in facts}:
        for counting in (Counting(), Counting(joint_each=False), EVERYTHING):
            before, after = (
                count(some, agency_code=agency, year=2026, counting=counting) for some in (facts, [*facts, more])
            )
            assert len(after.counted) >= len(before.counted)
            assert after.own >= before.own
    assert enterprise_total([*facts, more], year=2026) >= enterprise_total(facts, year=2026)


@given(st.data(), visits(least=1), laws())
def test_a_confirmed_voiding_is_as_if_the_visit_had_never_been_and_what_an_officer_withdraws_lowers_nothing(
    data: st.DataObject, facts: list[Fact], law: Law
) -> None:
    victim = data.draw(st.sampled_from(facts))
    voided = [replace(fact, state="voided", claim=None) if fact is victim else fact for fact in facts]
    never = [fact for fact in facts if fact is not victim]
    after_voiding = found(voided, law)
    assert without_left_out(after_voiding) == without_left_out(found(never, law))
    assert all(victim.visit not in one.counted for one in after_voiding)

    open_ones: list[Fact] = [fact for fact in facts if fact.state == "open" and fact.claim is None]
    withdrawn = data.draw(st.sampled_from(open_ones) if open_ones else st.none())
    after = [replace(fact, state="withdrawn") if fact is withdrawn else fact for fact in facts]
    assert figures(found(after, law)) == figures(found(facts, law))


@given(st.data(), visits(claims=False, least=1), laws())
def test_what_an_agency_claims_lowers_nothing(data: st.DataObject, facts: list[Fact], law: Law) -> None:
    some = data.draw(st.sets(st.sampled_from(range(len(facts))), min_size=1))
    claimed = [replace(fact, claim=data.draw(CLAIMS)) if at in some else fact for at, fact in enumerate(facts)]
    _never_lower(found(facts, law), found(claimed, law))


def _never_lower(before: Sequence[Finding], after: Sequence[Finding]) -> None:
    """Each finding is still there, as severe and with as many visits."""
    later = {one.key: one for one in after}
    ranks = list(Level)
    for one in before:
        same = later.get(one.key)
        assert same is not None, one.key
        assert len(same.counted) >= len(one.counted)
        assert ranks.index(same.level) >= ranks.index(one.level)
