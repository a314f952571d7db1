"""Facts that are older than the column that says which transaction wrote them keep all they say, and their guards."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor

from audit.append_only import missing_triggers
from audit.models import VisitFact
from audit.services.visit_fact import restate
from tests.town import build

BEFORE = ("audit", "0011_first_views")
INDEX = "visit_fact_changes"


def _go(*targets: tuple[str, str]) -> Any:
    executor = MigrationExecutor(connection)
    return executor.migrate(list(targets) or executor.loader.graph.leaf_nodes()).apps


def _indexes() -> set[str]:
    with connection.cursor() as cursor:
        return set(connection.introspection.get_constraints(cursor, VisitFact._meta.db_table))


def _rows(model: Any) -> list[dict[str, Any]]:
    return [{name: row[name] for name in row if name != "transaction"} for row in model.objects.order_by("pk").values()]


@pytest.fixture
def number(transactional_db: None) -> Iterator[str]:
    """A visit in two versions. Whatever happens, the next test finds the house as it is today."""
    town = build()
    told: str = town.zhang_wei.scan().json()["visit"]["number"]
    town.li_na.scan()
    try:
        yield told
    finally:
        _go()


def test_the_column_and_its_index_come_and_go_and_the_facts_stay(number: str) -> None:
    before = _rows(VisitFact)
    earlier = _go(BEFORE).get_model("audit", "VisitFact")
    assert (_rows(earlier), INDEX in _indexes()) == (before, False)
    # later tables are not there yet, and neither are their guards
    assert [name for name in missing_triggers(connection) if "visitfact" in name] == ["audit_visitfact_seal"]
    now = _go().get_model("audit", "VisitFact")
    assert (_rows(now), INDEX in _indexes()) == (before, True)
    assert missing_triggers(connection) == []


def test_facts_of_before_count_as_written_when_the_column_came(number: str) -> None:
    _go(BEFORE)
    with connection.cursor() as cursor:
        _go()
        old = set(VisitFact.objects.values_list("transaction", flat=True))
        with transaction.atomic():
            with transaction.atomic():
                row = restate(number, changes={"source_no": "12345-1"}, at=datetime.now(UTC))
            if connection.vendor != "postgresql":
                assert (old, row.transaction) == ({0}, 0)
                return
            cursor.execute("SELECT pg_current_xact_id()::text::bigint")
            [(mine,)] = cursor.fetchall()
    assert (len(old), row.transaction) == (1, mine)
    assert 0 < old.pop() < mine
