"""Which papers does a scan answer? Zhang Wei's bureau (襄都区市场监管局) and its town team, at 邢台轴承."""

from datetime import date, timedelta
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from audit.matching import MatchPolicy, Paper, PaperKind, Scanned, match, rate_percent
from audit.models import Document

BUREAU, TEAM, FIRE = "SCJG", "SCJG-TOWN", "XFJY"
PATHS = {BUREAU: "/CITY/SCJG/", TEAM: "/CITY/SCJG/SCJG-TOWN/", FIRE: "/CITY/XFJY/"}
BEARINGS, GLASS = "91110108551385082Q", "91350100M000100Y43"
MONDAY = date(2026, 3, 2)
SAME_DAY, NEXT_DAY = MatchPolicy(paper_days=0, plan_days=0), MatchPolicy(paper_days=1, plan_days=7)


def paper(key: int, on: int, *, kind: str = "inspection", agency: str = BUREAU, enterprise: str = BEARINGS) -> Paper:
    day = MONDAY + timedelta(days=on)
    return Paper(key=key, kind=kind, agency_code=agency, credit_code=enterprise, on=day)


def scan(visit: str, on: int, *, agency: str = BUREAU, enterprise: str = BEARINGS) -> Scanned:
    day = MONDAY + timedelta(days=on)
    return Scanned(visit=visit, agency_code=agency, agency_path=PATHS[agency], credit_code=enterprise, on=day)


def test_a_document_of_the_day_is_answered_by_the_scan_of_the_day() -> None:
    assert match([paper(1, 0), paper(2, 1)], [scan("RQ1", 0)], policy=SAME_DAY) == {1: "RQ1", 2: None}


def test_a_document_dated_a_day_late_is_answered_one_dated_a_day_early_is_not() -> None:
    assert match([paper(1, 1)], [scan("RQ1", 0)], policy=NEXT_DAY) == {1: "RQ1"}
    assert match([paper(1, 0)], [scan("RQ1", 1)], policy=NEXT_DAY) == {1: None}
    assert match([paper(1, 2)], [scan("RQ1", 0)], policy=NEXT_DAY) == {1: None}


def test_another_agency_or_another_enterprise_answers_nothing() -> None:
    visits = [scan("RQ1", 0, agency=FIRE), scan("RQ2", 0, enterprise=GLASS)]
    assert match([paper(1, 0)], visits, policy=NEXT_DAY) == {1: None}


def test_the_town_team_answers_for_its_bureau_and_never_the_other_way_round() -> None:
    assert match([paper(1, 0)], [scan("RQ1", 0, agency=TEAM)], policy=NEXT_DAY) == {1: "RQ1"}
    assert match([paper(1, 0, agency=TEAM)], [scan("RQ1", 0)], policy=NEXT_DAY) == {1: None}


def test_one_scan_answers_the_document_and_the_penalty_that_came_of_it() -> None:
    papers = [paper(1, 0), paper(2, 0), paper(3, 1, kind="penalty")]
    assert match(papers, [scan("RQ1", 0)], policy=NEXT_DAY) == {1: "RQ1", 2: "RQ1", 3: "RQ1"}


def test_in_a_joint_visit_each_agency_answers_for_itself() -> None:
    papers = [paper(1, 0), paper(2, 0, agency=FIRE)]
    both = [scan("RQ1", 0), scan("RQ2", 0, agency=FIRE)]
    assert match(papers, both, policy=NEXT_DAY) == {1: "RQ1", 2: "RQ2"}
    assert match(papers, both[:1], policy=NEXT_DAY) == {1: "RQ1", 2: None}


def test_one_scan_does_not_cover_for_a_week_of_inspections() -> None:
    papers = [paper(day, day) for day in range(5)]
    assert match(papers, [scan("RQ1", 0)], policy=NEXT_DAY) == {0: "RQ1", 1: None, 2: None, 3: None, 4: None}


def test_the_agency_gets_the_benefit_of_the_doubt() -> None:
    # Taking each day's own scan first would leave Wednesday's paper without one.
    papers, visits = [paper(1, 1), paper(2, 2)], [scan("RQ0", 0), scan("RQ1", 1)]
    assert match(papers, visits, policy=NEXT_DAY) == {1: "RQ0", 2: "RQ1"}


def test_a_plan_is_kept_on_any_day_of_its_week() -> None:
    plan = paper(1, 7, kind="plan")
    assert match([plan], [scan("RQ1", 0)], policy=NEXT_DAY) == {1: "RQ1"}
    assert match([plan], [scan("RQ1", -1)], policy=NEXT_DAY) == {1: None}


def test_a_rate_is_told_in_whole_percent_and_never_too_well() -> None:
    assert [rate_percent(0, 0), rate_percent(2, 3), rate_percent(199, 200), rate_percent(3, 3)] == [None, 66, 99, 100]


def test_the_kinds_are_those_of_the_table() -> None:
    assert set(PaperKind) == set(Document.Kind.values)


PAPERS = st.lists(
    st.tuples(st.integers(0, 9), st.sampled_from(["inspection", "penalty", "plan"]), st.sampled_from([BUREAU, TEAM])),
    max_size=12,
)
SCANS = st.lists(st.tuples(st.integers(0, 9), st.sampled_from([BUREAU, TEAM, FIRE])), max_size=10)


@given(PAPERS, SCANS, st.randoms(use_true_random=False))
def test_the_order_in_which_papers_and_scans_came_changes_nothing(papers: list, scans: list, dice: object) -> None:  # type: ignore[type-arg]
    asked = [paper(key, on, kind=kind, agency=agency) for key, (on, kind, agency) in enumerate(papers)]
    made = [scan(f"RQ{number}", on, agency=agency) for number, (on, agency) in enumerate(scans)]
    before = match(asked, made, policy=NEXT_DAY)
    dice.shuffle(asked)  # type: ignore[attr-defined]
    dice.shuffle(made)  # type: ignore[attr-defined]
    assert match(asked, made, policy=NEXT_DAY) == before


@given(PAPERS, SCANS, st.tuples(st.integers(0, 9), st.sampled_from([BUREAU, TEAM, FIRE])))
def test_a_further_scan_never_leaves_more_papers_unanswered(papers: list, scans: list, more: tuple[int, str]) -> None:  # type: ignore[type-arg]
    asked = [paper(key, on, kind=kind, agency=agency) for key, (on, kind, agency) in enumerate(papers)]
    made = [scan(f"RQ{number}", on, agency=agency) for number, (on, agency) in enumerate(scans)]
    further = [*made, scan("RQ-more", more[0], agency=more[1])]

    def missed(visits: list[Scanned]) -> int:
        return sum(visit is None for visit in match(asked, visits, policy=NEXT_DAY).values())

    assert missed(further) <= missed(made)


@given(st.sets(st.integers(0, 6), max_size=4), st.lists(st.integers(0, 6), max_size=4))
def test_nobody_could_match_more_papers(days: set[int], scans: list[int]) -> None:
    asked = [paper(day, day) for day in sorted(days)]
    made = [scan(f"RQ{number}", on) for number, on in enumerate(scans)]
    matched = sum(visit is not None for visit in match(asked, made, policy=NEXT_DAY).values())
    best = 0
    slots = [*sorted(scans), *[99] * len(days)]
    for order in set(permutations(slots, len(days))):
        best = max(best, sum(0 <= day - on <= 1 for day, on in zip(sorted(days), order, strict=True)))
    assert matched == best
