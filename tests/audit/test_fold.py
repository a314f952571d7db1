"""What is folded is what a fresh count of the facts says: in any batches, corrected, joint, taken back."""

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from importlib import import_module
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.extra.django import TestCase

from audit.board import ask
from audit.figures import Group, Question
from audit.lane import hold
from audit.models import CountyTotal, EnterpriseTotal, PendingDocument, PendingFact, VisitFact, VisitNow
from audit.services.counties import mend_counties
from audit.services.fold import fold
from audit.services.refold import refold
from audit.services.visit_fact import restate
from tests.audit.counted import BEARINGS, CITY, FIRE, KNOWN, MARKET, change, kept, penalty, recomputed, tell
from tests.audit.stories import ENDS, play, stories
from tests.parallel import at_once


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

    def test_the_migration_that_brought_the_counties_sums_fills_them_as_a_folder_would(self) -> None:
        for hour, agency in enumerate((MARKET, FIRE, CITY)):
            tell(f"V{hour}", agency_code=agency, started_at=datetime(2025, 12, 31, 14 + hour, tzinfo=UTC))
        fold_all()
        CountyTotal.objects.all().delete()
        import_module("audit.migrations.0030_county_totals").fill(connection.schema_editor())
        assert CountyTotal.objects.filter(span="y").count() >= 2
        assert kept() == recomputed()

    def test_a_worker_makes_the_counties_sums_anew_once_they_disagree_with_the_others(self) -> None:
        """As after a worker of the version before, which folded past them."""
        for hour, agency in enumerate((MARKET, FIRE, CITY)):
            tell(f"V{hour}", agency_code=agency, started_at=datetime(2025, 12, 31, 14 + hour, tzinfo=UTC))
        fold_all()
        assert not mend_counties()
        CountyTotal.objects.filter(start__year=2026).delete()
        assert kept() != recomputed()
        assert mend_counties()
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


class TestAskedWhileAllIsMadeAnew:
    """Real threads on PostgreSQL, where TRUNCATE empties a table even for those who saw it full."""

    pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

    def test_who_asks_meanwhile_waits_and_hears_the_figures(self) -> None:
        for number in range(5):
            tell(f"V{number}")
        fold_all()
        question = Question(group=Group.ALL, first=date(2026, 1, 1), last=date(2026, 12, 31))
        assert _visits_told(question) == [5]
        with ThreadPoolExecutor(max_workers=1) as other:
            with transaction.atomic():
                refold()  # joins this transaction, which keeps what it emptied and filled until it ends
                answer = other.submit(_visits_told, question)
                with pytest.raises(TimeoutError):
                    answer.result(timeout=1)
            assert answer.result(timeout=10) == [5]


def _visits_told(question: Question) -> list[int]:
    try:
        return [line.measures["visits"] for line in ask(question).lines]
    finally:
        if threading.current_thread() is not threading.main_thread():
            connection.close()


class TestFoldersAtOnce:
    """Real threads on PostgreSQL. Seen failing without `hold(LANE)`: docs/adr/0003."""

    pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

    def test_many_folders_at_once_count_nothing_twice_and_leave_nothing(self) -> None:
        for number in range(60):
            joint = f"J{number // 3}" if number % 2 else ""
            agency = (MARKET, FIRE, CITY)[number % 3]
            tell(f"V{number}", agency_code=agency, joint_id=joint, started_at=ENDS[number % 4])
            change(f"V{number}", state="voided" if number % 5 == 0 else "open")
        at_once([partial(fold, limit=limit) for limit in (7, 11, 13, 17, 19, 23, 29, 31)] * 2, threads=8)
        fold_all()
        assert kept() == recomputed()

    def test_a_visit_that_changes_while_it_is_folded_ends_as_it_last_was(self) -> None:
        tell("V1")
        deeds: list[Callable[[], Any]] = [partial(fold, limit=2) for _ in range(12)]
        for number in range(12):
            deeds.insert(number * 2, partial(_told_once, number))
        at_once(deeds, threads=6)
        fold_all()
        assert kept() == recomputed()


def _told_once(number: int) -> None:
    with transaction.atomic():
        hold(BEARINGS)  # as every deed about an enterprise does
        restate("V1", changes={"category": ("routine", "case", "special")[number % 3]}, at=KNOWN)


@pytest.mark.django_db
def test_the_commands_fold_what_waits_and_make_everything_anew() -> None:
    tell("V1")
    said = StringIO()
    call_command("fold", stdout=said)
    assert "1 条新事实" in said.getvalue()
    EnterpriseTotal.objects.all().delete()
    call_command("fold", anew=True, stdout=said)
    assert "1 次入企" in said.getvalue()
    assert kept() == recomputed()


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_goes_its_rounds_folds(settings: Any) -> None:
    settings.AUDIT_POLICY = replace(settings.AUDIT_POLICY, platforms=())
    tell("V1")
    said = StringIO()
    call_command("work", once=True, stdout=said)
    events = [json.loads(line) for line in said.getvalue().splitlines()]
    assert [event["versions"] for event in events if event["event"] == "folded"] == [1]
    assert kept() == recomputed()
