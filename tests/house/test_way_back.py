"""A house that is older than the search by name and than the facts' transactions loses nothing on its way to today's.

One way back and forth shows what holds of both steps: it costs several seconds.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor

from audit import append_only
from audit.models import VisitFact
from audit.services.visit_fact import restate
from enterprises.models import Enterprise
from tests.town import Phone, Town, build

BEFORE_THE_INDEX_OF_NAMES = ("enterprises", "0003_subjects")
BEFORE_THE_TRANSACTIONS = ("audit", "0011_first_views")
CHANGES = "visit_fact_changes"
# One more than the step fills at once.
MANY = 2_001
STALL = "S" + "0" * 17


def _go(*targets: tuple[str, str]) -> Any:
    """Migrate this worker's database to the targets; the models as they were then."""
    executor = MigrationExecutor(connection)
    return executor.migrate(list(targets) or executor.loader.graph.leaf_nodes()).apps


def _tables() -> set[str]:
    return set(connection.introspection.table_names()) & {"enterprises_namekey", "enterprises_spot"}


def _has_the_index_of_changes() -> bool:
    with connection.cursor() as cursor:
        return CHANGES in connection.introspection.get_constraints(cursor, VisitFact._meta.db_table)


def _facts(model: Any) -> list[dict[str, Any]]:
    return [{name: row[name] for name in row if name != "transaction"} for row in model.objects.order_by("pk").values()]


def _enterprises(model: Any) -> set[tuple[str, str]]:
    return set(model.objects.values_list("credit_code", "name"))


@pytest.fixture
def town(transactional_db: None) -> Iterator[Town]:
    """Whatever happens, the next test finds the house as it is today."""
    try:
        yield build()
    finally:
        _go()
        assert append_only.missing_triggers(connection) == []


def _register(apps: Any) -> None:
    """Rows as the registry wrote them then: many with a number, one renamed, one in another datum, a stall."""
    enterprise, premises = apps.get_model("enterprises", "Enterprise"), apps.get_model("enterprises", "Premises")
    rows = [
        enterprise(credit_code=f"OLD{number:015d}", name=f"宁晋县顺达{number}号商贸店", region_code="130528")
        for number in range(MANY)
    ]
    rows[0].name, rows[0].former_names = "邢台光辉灯具厂", ["邢台红旗水泥厂"]
    rows[-1].name = "内丘县富岗苹果专业合作社"
    rows += [enterprise(credit_code=STALL, kind="subject", name="东门早市豆腐摊", region_code="130502")]
    enterprise.objects.bulk_create(rows)
    first, last = (enterprise.objects.get(credit_code=row.credit_code) for row in (rows[0], rows[-2]))
    premises.objects.bulk_create(
        [
            premises(enterprise=first, address="泉北东大街8号", longitude=114.5062, latitude=37.07, datum="GCJ02"),
            premises(enterprise=last, address="岗底村"),
        ]
    )


def _found(phone: Phone, q: str, **words: Any) -> list[tuple[str, int | None]]:
    response = phone.client.get(
        "/api/v1/enterprises", {"q": q, **words}, headers={"authorization": f"Bearer {phone.token}"}
    )
    assert response.status_code == 200, response.content.decode()
    return [(one["name"], one["distance_m"]) for one in response.json()["results"]]


def _ask(phone: Phone) -> None:
    """Whoever was registered is found: the first and the last of the step's portions, by every kind of key."""
    at_the_door = {"near": "114.5062,37.07,GCJ02"}
    assert _found(phone, "光辉灯具", **at_the_door) == [("邢台光辉灯具厂", 0)]
    assert _found(phone, "红旗水泥") == [("邢台光辉灯具厂", None)]
    assert _found(phone, "富岗", **at_the_door) == [("内丘县富岗苹果专业合作社", None)]
    assert _found(phone, "fgpg") == [("内丘县富岗苹果专业合作社", None)]
    assert _found(phone, "豆腐摊") == [("东门早市豆腐摊", None)]
    assert _found(phone, f"顺达{MANY - 2}号")[:1] == [(f"宁晋县顺达{MANY - 2}号商贸店", None)]
    assert _found(phone, "暖阳羊绒") == [("清河县暖阳羊绒有限公司", None)], "had its keys before the step back"


def test_steps_can_be_taken_back_and_facts_and_enterprises_of_before_are_there_and_found_after_them(
    town: Town,
) -> None:
    number: str = town.zhang_wei.scan().json()["visit"]["number"]
    town.li_na.scan()
    facts, enterprises = _facts(VisitFact), _enterprises(Enterprise)
    assert len(facts) == 2

    earlier = _go(BEFORE_THE_INDEX_OF_NAMES, BEFORE_THE_TRANSACTIONS)
    assert _tables() == set()
    assert _enterprises(earlier.get_model("enterprises", "Enterprise")) == enterprises
    assert (_facts(earlier.get_model("audit", "VisitFact")), _has_the_index_of_changes()) == (facts, False)
    # later tables are not there yet, and neither are their guards
    missing = append_only.missing_triggers(connection)
    assert [name for name in missing if "visitfact" in name] == ["audit_visitfact_seal"]
    _register(earlier)

    now = _go()
    assert (_facts(now.get_model("audit", "VisitFact")), _has_the_index_of_changes()) == (facts, True)
    assert append_only.missing_triggers(connection) == []
    assert _tables() == {"enterprises_namekey", "enterprises_spot"}
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("SELECT sql FROM sqlite_master WHERE name = 'enterprises_namekey'")
            assert cursor.fetchone()[0].endswith("WITHOUT ROWID"), "the keys' table is its own index"
    _ask(town.zhang_wei)
    _facts_of_before_count_as_written_when_the_column_came(number)


def _facts_of_before_count_as_written_when_the_column_came(number: str) -> None:
    old = set(VisitFact.objects.values_list("transaction", flat=True))
    with connection.cursor() as cursor, transaction.atomic():
        with transaction.atomic():
            row = restate(number, changes={"source_no": "12345-1"}, at=datetime.now(UTC))
        if connection.vendor != "postgresql":
            assert (old, row.transaction) == ({0}, 0)
            return
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        [(mine,)] = cursor.fetchall()
    assert (len(old), row.transaction) == (1, mine)
    assert 0 < old.pop() < mine
