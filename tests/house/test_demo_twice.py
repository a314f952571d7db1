"""The invented city, loaded more than once, half, or beside somebody else's data."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import transaction

from audit.models import Entry, FlagState, VisitFact
from checkins.models import Scan
from enterprises.models import Enterprise, Premises
from officers.models import Agency, Officer
from project.demo import ground
from project.demo.world import World, world
from tests.house.demo_city import carry

TODAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def city() -> World:
    return world(today=TODAY, enterprises=60)


def snapshot() -> list[Any]:
    """Everything that is told of the city, without keys, tokens and passwords."""
    facts = VisitFact.objects.order_by("visit", "version").values_list("visit", "version", "joint_id", "known_from")
    scans = Scan.objects.order_by("scan_id").values_list("scan_id", "received_at", "longitude", "latitude")
    flags = FlagState.objects.order_by("at", "id").values_list("at", "state", "evidence")
    photos = Officer.objects.order_by("certificate_no").values_list("certificate_no", "photo_sha256")
    places = Premises.objects.order_by("enterprise__credit_code", "address")
    return [list(rows) for rows in (facts, scans, flags, photos, places.values_list("address", "longitude"))]


def test_the_same_day_gives_the_same_database(db: None, city: World) -> None:
    once = []
    for _turn in range(2):
        point = transaction.savepoint()
        carry(city, today=TODAY, at=NOW)
        once.append(snapshot())
        transaction.savepoint_rollback(point)
    assert once[0] == once[1]


def test_a_load_that_fails_leaves_nothing(db: None, city: World) -> None:
    def stumble(_sentence: str, _share: float) -> None:
        if Scan.objects.exists():
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        carry(city, today=TODAY, at=NOW, tell=stumble)
    assert not Agency.objects.exists()
    assert not Entry.objects.exists()


def test_a_database_with_other_peoples_data_is_foreign(db: None) -> None:
    assert not ground.foreign()
    Enterprise.objects.bulk_create(
        [Enterprise(credit_code="91110108551385082Q", name="邢台轴承", region_code="130502")]
    )
    assert ground.foreign()
