"""How long does an agency wait for what changed of its visits, among 2,000,000 facts?

    make bench NAME=changes POSTGRES=1
    make bench NAME=changes POSTGRES=1 ARGS='--facts 200000 --rounds 10'

The real API in this process (no HTTP server, no network), PostgreSQL on the same machine. One agency has a twentieth of
all facts, one none but its last 200; both have sent 200 scans last of all, so that a page of 100 changes tells of 100
visits with all that is known of them. `a long writer`: somebody's transaction has been open since the agency's last
page, and writes 1,000 of its facts before it ends. The peer: only the statement that finds what is
new, once with the index and once without it (dropped in a transaction that is rolled back). Milliseconds. Ends with 1
where a median is above its limit.
"""

import argparse
import os
import platform
import statistics
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

PAGE_MS, NOTHING_MS, FINDING_MS = 200.0, 50.0, 10.0
LARGE, RARE = 0, 1
VISITS = 200


def main() -> int:
    asked = _arguments()
    if not os.environ.get("DATABASE_URL", "").startswith("postgres"):
        raise SystemExit("a PostgreSQL of its own is needed: make bench NAME=changes POSTGRES=1")
    django.setup()
    from django.core.management import call_command

    from bench._district import found

    call_command("migrate", verbosity=0)
    found(facts=0)
    _fill(asked.facts)
    before = _end()
    for officer in (LARGE, RARE):
        _visits(officer)
    _say_where(asked)
    questions = [
        Question("a page of 100 visits", LARGE, before, PAGE_MS, 100),
        Question("the first page of an agency with 200 facts", RARE, "", PAGE_MS, 100),
        Question("the first page, of imported facts", LARGE, "", NOTHING_MS, 0),
        Question("nothing new", LARGE, _end(), NOTHING_MS, 0),
    ]
    slow = [_measure(question, rounds=asked.rounds) for question in questions]
    with _long_writer() as write:
        late = _end()
        asks = Question("nothing new, a long writer", LARGE, late, NOTHING_MS, 0)
        slow.append(_measure(asks, rounds=asked.rounds))
        write()
    slow.append(_measure(Question("what he wrote", LARGE, late, NOTHING_MS, 0), rounds=asked.rounds))
    return 1 if any(slow) else 0


@dataclass(frozen=True, slots=True)
class Question:
    """Whose officer asks since when, within how many milliseconds; how many visits must be told."""

    name: str
    officer: int
    since: str
    limit_ms: float
    visits: int


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="What changed of an agency's visits.")
    parser.add_argument("--facts", type=int, default=2_000_000, help="versions of visits in the database")
    parser.add_argument("--rounds", type=int, default=30, help="how often each question is asked")
    return parser.parse_args()


def _fill(facts: int) -> None:
    """Every twentieth is the large agency's, the others' are 400 agencies'; as an import leaves them."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(_rows("PAST-", last=facts, of=20))
        cursor.execute("VACUUM ANALYZE")


def _rows(prefix: str, *, last: int, of: int) -> str:
    """The INSERT of facts of which each `of`th is the large agency's."""
    from bench._district import FIRST_AGENCY

    return (
        "INSERT INTO audit_visitfact (visit, version, known_from, state, origin, credit_code, enterprise_name,"  # noqa: S608 (ours)
        " region_code, industry, risk_grade, agency_code, agency_path, agency_name, supervised_by, purpose,"
        " category, reason, source_no, superior_ordered, joint_id, started_at, officers)"
        f" SELECT '{prefix}' || n, 1, now(), 'open', 'imported', '91130502MA' || lpad((mod(n, 200000))::text, 8, '0'),"
        " '邢台第' || mod(n, 200000) || '商贸有限公司', '130502', 'F51', 'B',"
        f" CASE WHEN mod(n, {of}) = 0 THEN 'BENCH-{FIRST_AGENCY + LARGE}' ELSE 'A' || mod(n, 401) END, '/A/', '某单位',"
        " '130502-SFJ', 'inspection', 'routine', '', '', false, '',"
        f" now() - ({last} - n) * interval '15 seconds',"
        ' \'[{"name": "张伟", "certificate_no": "13050200101"}]\'::jsonb'
        f" FROM generate_series(1, {last}) AS n"
    )


