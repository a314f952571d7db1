"""A register that is older than the search by name is found when the house has moved on, and after a step back too."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from audit import append_only
from tests.town import Phone, build

BEFORE = ("enterprises", "0003_subjects")
# One more than the step fills at once.
MANY = 2_001
STALL = "S" + "0" * 17


def _go(*targets: tuple[str, str]) -> Any:
    """Migrate this worker's database to the targets; the models as they were then."""
    executor = MigrationExecutor(connection)
    return executor.migrate(list(targets) or executor.loader.graph.leaf_nodes()).apps


def _tables() -> set[str]:
    return set(connection.introspection.table_names()) & {"enterprises_namekey", "enterprises_spot"}


@pytest.fixture
def earlier(transactional_db: None) -> Iterator[Any]:
    """The models before there was an index. Whatever happens, the next test finds the house as it is today."""
    apps = _go(BEFORE)
    try:
        yield apps
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


def test_enterprises_registered_before_the_index_are_found_by_name_and_the_step_can_be_taken_back(
    earlier: Any,
) -> None:
    assert _tables() == set()
    _register(earlier)
    _go()
    phone = build().zhang_wei
    _ask(phone)
    names = set(earlier.get_model("enterprises", "Enterprise").objects.values_list("name", flat=True))
    again = _go(BEFORE)
    assert _tables() == set()
    assert set(again.get_model("enterprises", "Enterprise").objects.values_list("name", flat=True)) == names
    _go()
    _ask(phone)


def test_on_sqlite_the_keys_table_is_its_own_index(earlier: Any) -> None:
    _go()
    assert _tables() == {"enterprises_namekey", "enterprises_spot"}
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("SELECT sql FROM sqlite_master WHERE name = 'enterprises_namekey'")
            assert cursor.fetchone()[0].endswith("WITHOUT ROWID")
