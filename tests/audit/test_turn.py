"""A worker that writes on and on leaves SQLite's one writer to the scans for half of the time."""

import time

import pytest
from django.db import connection, transaction

from audit.management.turn import turn


@pytest.fixture
def rests(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    told: list[float] = []
    monkeypatch.setattr(time, "sleep", told.append)
    ticking = iter(range(1_000))
    monkeypatch.setattr(time, "monotonic", lambda: next(ticking) * 0.25)
    return told


def test_a_turn_is_followed_by_as_long_a_rest_where_there_is_one_writer(rests: list[float]) -> None:
    with turn():
        pass
    assert rests == ([0.25] if connection.vendor == "sqlite" else [])


@pytest.mark.django_db
def test_inside_somebody_elses_transaction_a_rest_would_help_nobody(rests: list[float]) -> None:
    with transaction.atomic(), turn():
        pass
    assert rests == []
