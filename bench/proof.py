"""What does the proof cost a scan, and how fast are log and verification?

    make bench NAME=proof                       SQLite
    make bench NAME=proof POSTGRES=1            PostgreSQL

All in one run: CPU of a scan's entries and promise; tree; entry to checkpoint under a steady stream; the whole of
`verify`; and what each transaction would cost if it waited for the head of a hash chain instead.
"""

import argparse
import os
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
BODY = {
    "content": "0" * 64, "words": {"code": "http://www.gsxt.gov.cn/index.html?uniscid=91110108551385082Q"},
    "certificate_no": "13050200101", "place": {"verdict": "near", "distance_m": 12}, "warnings": ["frequency"],
    "facts": [], "findings": [],
}  # fmt: skip
SHOWN = {
    "visit": "V-130502-20261128-000001", "version": 1, "credit_code": "91130500721690001X",
    "enterprise": "邢台轴承有限公司", "agency_code": "11130502000111111A", "agency": "信都区市场监督管理局",
    "purpose": "inspection", "category": "routine", "joint_id": None, "started_at": "2026-11-28T01:00:00.000000Z",
    "officers": [["13050200101", "张伟"], ["13050200102", "李静"]],
}  # fmt: skip
"""What a scan's second entry tells (checkins/services/record.py)."""
TIMES, ROUNDS = 200, 40


def main() -> None:
    asked = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("DATABASE_URL", f"sqlite:///{folder}/bench.sqlite3")
        django.setup()
        from django.core.management import call_command
        from django.db import connection

        call_command("migrate", verbosity=0)
        print(f"{connection.vendor}, {os.getloadavg()[0]:.1f} load")
        _scan_cost()
        _tree(asked.leaves)
        _stream(asked.rate, asked.seconds)
        _verify(asked.entries)
        _chain(asked.threads, asked.seconds)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="What the proof costs.")
    parser.add_argument("--leaves", type=int, default=500_000)
    parser.add_argument("--entries", type=int, default=50_000)
    parser.add_argument("--rate", type=int, default=200)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--threads", type=int, default=8)
    return parser.parse_args()


