"""What is folded is what a fresh count of the facts says: in any batches, corrected, joint, taken back."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from audit.models import EnterpriseTotal, PendingDocument, PendingFact, VisitFact, VisitNow
from audit.services.fold import fold
from audit.services.refold import refold
from tests.audit.counted import BEARINGS, CASHMERE, CITY, FIRE, GLASS, MARKET, change, kept, penalty, recomputed, tell

ZHANG, LI = ("13050200101", "张伟"), ("13050200102", "李娜")
ENDS = [
    datetime(2025, 12, 31, 15, 59, tzinfo=UTC),  # the last minute of 2025 in Shanghai
    datetime(2025, 12, 31, 16, 0, tzinfo=UTC),
    datetime(2026, 2, 28, 16, 30, tzinfo=UTC),
    datetime(2026, 3, 2, 1, 0, tzinfo=UTC),
]

words = st.fixed_dictionaries(
    {},
    optional={
        "state": st.sampled_from(["open", "withdrawn", "voided", "absorbed"]),
        "purpose": st.sampled_from(["inspection", "service"]),
        "category": st.sampled_from(["routine", "case", "special"]),
        "reason": st.sampled_from(["", "complaint", "media"]),
        "source_no": st.sampled_from(["", "12345"]),
        "superior_ordered": st.booleans(),
        "joint_id": st.sampled_from(["", "J1", "J2"]),
        "started_at": st.sampled_from(ENDS) | st.integers(0, 500).map(lambda h: ENDS[0] + timedelta(hours=h)),
        "claim": st.none()
        | st.fixed_dictionaries(
            {},
            optional={
                "state": st.sampled_from(["open", "voided"]),
                "purpose": st.sampled_from(["inspection", "service"]),
                "category": st.sampled_from(["routine", "special"]),
                "superior_ordered": st.booleans(),
                "reason": st.sampled_from(["", "complaint"]),
                "source_no": st.sampled_from(["", "7"]),
            },
        ).filter(bool),
    },
)
first_words = st.tuples(
    words,
    st.fixed_dictionaries(
        {
            "agency_code": st.sampled_from([MARKET, FIRE, CITY]),
            "credit_code": st.sampled_from([BEARINGS, CASHMERE, GLASS]),
            "origin": st.sampled_from(["scanned", "imported"]),
            "officers": st.sampled_from([(), (ZHANG,), (LI,), (LI, ZHANG), (ZHANG, ZHANG)]),
        }
    ),
).map(lambda both: {**both[0], **both[1]})
moves: st.SearchStrategy[tuple[str, int, dict[str, Any]]] = st.one_of(
    st.tuples(st.just("visit"), st.integers(0, 5), first_words),
    st.tuples(st.just("visit"), st.integers(0, 5), words),
    st.tuples(st.just("fold"), st.integers(1, 4), st.just({})),
    st.tuples(
        st.just("penalty"),
        st.integers(0, 1),
        st.fixed_dictionaries(
            {
                "withdrawn": st.booleans(),
                "agency_code": st.sampled_from([MARKET, FIRE]),
                "on": st.sampled_from([date(2026, 3, 2), date(2026, 1, 1), date(2025, 12, 31)]),
            }
        ),
    ),
)


def fold_all() -> None:
    while fold(limit=3):
        pass


class TestAnyStory(TestCase):
    @settings(
        max_examples=40,
        deadline=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    @given(story=st.lists(moves, min_size=1, max_size=25))
    def test_folded_in_any_batches_or_made_anew_the_sums_are_those_of_a_fresh_count(self, story: list[Any]) -> None:
        visits: set[int] = set()
        papers = [0, 0]
        for what, number, said in story:
            if what == "fold":
                fold(limit=number)
            elif what == "penalty":
                papers[number] += 1
                penalty(f"P{number}", version=papers[number], **said)
            elif number in visits:
                officers = said.pop("officers", None)
                told = [{"certificate_no": no, "name": name} for no, name in officers or ()]
                change(f"V{number}", **said, **({"officers": told} if officers is not None else {}))
            elif "agency_code" in said:
                visits.add(number)
                tell(f"V{number}", **said)
        truth = recomputed()
        fold_all()
        assert kept() == truth
        assert not PendingFact.objects.exists()
        refold()
        assert kept() == truth
        assert VisitNow.objects.count() == len(visits)


@pytest.mark.django_db
class TestOneStory:
    def test_every_version_queues_itself_and_is_folded_once(self) -> None:
        tell("V1")
        change("V1", category="case")
        assert PendingFact.objects.count() == 2
        assert fold() == 2
        assert fold() == 0
        assert kept() == recomputed()
        assert VisitNow.objects.get().fact_id == VisitFact.objects.get(version=2).pk

    def test_a_joint_visit_disturbs_the_enterprise_once_and_again_when_its_first_is_voided(self) -> None:
        for hour, agency in enumerate((MARKET, FIRE, CITY)):
            tell(f"V{hour}", agency_code=agency, joint_id="J", started_at=datetime(2026, 3, 2, hour, tzinfo=UTC))
            fold()
        year = EnterpriseTotal.objects.get(span="y")
        assert (year.visits, year.once, year.joint) == (3, 1, 3)
        change("V0", state="voided")
        fold()
        year.refresh_from_db()
        assert (year.visits, year.once, year.joint, year.voided) == (2, 1, 2, 1)
        change("V1", state="voided")
        fold()
        year.refresh_from_db()
        assert (year.visits, year.once, year.joint, year.voided) == (1, 1, 0, 2)
        assert kept() == recomputed()

    def test_a_penalty_takes_the_visit_out_of_the_annual_report_whichever_comes_first(self) -> None:
        penalty("P1")
        tell("V1")
        tell("V2", agency_code=FIRE)
        fold_all()
        assert EnterpriseTotal.objects.get(span="y").reported == 1
        penalty("P2", agency_code=FIRE)
        fold_all()
        assert EnterpriseTotal.objects.get(span="y").reported == 0
        penalty("P1", version=2, withdrawn=True)
        fold_all()
        assert EnterpriseTotal.objects.get(span="y").reported == 1
        assert not PendingDocument.objects.exists()
        assert kept() == recomputed()
