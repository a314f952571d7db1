"""Do 10,000 filings arrive once and in order, whatever the platform does and however often workers are killed?

    make bench NAME=delivery POSTGRES=1                                  three workers
    make bench NAME=delivery ARGS='--filings 2000 --kills 10'            SQLite, one worker

The platform fails, hangs, drops, babbles, forgets to answer, and is away for eight hours; the couriers' clock runs
`--hurry` times as fast, so that those hours pass in seconds; so do the ten days after which a letter is dead: on a slow
machine hurry less. `commit ms` (SQLite): how long a scan's write takes while
the worker delivers, waiting for the one writer included: p50, p99 and the longest.
"""

import argparse
import os
import signal
import tempfile
import threading
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import django

from bench._zygote import Zygote

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
LANES = 400
AWAY = timedelta(hours=8)
PATIENCE = 1800.0
ALONE = 5.0
"""Seconds in which scans write before any worker does, to compare with."""


def main() -> None:
    asked = _arguments()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        os.environ.setdefault("DATABASE_URL", f"sqlite:///{folder}/bench.sqlite3")
        django.setup()
        from django.core.management import call_command
        from django.db import connection

        from audit.receiving import Archive
        from tests.audit.storm import Storm, stormy

        call_command("migrate", verbosity=0)
        owed = _owe(asked.filings)
        archive = stack.enter_context(Archive(Path(folder, "storm.sqlite3")))
        storm = Storm(archive)
        url = stack.enter_context(stormy(storm))
        crew = asked.workers or (3 if connection.vendor == "postgresql" else 1)
        began = time.monotonic()
        waits: list[float] = []
        ended = threading.Event()
        scanner = threading.Thread(target=_scan, args=(waits, ended))
        scanner.start()
        time.sleep(ALONE if connection.vendor == "sqlite" else 0)
        alone = len(waits)
        _deliver(asked, storm, url=url, crew=crew)
        seconds = time.monotonic() - began
        ended.set()
        scanner.join()
        _judge(archive, owed)
        print(
            f"{connection.vendor}: {len(owed)} filings, {crew} workers, {asked.kills} killed with -9, "
            f"{storm.letters} letters at the platform, {seconds:.0f} s; each once, in order, difference 0"
        )
        for words, some in (("alone", waits[:alone]), ("beside the worker", waits[alone:])):
            if some:
                some.sort()
                print(
                    f"commit ms, {words}: p50 {some[len(some) // 2]:.1f}, p99 {some[int(len(some) * 0.99)]:.1f}, "
                    f"longest {some[-1]:.1f} ({len(some)} writes)"
                )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Exactly once, in order, in a storm.")
    parser.add_argument("--filings", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--hurry", type=int, default=600)
    return parser.parse_args()


def _owe(count: int) -> list[tuple[str, str]]:
    from django.db import transaction
    from django.utils import timezone

    from audit.pen import Pen
    from audit.services.file import file

    lanes = [f"9113050072169{lane:05d}" for lane in range(LANES)]
    owed = [(f"b-{n:06d}", lanes[n % LANES]) for n in range(count)]
    with transaction.atomic():
        pen = Pen()
        for number, lane in owed:
            payload = {"officers": ["张伟"], "enterprise": "邢台轴承有限公司"}
            file(
                number=number,
                event="visit.filed",
                credit_code=lane,
                visit="V",
                payload=payload,
                at=timezone.now(),
                pen=pen,
            )
        pen.flush()
    return owed


def _deliver(asked: argparse.Namespace, storm: "Storm", *, url: str, crew: int) -> None:  # type: ignore[name-defined]  # noqa: F821
    from audit.models import Filing

    hurry = f"{asked.hurry}@{datetime.now(UTC).isoformat()}"
    options = ("--poll-seconds", "0.05", "--lanes", "16", "--hurry", hurry)
    environment = {"RUQI_ENV": "test", "PLATFORM_URL": url, "PLATFORM_TIMEOUT_SECONDS": "1"}
    with Zygote(options, environment) as zygote:
        workers = [zygote.fork() for _ in range(crew)]
        share = asked.filings // (asked.kills + 1)
        for kill in range(asked.kills):
            goal, limit = (kill + 1) * share, time.monotonic() + 60
            while storm.letters < goal and time.monotonic() < limit:
                time.sleep(0.02)
            zygote.end(workers[0], signal.SIGKILL)
            workers = [*workers[1:], zygote.fork()]
            if kill == asked.kills // 2:
                storm.away = True
                time.sleep(AWAY.total_seconds() / asked.hurry)
                storm.away = False
        limit = time.monotonic() + PATIENCE
        while Filing.objects.filter(status="pending").exists() and time.monotonic() < limit:
            time.sleep(0.5)
        codes = [zygote.end(one, signal.SIGTERM) for one in workers]
    assert codes == [0] * crew, codes


def _judge(archive: "Archive", owed: list[tuple[str, str]]) -> None:  # type: ignore[name-defined]  # noqa: F821
    """The receiver's set is the database's set, each lane in its order, and the manifest's difference is 0."""
    from django.conf import settings
    from django.utils import timezone

    from audit.models import Filing
    from audit.services.reconcile import manifest_of

    numbers = set(Filing.objects.values_list("number", flat=True))
    assert numbers == {number for number, _lane in owed}
    for lane in {lane for _number, lane in owed}:
        arrived = [arrival.number for arrival in archive.of_enterprise(lane)]
        assert arrived == sorted(arrived) == sorted(number for number, one in owed if one == lane), lane
    assert archive.count() == len(owed)
    first = Filing.objects.order_by("pk")[0]
    day = timezone.localtime(first.created_at).date()
    source = settings.AUDIT_POLICY.source
    sent = manifest_of(code="platform", day=day, source=source, at=datetime.now(UTC))
    answer = archive.reckon(sent, at=datetime.now(UTC))
    assert (sent.data["count"], answer["missing"], answer["surplus"]) == (len(owed), [], []), answer


def _scan(waits: list[float], ended: threading.Event) -> None:
    """What a scan does to the database's one writer: a small transaction, twenty times a second."""
    from django.db import connection, transaction

    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE bench_write (at text)")
        while not ended.wait(0.05):
            began = time.monotonic()
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("INSERT INTO bench_write VALUES ('x')")
            waits.append((time.monotonic() - began) * 1000)
    connection.close()


if __name__ == "__main__":
    main()
