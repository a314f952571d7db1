"""What a scan costs in SQL statements, authentication, BEGIN and COMMIT included: pinned (docs/reference/cost.md)."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.models import VisitFact
from checkins.models import PlaceGrade
from project.reference import cost
from tests.audit.tampering import past_the_guards
from tests.town import BEARINGS, CABLES, CASHMERE, GLASS, NOBODY_KNOWS, Phone, Town, build, scan_body

pytestmark = pytest.mark.django_db(transaction=True)


def _statements(phone: Phone, body: dict[str, Any], status: int) -> list[str]:
    assert connection.features.supports_json_field  # SQLite asks itself once in a process
    with CaptureQueriesContext(connection) as captured:
        response = phone.post("/scans", body)
    assert response.status_code == status, response.content.decode()
    return [_verb(query["sql"]) for query in captured.captured_queries]


def _verb(sql: str) -> str:
    """`INSERT checkins_scan`, `SELECT officers_device`, `BEGIN`: enough to say what a statement is for."""
    outer = sql.strip().lstrip("( ")
    while (inner := re.sub(r"\([^()]*\)", "", outer)) != outer:  # a subquery's FROM is not the statement's
        outer = inner
    found = re.match(r"INSERT|UPDATE|SELECT|BEGIN|COMMIT|SAVEPOINT|RELEASE", outer)
    table = re.search(r'(?:INTO|UPDATE|FROM)\s+"?(\w+)"?', outer)
    return " ".join(filter(None, (found and found[0], table and table[1])))


@pytest.fixture
def town_on_disk() -> Town:
    return build()


def _typed(name: str, value: str) -> str:
    kinds = {"officers": "jsonb", "started_at": "timestamptz", "known_from": "timestamptz"}
    return f"CAST({value} AS {kinds[name]})" if connection.vendor == "postgresql" and name in kinds else value


@pytest.fixture(params=[10, 100_000], ids=["after-10-visits", "after-100000-visits"])
def busy_town(request: pytest.FixtureRequest, town_on_disk: Town) -> Town:
    """The same town, with that many earlier visits of other agencies all over it, ten of them at the bearings works."""
    columns = {
        "visit": "'RQ-' || n",
        "version": "1",
        "known_from": "%(start)s",
        "state": "'open'",
        "origin": "'imported'",
        "credit_code": "CASE WHEN n %% %(every)s = 0 THEN %(bearings)s ELSE 'C' || n END",
        "enterprise_name": "'某企业'",
        "region_code": "'130502'",
        "industry": "'C34'",
        "risk_grade": "'B'",
        "agency_code": "'A' || n %% 20",
        "agency_path": "'/A/'",
        "agency_name": "'某单位'",
        "supervised_by": "'130502-SFJ'",
        "purpose": "'inspection'",
        "category": "'routine'",
        "reason": "''",
        "source_no": "''",
        "superior_ordered": "%(no)s",
        "joint_id": "''",
        "started_at": "%(start)s",
        "officers": "'[]'",
    }
    start = connection.ops.adapt_datetimefield_value(datetime.now(UTC) - timedelta(days=30))
    # No trigger queues them: behind a long run of other tests that took PostgreSQL a minute.
    with past_the_guards() as cursor:
        cursor.execute(
            "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < %(many)s) "
            f"INSERT INTO audit_visitfact ({', '.join(columns)}) SELECT "
            + ", ".join(_typed(name, value) for name, value in columns.items())
            + " FROM numbers",
            {"start": start, "every": request.param // 10, "bearings": BEARINGS, "many": request.param, "no": False},
        )
    assert VisitFact.objects.filter(credit_code=BEARINGS).count() == 10
    return town_on_disk


def test_a_scan_that_opens_a_visit_costs_twelve_statements(busy_town: Town) -> None:
    assert _statements(busy_town.zhang_wei, scan_body(), 201) == cost.OPENS
    assert len(cost.OPENS) == 12


def test_a_scan_that_joins_a_visit_costs_ten(busy_town: Town) -> None:
    busy_town.zhang_wei.scan()
    assert _statements(busy_town.li_na, scan_body(), 201) == cost.JOINS
    assert len(cost.JOINS) == 10


def test_doubts_about_the_place_cost_one_more_however_many_scans_they_concern(town_on_disk: Town) -> None:
    body = scan_body()
    mock = {**body["location"], "mock": True}
    assert _statements(town_on_disk.zhang_wei, scan_body(location=mock), 201) == cost.SUSPECTED
    for enterprise in (CASHMERE, GLASS):
        assert _statements(town_on_disk.li_na, scan_body(enterprise, location=body["location"]), 201) == cost.OPENS
    town_on_disk.li_na.scan(CABLES, location=body["location"])
    taken_along = scan_body(NOBODY_KNOWS, location=body["location"])
    assert _statements(town_on_disk.li_na, taken_along, 201) == cost.SUSPECTED
    assert PlaceGrade.objects.filter(codes=["frozen_fix"]).count() == 4


def test_a_replay_costs_three(busy_town: Town) -> None:
    body = scan_body()
    busy_town.zhang_wei.post("/scans", body)
    assert _statements(busy_town.zhang_wei, body, 200) == cost.REPLAYS
    assert len(cost.REPLAYS) == 3


def test_a_raised_flag_costs_three_more_and_a_growing_one_one_more(town_on_disk: Town) -> None:
    now = datetime.now(UTC)
    days = [timedelta(hours=hours) for hours in (40, 30, 20, 10)]
    costs = [_statements(town_on_disk.zhang_wei, scan_body(scanned_at=(now - ago).isoformat()), 201) for ago in days]
    assert costs == [cost.OPENS, cost.OPENS, cost.RAISES, cost.GROWS]
    assert [len(one) - len(cost.OPENS) for one in costs] == [0, 0, 3, 1]


def test_a_precheck_costs_two_at_a_busy_door_too(busy_town: Town) -> None:
    phone = busy_town.zhang_wei
    phone.scan()
    with CaptureQueriesContext(connection) as captured:
        response = phone.client.get(
            f"/api/v1/enterprises/{BEARINGS}/precheck", headers={"authorization": f"Bearer {phone.token}"}
        )
    assert response.status_code == 200, response.content.decode()
    assert len(response.json()["last_visits"]) == 10
    assert [_verb(query["sql"]) for query in captured.captured_queries] == cost.PRECHECKS
    assert len(cost.PRECHECKS) == 2
