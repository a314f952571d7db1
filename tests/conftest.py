"""What every test stands on."""

import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import hypothesis
import pytest
from _pytest.nodeid import coerce_node_id
from django.contrib import admin
from django.db import connection
from django.db.backends.base.operations import BaseDatabaseOperations
from django.utils import translation
from time_machine import TimeMachineFixture
from whitenoise.middleware import WhiteNoiseMiddleware

from audit import append_only
from audit.facts import SHANGHAI
from tests.town import Town, build

# Programs that tests start keep what Python has compiled of them: half a second of CPU each.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# The desks, as whatever serves pages lays them out: a test may ask for them before it has opened an address.
admin.autodiscover()

# How long an example takes is the machine's affair: no test may fail because two others run beside it.
# What is pure gets its hundred examples in the SQLite half of CI, and thirty more in the other.
hypothesis.settings.register_profile(
    "house",
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
    max_examples=30 if connection.vendor == "postgresql" else 100,
)
hypothesis.settings.load_profile("house")


@pytest.fixture(autouse=True, scope="session")
def _flush_past_the_guards() -> Iterator[None]:
    """Between transactional tests Django empties all tables; only here may the append-only guards step aside.

    Only tables that hold rows are emptied, by DELETE: truncating every table of the house costs PostgreSQL
    one to two seconds a test, deleting the few rows that a test leaves some milliseconds. What Django itself
    derives from the models, content types and permissions, stays, so that it need not be written again.
    """
    patch = pytest.MonkeyPatch()
    patch.setattr("django.core.management.commands.flush.emit_post_migrate_signal", lambda *_args, **_words: None)
    patch.setattr(DatabaseOperations, "sql_flush", _deletes)
    patch.setattr(DatabaseOperations, "execute_sql_flush", _flush)
    yield
    patch.undo()
    assert append_only.tables()


DatabaseOperations = type(connection.ops)
DERIVED = {"django_content_type", "auth_permission"}


def _deletes(self: Any, style: object, tables: Iterable[str], **_words: object) -> list[str]:
    names = [self.quote_name(table) for table in tables if table not in DERIVED]
    found = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {name})" for name in names)
    with self.connection.cursor() as cursor:
        cursor.execute(found)
        return [f"DELETE FROM {name}" for (name,) in cursor.fetchall()]


def _flush(self: Any, sql_list: list[str]) -> None:
    if not sql_list:
        return
    original = BaseDatabaseOperations.execute_sql_flush
    with self.connection.cursor() as cursor:
        if self.connection.vendor == "postgresql":
            cursor.execute("SET session_replication_role = replica")
            original(self, sql_list)
            cursor.execute("SET session_replication_role = origin")
            return
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        triggers = cursor.fetchall()
        for name, _sql in triggers:
            cursor.execute(f"DROP TRIGGER {name}")
        original(self, sql_list)
        for _name, sql in triggers:
            cursor.execute(sql)


@pytest.fixture(autouse=True, scope="session")
def _static_files_are_listed_once() -> Iterator[None]:
    """Every test client brings middleware of its own, and WhiteNoise's takes 27 ms of CPU to list the same files."""
    listed: dict[str, Any] = {}
    original = WhiteNoiseMiddleware.add_files_from_finders

    def add(self: WhiteNoiseMiddleware) -> None:
        if not listed:
            original(self)
            listed.update(self.files)
        self.files.update(listed)

    patch = pytest.MonkeyPatch()
    patch.setattr(WhiteNoiseMiddleware, "add_files_from_finders", add)
    yield
    patch.undo()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Concurrency is proved on PostgreSQL, what asks no database beside SQLite: .ci/run runs both halves.

    Groups of whole programs come first: one that began last would keep one process busy while the others have
    nothing left. Those that empty all tables stay last (pytest-django's order).
    """
    items.sort(key=lambda item: not item.get_closest_marker("xdist_group") or _empties_tables(item))
    for item in items:
        _stay_together(item)
    if connection.vendor == "postgresql":
        name, reason = "embedded", "asks no database or its own SQLite: make test without DATABASE_URL (.ci/run does)"
    else:
        name, reason = "postgres", "needs PostgreSQL: make test DATABASE_URL=postgres://… (.ci/run does)"
    for item in items:
        if name in item.keywords:
            item.add_marker(pytest.mark.skip(reason=reason))


def _stay_together(item: pytest.Item) -> None:
    """Give the id of a group's test the ending by which `--dist loadgroup` knows the group.

    pytest-xdist 3.8 writes it where pytest 9.2 no longer looks, so that each process would start the programs of each
    group anew: the demo's city, say, two or three times.
    """
    group = item.get_closest_marker("xdist_group")
    if group is None or not item.config.getoption("loadgroup", default=False):
        return
    ending = f"@{group.args[0]}"
    if not item.nodeid.endswith(ending):
        item._id = coerce_node_id(item.nodeid + ending)
    assert item.nodeid.endswith(ending), "groups are scattered over processes"


def _empties_tables(item: pytest.Item) -> bool:
    marker = item.get_closest_marker("django_db")
    return "transactional_db" in item.fixturenames or bool(marker and marker.kwargs.get("transaction"))  # type: ignore[attr-defined]


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Chinese first: an English request of an earlier test leaves its thread speaking English."""
    translation.activate("zh-hans")


@pytest.fixture
def town(db: None) -> Town:
    """The small town of tests/town.py, in a test's transaction."""
    return build()


@pytest.fixture
def time_machine_at_noon(time_machine: TimeMachineFixture) -> datetime:
    """Wednesday 1 July 2026, noon in Shanghai: far from both ends of the year."""
    noon = datetime(2026, 7, 1, 12, tzinfo=SHANGHAI)
    time_machine.move_to(noon)
    return noon
