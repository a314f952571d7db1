"""What does a phone's whole queue cost: 200 scans in one request, beside the same 200 one by one?

    make bench NAME=batch POSTGRES=1
    make bench NAME=batch POSTGRES=1 ARGS='--facts 100000 --rounds 5'

The real API in this process (no HTTP server, no network), PostgreSQL on the same machine, synchronous_commit on. A
queue is 150 enterprises, 30 of them a second time ten hours later, and 20 scans that the server has already. Each way
of sending gets queues of its own, of other officers; statements are counted, BEGIN and COMMIT included, in queues that
are not timed. Ends with 1 where a batch takes more than 6 statements an item or more than 4 seconds.
"""

import argparse
import os
import platform
import statistics
import sys
import time
import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

ITEMS, ENTERPRISES_SEEN, TWICE, REPLAYS = 200, 150, 30, 20
MOST_STATEMENTS, MOST_SECONDS = 6.0, 4.0


def main() -> int:
    asked = _arguments()
    if not os.environ.get("DATABASE_URL", "").startswith("postgres"):
        raise SystemExit("a PostgreSQL of its own is needed: make bench NAME=batch POSTGRES=1")
    django.setup()
    from django.core.management import call_command

    from bench._district import found

    call_command("migrate", verbosity=0)
    found(facts=asked.facts)
    _say_where(asked)
    officers = iter(range(60))
    _send_batch(next(officers))  # classes, statements and connections are made once a process
    ways = {"one batch": _send_batch, "one by one": _send_singly}
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    for _round in range(asked.rounds):
        for way, send in ways.items():
            seconds[way].append(send(next(officers)))
    statements = {way: _counted(send, next(officers)) for way, send in ways.items()}
    for way in ways:
        taken = statistics.median(seconds[way])
        print(
            f"| {way} | {taken:.2f} | {min(seconds[way]):.2f} to {max(seconds[way]):.2f} |"
            f" {taken / ITEMS * 1000:.1f} | {statements[way]} | {statements[way] / ITEMS:.2f} |"
        )
    _check(asked)
    slow = max(seconds["one batch"]) > MOST_SECONDS or statements["one batch"] / ITEMS > MOST_STATEMENTS
    return 1 if slow else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="A queue of 200 scans, in one request and one by one.")
    parser.add_argument("--facts", type=int, default=20_000, help="earlier visits in the database")
    parser.add_argument("--rounds", type=int, default=3, help="queues that are timed, for each way of sending")
    return parser.parse_args()


def _queue(officer: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What the server has already, and the queue."""
    from bench._district import credit_code

    now = datetime.now(UTC)

    def scan(number: int, hours: float, counter: int) -> dict[str, Any]:
        enterprise = (officer * 31 + number) % 2_000
        return {
            "scan_id": str(uuid.uuid4()),
            "code": f"http://www.gsxt.gov.cn/index.html?uniscid={credit_code(enterprise)}",
            "scanned_at": (now - timedelta(hours=hours) + timedelta(seconds=counter)).isoformat(),
            "location": {"longitude": 114.5001, "latitude": 37.0701, "accuracy_m": 20, "datum": "WGS84"},
            "counter": counter,
            "late_reason": "网络故障",
        }

    first = [scan(number, 30, number + 1) for number in range(ENTERPRISES_SEEN)]
    second = [scan(number, 20, ENTERPRISES_SEEN + number + 1) for number in range(TWICE)]
    return first[:REPLAYS], [*first, *second, *first[:REPLAYS]]


def _post(officer: int, path: str, body: Any) -> Any:
    from django.test import Client

    from bench._district import token

    return Client().post(
        f"/api/v1{path}", body, content_type="application/json", headers={"authorization": f"Bearer {token(officer)}"}
    )


def _send_batch(officer: int) -> float:
    known, queue = _queue(officer)
    for body in known:
        _post(officer, "/scans", body)
    begun = time.perf_counter()
    response = _post(officer, "/scans/batch", {"items": queue})
    taken = time.perf_counter() - begun
    _check_statuses([item["status"] for item in response.json()["items"]])
    return taken


def _send_singly(officer: int) -> float:
    known, queue = _queue(officer)
    for body in known:
        _post(officer, "/scans", body)
    begun = time.perf_counter()
    responses = [_post(officer, "/scans", body) for body in queue]
    taken = time.perf_counter() - begun
    _check_statuses([response.status_code for response in responses])
    return taken


def _check_statuses(statuses: list[int]) -> None:
    fresh = ENTERPRISES_SEEN - REPLAYS + TWICE
    assert Counter(statuses) == {201: fresh, 200: ITEMS - fresh}, Counter(statuses)


def _counted(send: Any, officer: int) -> int:
    """Statements, those of the scans that the server had before left out."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    known, _ = _queue(officer)
    with CaptureQueriesContext(connection) as alone:
        for body in known:
            _post(officer + 20, "/scans", body)
    with CaptureQueriesContext(connection) as captured:
        send(officer)
    return len(captured) - len(alone)


def _say_where(asked: argparse.Namespace) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version'), current_setting('synchronous_commit')")
        version, durable = cursor.fetchone()
    print(
        f"Python {platform.python_version()}, PostgreSQL {version.split()[0]}, synchronous_commit {durable};"
        f" {os.cpu_count()} cores, load average before {os.getloadavg()[0]:.1f};"
        f" {asked.facts:,} earlier visits, {asked.rounds} queues of {ITEMS} a way\n\n"
        "| 200 scans | median s | from to s | ms an item | statements | an item |\n"
        "| --- | --- | --- | --- | --- | --- |",
        flush=True,
    )


def _check(asked: argparse.Namespace) -> None:
    """Every acknowledged scan is there, with its resolution and its entry."""
    from audit.models import Entry
    from checkins.models import Resolution, Scan

    scans = Scan.objects.count()
    assert Entry.objects.filter(kind="scan").count() == scans <= Resolution.objects.count()
    print(f"\n{scans} scans acknowledged, {scans} stored with resolution and entry")


if __name__ == "__main__":
    sys.exit(main())
