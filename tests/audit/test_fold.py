"""What is folded is what a fresh count of the facts says: in any batches, corrected, joint, taken back."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.extra.django import TestCase

from audit.models import EnterpriseTotal, PendingDocument, PendingFact, VisitFact, VisitNow
from audit.services.fold import fold
from audit.services.refold import refold
from tests.audit.counted import CITY, FIRE, MARKET, change, kept, penalty, recomputed, tell
from tests.audit.stories import play, stories


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
    @given(story=stories)
    def test_folded_in_any_batches_or_made_anew_the_sums_are_those_of_a_fresh_count(self, story: list[Any]) -> None:
        visits = play(story)
        truth = recomputed()
        fold_all()
        assert kept() == truth
        assert not PendingFact.objects.exists()
        refold()
        assert kept() == truth
        assert VisitNow.objects.count() == visits


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
