"""The database keeps its promises whoever asks."""

import importlib
from datetime import timedelta

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.db.utils import DatabaseError
from django.utils import timezone

from audit.append_only import missing_triggers, tables
from audit.models import Entry, PendingEntry
from audit.services.redact import WIPED

pytestmark = pytest.mark.django_db


def test_every_append_only_table_has_its_triggers() -> None:
    assert missing_triggers(connection) == []
    assert {"audit_entry", "audit_visitfact", "checkins_scan", "checkins_resolution"} <= set(tables())


def test_a_dropped_trigger_is_noticed() -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ALTER TABLE audit_entry DISABLE TRIGGER audit_entry_append_only")
        else:
            cursor.execute("DROP TRIGGER audit_entry_no_update")
    assert len(missing_triggers(connection)) == 1


def test_a_queue_that_nothing_feeds_any_more_is_noticed() -> None:
    with connection.cursor() as cursor:
        on = " ON audit_visitfact" if connection.vendor == "postgresql" else ""
        cursor.execute(f"DROP TRIGGER audit_visitfact_pending{on}")
    assert missing_triggers(connection) == ["audit_visitfact_pending"]


def _entry() -> Entry:
    return Entry.objects.create(
        kind="scan", subject="s", format=1, at=timezone.now(), body=b"b", salt=b"s" * 16, leaf=b"l" * 32
    )


def test_an_entry_queues_itself_and_refuses_change_and_deletion() -> None:
    entry = _entry()
    assert PendingEntry.objects.filter(entry=entry).exists()
    table = Entry._meta.db_table
    for sql in (
        f"UPDATE {table} SET kind = 'x'",
        f"UPDATE {table} SET body = NULL, salt = NULL",
        f"DELETE FROM {table}",
    ):
        with (
            pytest.raises(DatabaseError, match="refused"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(sql)


def _order(entry: Entry, *, days: int) -> None:
    at = entry.at + timedelta(days=days)
    subject = f"entry:{entry.pk}"
    Entry.objects.create(kind="redacted", subject=subject, format=1, at=at, body=b"", salt=b"", leaf=b"r" * 32)


@pytest.mark.parametrize("kind", ["rows-sealed", "log-opened", "rule-enacted", "redacted", "register_imported"])
def test_what_others_rest_upon_is_wiped_by_no_order(kind: str) -> None:
    entry = Entry.objects.create(kind=kind, subject="s", format=1, at=timezone.now(), body=b"b", salt=b"s", leaf=b"l")
    _order(entry, days=9_999)
    with pytest.raises(DatabaseError, match="refused"), transaction.atomic():
        Entry.objects.filter(pk=entry.pk).update(body=None, salt=None)


def test_the_database_lets_the_same_kinds_be_wiped_as_the_deed_wipes() -> None:
    migration = importlib.import_module("audit.migrations.0022_redactions")
    assert set(migration.WIPED) == WIPED


def test_a_body_may_be_wiped_once_beside_its_redacted_entry_and_only_wiped() -> None:
    entry = _entry()
    table = Entry._meta.db_table
    _order(entry, days=364)
    with pytest.raises(DatabaseError, match="refused"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET body = NULL, salt = NULL WHERE id = %s", [entry.pk])
    _order(entry, days=365)
    with pytest.raises(DatabaseError, match="refused"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET body = NULL, salt = NULL, kind = 'x' WHERE id = %s", [entry.pk])
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET body = NULL, salt = NULL WHERE id = %s", [entry.pk])
    entry.refresh_from_db()
    assert entry.body is None
    assert bytes(entry.leaf) == b"l" * 32
    with pytest.raises(DatabaseError, match="refused"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET body = NULL, salt = NULL WHERE id = %s", [entry.pk])


def test_models_that_promise_to_be_append_only_have_no_history_of_changes() -> None:
    for model in apps.get_models():
        # FrequencyRule: its one history row says who enacted the version, which then never changes.
        if getattr(model, "append_only", False) and model.__name__ != "FrequencyRule":
            assert not hasattr(model, "history"), model
