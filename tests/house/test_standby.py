"""Promise 2 where it hurts: a standby that never confirms, a server that is gone, a pool that is empty.

Production's own process on a PostgreSQL of the test's own, because these tests change how the whole server behaves.
Without the guard in project/postgresql the cancelled ones were seen to fail: 201 for a scan that no standby had.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any, cast

import httpx
import psycopg
import pytest
from psycopg.errors import Diagnostic

from project.postgresql.base import Doubt
from tests.serving import Postgres, found_town, own_postgres, serving
from tests.town import BEARINGS, CASHMERE, scan_body

pytestmark = [pytest.mark.postgres, pytest.mark.xdist_group("own-postgres")]

ZHANG_WEI = {"authorization": "Bearer token-of-13050200101"}
BUSY = "/problems/busy"
WAITING = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'"


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with own_postgres() as server:
        found_town(server.url)
        yield server


@pytest.fixture(scope="module")
def superuser(postgres: Postgres) -> Iterator["psycopg.Connection[Any]"]:
    with postgres.superuser() as connection:
        connection.execute("SET synchronous_commit = local")  # our own statements wait for nobody
        yield connection


@pytest.fixture(scope="module")
def house(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    log = tmp_path_factory.mktemp("house") / "log"
    with serving(postgres.url, log=log, DATABASE_POOL="1") as client:
        yield client


@pytest.fixture
def nobody_confirms(superuser: "psycopg.Connection[Any]") -> Iterator[Callable[[], None]]:
    """A standby is demanded that does not exist; call it to have one again (none needed)."""

    def demand(names: str) -> None:
        superuser.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{names}'")
        superuser.execute("SELECT pg_reload_conf()")
        _until(lambda: superuser.execute("SHOW synchronous_standby_names").fetchone() == (names,))
        time.sleep(0.2)  # every other process of the server has got the signal too

    demand("nobody")
    yield lambda: demand("")
    demand("")


def _until(is_so: Callable[[], bool], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.02)


def _scan(house: httpx.Client, body: dict[str, Any]) -> httpx.Response:
    return house.post("/scans", json=body, headers=ZHANG_WEI)


def _while_waiting(
    superuser: "psycopg.Connection[Any]", deed: Callable[[], httpx.Response], verb: str
) -> httpx.Response:
    """Its answer when `verb` (cancel or terminate) hits the commit in its wait for the standby."""
    with ThreadPoolExecutor(1) as pool:
        answer: Future[httpx.Response] = pool.submit(deed)
        _until(lambda: superuser.execute(WAITING).fetchone() is not None)
        superuser.execute(f"SELECT pg_{verb}_backend(pid) FROM ({WAITING}) AS waiting")
        return answer.result(30)


def _is_busy(response: httpx.Response) -> None:
    assert response.status_code == 503, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["retry-after"] == "1"
    assert response.json() == {
        "type": BUSY,
        "title": "系统繁忙，请稍后重试",
        "status": 503,
        "detail": "系统繁忙，请稍后重试",
    }


@pytest.mark.parametrize("verb", ["cancel", "terminate"])
def test_a_scan_whose_commit_no_standby_confirmed_is_not_acknowledged_and_its_retry_is(
    house: httpx.Client, superuser: "psycopg.Connection[Any]", nobody_confirms: Callable[[], None], verb: str
) -> None:
    body = scan_body(BEARINGS)
    _is_busy(_while_waiting(superuser, lambda: _scan(house, body), verb))
    nobody_confirms()
    again = _scan(house, body)
    assert (again.status_code, again.headers["idempotency-replayed"]) == (200, "true"), again.text
    facts = superuser.execute("SELECT facts FROM checkins_resolution WHERE scan_id = %s", [body["scan_id"]]).fetchone()
    assert facts is not None
    assert again.json()["visit"]["number"] == facts[0]["visit"]["number"]
    assert again.json()["licence"] == facts[0]["licence"]


def test_a_replay_waits_for_the_standby_too(
    house: httpx.Client, superuser: "psycopg.Connection[Any]", nobody_confirms: Callable[[], None]
) -> None:
    body = scan_body(BEARINGS)
    _is_busy(_while_waiting(superuser, lambda: _scan(house, body), "cancel"))
    _is_busy(_while_waiting(superuser, lambda: _scan(house, body), "cancel"))
    nobody_confirms()
    assert _scan(house, body).status_code == 200


def test_the_warning_is_known_in_a_server_that_speaks_another_language() -> None:
    """No locale but C need be installed where the tests run, so the notice is spelled out here."""
    doubt = Doubt()
    german = "storniere Warten auf synchrone Replikation wegen Benutzeraufforderung"
    doubt.hear(cast(Diagnostic, SimpleNamespace(source_function="SyncRepWaitForLSN", message_primary=german)))
    assert doubt.raised


def test_with_the_pool_empty_the_phone_is_asked_to_come_again(
    house: httpx.Client, superuser: "psycopg.Connection[Any]"
) -> None:
    body = scan_body(CASHMERE)
    with ThreadPoolExecutor(1) as pool:
        with superuser.transaction():
            superuser.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [CASHMERE])
            first = pool.submit(_scan, house, body)  # holds the pool's only connection, waiting for its lane
            _until(
                lambda: (
                    superuser.execute("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted").fetchone()
                    is not None
                )
            )
            _is_busy(_scan(house, scan_body(BEARINGS)))
        assert first.result(30).status_code == 201


def test_with_the_database_down_the_phone_is_asked_to_come_again_and_later_it_is_served(
    house: httpx.Client, postgres: Postgres
) -> None:
    body = scan_body(BEARINGS)
    postgres.stop()
    try:
        _is_busy(_scan(house, body))
    finally:
        postgres.start()
    _until(lambda: _scan(house, body).status_code == 201)
    assert _scan(house, body).status_code == 200