def _scan_cost() -> None:
    """What the proof adds to a scan, which always wrote one entry: a second one (the enterprise's) and the promise."""
    from django.conf import settings
    from django.db import connection, transaction
    from django.test.utils import CaptureQueriesContext

    from audit.actor import Actor
    from audit.pen import Pen
    from audit.promise import Promise
    from audit.services.entry import Draft, record_all

    keys, at, actor = _keys(), datetime.now(UTC), Actor.command("bench")
    drafts = [Draft(kind="scan", subject="s", body=BODY), Draft(kind="visit-shown", subject="visit:v", body=SHOWN)]
    origin, leaf = settings.LOG.origin, bytes(32)
    with transaction.atomic():
        one, both, signed, bare = _each(
            lambda: record_all(drafts[:1], actor=actor, at=at, pen=Pen()),
            lambda: record_all(drafts, actor=actor, at=at, pen=Pen()),
            lambda: Promise(origin, leaf, at).signed(keys.promise_key(origin)),
            lambda: keys.edwards.sign(leaf),
        )
        statements = []
        for some in (drafts[:1], drafts):
            pen = Pen()
            with CaptureQueriesContext(connection) as told:
                record_all(some, actor=actor, at=at, pen=pen)
                pen.flush()
            statements.append(len(told))
        transaction.set_rollback(True)
    for words, place in (("median", TIMES // 2), ("least disturbed tenth", TIMES // 10)):
        first, two, promise, signature = (sorted(some)[place] for some in (one, both, signed, bare))
        print(
            f"scan, µs of CPU, {words}: second entry {two - first:.0f} + promise {promise:.0f} = "
            f"{two - first + promise:.0f} (≤ 100), a bare Ed25519 signature alone {signature:.0f}"
        )
    print(f"scan, statements: {statements[1] - statements[0]} more (≤ 2)")


def _each(*deeds: Callable[[], object]) -> list[list[float]]:
    """µs of CPU of each deed, in many short lots that take turns: what else the machine does disturbs all alike."""
    lots: list[list[float]] = [[] for _deed in deeds]
    for _lot in range(TIMES):
        for deed, told in zip(deeds, lots, strict=True):
            began = time.process_time()
            for _round in range(ROUNDS):
                deed()
            told.append((time.process_time() - began) / ROUNDS * 1e6)
    return lots


def _tree(leaves: int) -> None:
    from audit.merkle import Edge, root_of

    hashes = [index.to_bytes(32) for index in range(leaves)]
    began = time.process_time()
    edge = Edge()
    for one in hashes:
        edge.append(one)
    for first in range(0, leaves, 256):
        root_of(hashes[first : first + 256])
    seconds = time.process_time() - began
    print(f"tree: {leaves / seconds:,.0f} leaves/s with their tiles (≥ 100,000)")


def _record(count: int, at: datetime) -> None:
    from django.db import transaction

    from audit.actor import Actor
    from audit.pen import Pen
    from audit.services.entry import record

    with transaction.atomic():
        pen = Pen()
        for number in range(count):
            record(kind="bench", subject=f"bench:{number}", body=BODY, actor=Actor.command("bench"), at=at, pen=pen)
        pen.flush()


def _keys() -> Any:
    from django.conf import settings

    assert settings.LOG.keys is not None
    return settings.LOG.keys


def _sequence() -> bool:
    from django.conf import settings

    from audit.services.sequence import sequence

    return sequence(keys=_keys(), origin=settings.LOG.origin, at=datetime.now(UTC)) is not None


def _stream(rate: int, seconds: int) -> None:
    """A steady stream of single deeds, and the worker's sequencer beside it once a second."""
    from django.db import connection

    from audit.models import Checkpoint, Leaf

    ended = threading.Event()
    signed: list[tuple[int, datetime]] = []

    def sequencer() -> None:
        while not ended.wait(1):
            while _sequence():
                signed.append((Checkpoint.objects.latest("size").size, datetime.now(UTC)))
        connection.close()

    thread = threading.Thread(target=sequencer)
    thread.start()
    began, total = time.monotonic(), rate * seconds
    for number in range(total):
        _record(1, datetime.now(UTC))
        ahead = began + (number + 1) / rate - time.monotonic()
        if ahead > 0:
            time.sleep(ahead)
    took = time.monotonic() - began
    time.sleep(2)
    ended.set()
    thread.join()
    waits, head = [], 0
    for index, at in Leaf.objects.order_by("index").values_list("index", "entry__at"):
        while signed[head][0] <= index:
            head += 1
        waits.append((signed[head][1] - at).total_seconds())
    waits.sort()
    print(
        f"entry to checkpoint at {total / took:.0f} entries/s: p50 {waits[len(waits) // 2]:.2f} s, "
        f"p99 {waits[int(len(waits) * 0.99)]:.2f} s (< 5)"
    )


def _verify(entries: int) -> None:
    from django.conf import settings

    from audit.models import Entry
    from audit.proving.discrepancy import Course
    from audit.proving.proof import prove

    for _lot in range(0, entries, 5_000):
        _record(5_000, datetime.now(UTC))
        while _sequence():
            pass
    count = Entry.objects.count()
    began, cpu = time.monotonic(), time.process_time()
    found = list(prove(Course(), keys=settings.LOG.keys, kept=timedelta(days=3650), at=datetime.now(UTC)))
    seconds, cpu = time.monotonic() - began, time.process_time() - cpu
    assert found == [], found[:3]
    print(f"verify: {count:,} entries in {seconds:.1f} s: {count / seconds:,.0f}/s; {count / cpu:,.0f} a second of CPU")


def _chain(threads: int, seconds: int) -> None:
    """Transactions a second: an entry in its own, and the same behind the lock of one row that all of them change."""
    from django.db import connection, transaction

    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bench_head (id integer PRIMARY KEY, hash varchar(64))")
        cursor.execute("INSERT INTO bench_head VALUES (1, '')")

    def free() -> None:
        _record(1, datetime.now(UTC))

    def chained() -> None:
        select = "SELECT hash FROM bench_head WHERE id = 1"
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(f"{select} FOR UPDATE" if connection.vendor == "postgresql" else select)
                cursor.fetchone()
            _record(1, datetime.now(UTC))
            with connection.cursor() as cursor:
                cursor.execute("UPDATE bench_head SET hash = %s WHERE id = 1", ["0" * 64])

    try:
        without, behind = (_rate(deed, threads, seconds / 2) for deed in (free, chained))
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE bench_head")
    print(
        f"{threads} writers: {without:.0f} tx/s; behind the head of a chain {behind:.0f} tx/s: {without / behind:.1f} x"
    )


def _rate(deed: Callable[[], Any], threads: int, seconds: float) -> float:
    from django.db import connection

    done, ended = [0] * threads, time.monotonic() + seconds

    def write(which: int) -> None:
        while time.monotonic() < ended:
            deed()
            done[which] += 1
        connection.close()

    crew = [threading.Thread(target=write, args=[which]) for which in range(threads)]
    for one in crew:
        one.start()
    for one in crew:
        one.join()
    return sum(done) / seconds


if __name__ == "__main__":
    main()