def _visits(officer: int) -> None:
    """200 scans at as many doors, in one batch."""
    from bench._district import credit_code

    now = datetime.now(UTC)
    items = [
        {
            "scan_id": str(uuid.uuid4()),
            "credit_code": credit_code(number),
            "scanned_at": (now - timedelta(hours=60) + timedelta(minutes=15 * number)).isoformat(),
            "location": {"longitude": 114.5001, "latitude": 37.0701, "accuracy_m": 20, "datum": "WGS84"},
            "counter": number + 1,
        }
        for number in range(VISITS)
    ]
    told = _call(officer, "post", "/scans/batch", {"items": items})["items"]
    assert {item["status"] for item in told} == {201}, told[:1]


@cache
def _client() -> Any:
    """One for all: each of its own would read all static files again."""
    from django.test import Client

    return Client()


def _call(officer: int, verb: str, path: str, body: Any) -> Any:
    from bench._district import token

    how = {"content_type": "application/json"} if verb == "post" else {}
    response = getattr(_client(), verb)(
        f"/api/v1{path}", body, headers={"authorization": f"Bearer {token(officer)}"}, **how
    )
    assert response.status_code == 200, response.content.decode()[:1000]
    return response.json()


def _end() -> str:
    """A cursor that has read everything up to now."""
    from django.db import connection

    from audit.models import VisitFact
    from checkins.cursor import Cursor, Mark, Snapshot

    last = VisitFact.objects.order_by("-transaction", "-pk").values_list("transaction", "pk")[0]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_snapshot()::text")
        shown = cursor.fetchone()[0]
    return str(Cursor(mark=Mark(transaction=last[0], row=last[1]), then=Snapshot.of(shown)))


@contextmanager
def _long_writer() -> Iterator[Callable[[], None]]:
    """Somebody who has begun to write and does not come to an end before he is told to."""
    import psycopg

    url = os.environ["DATABASE_URL"].replace("postgres://", "postgresql://", 1)
    with psycopg.connect(url) as writer:
        writer.execute("SELECT pg_current_xact_id()")
        # Somebody else begins later and is done: the writer's transaction is among those that run, not after them all.
        with psycopg.connect(url) as other:
            other.execute("SELECT pg_current_xact_id()")

        def write() -> None:
            writer.execute(_rows("LATE-", last=1_000, of=1).encode())
            writer.commit()

        yield write


def _measure(question: Question, *, rounds: int) -> bool:
    """Print the row; was it too slow?"""

    def ask() -> None:
        answer = _call(question.officer, "get", "/changes", {"since": question.since, "limit": 100})
        assert len(answer["visits"]) == question.visits, len(answer["visits"])

    used = time.process_time()
    whole = _times(ask, rounds)
    used = (time.process_time() - used) * 1000 / (rounds + 1)
    found = _times(lambda: _find(question), rounds)
    without = _without_index(lambda: _times(lambda: _find(question), min(rounds, 3)))
    print(
        f"| {question.name} | {statistics.median(whole):.1f} | {max(whole):.1f} | {question.limit_ms:.0f} |"
        f" {used:.1f} | {statistics.median(found):.2f} | {FINDING_MS:.0f} | {statistics.median(without):.2f} |",
        flush=True,
    )
    return statistics.median(whole) > question.limit_ms or statistics.median(found) > FINDING_MS


def _find(question: Question) -> None:
    from bench._district import FIRST_AGENCY
    from checkins.changes import _versions
    from checkins.cursor import Cursor

    cursor = Cursor.of(question.since) if question.since else Cursor()
    assert cursor is not None
    _versions(cursor, agency_code=f"BENCH-{FIRST_AGENCY + question.officer}", most=101)


def _times(deed: Callable[[], None], rounds: int) -> list[float]:
    deed()
    taken = []
    for _round in range(rounds):
        begun = time.perf_counter()
        deed()
        taken.append((time.perf_counter() - begun) * 1000)
    return taken


def _without_index(measure: Callable[[], list[float]]) -> list[float]:
    from django.db import connection, transaction

    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("DROP INDEX visit_fact_changes")
        taken = measure()
        transaction.set_rollback(True)
    return taken


def _say_where(asked: argparse.Namespace) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        cursor.execute(
            "SELECT current_setting('server_version'), pg_relation_size('visit_fact_changes'),"
            " pg_relation_size('audit_visitfact')"
        )
        version, index, table = cursor.fetchone()
    print(
        f"Python {platform.python_version()}, PostgreSQL {version.split()[0]}; {os.cpu_count()} cores, load average"
        f" {os.getloadavg()[0]:.1f}; {asked.facts:,} facts in {table / 2**20:,.0f} MB, index {index / 2**20:,.0f} MB;"
        f" {asked.rounds} rounds\n\n"
        "| asked | median ms | slowest | limit | CPU ms | finding what is new, ms | limit | without the index |\n"
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
