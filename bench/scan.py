"""How many scans a second does the real server take, beside pgbench sending the same statements?

    make bench NAME=scan POSTGRES=1                                      a fresh district
    make bench NAME=scan POSTGRES=1 ARGS='--facts 100000'                with that many earlier visits
    make bench NAME=scan POSTGRES=1 ARGS='--connections 16 --seconds 20'

granian with production's settings (synchronous_commit on, as many processes as cores). The phones, pgbench and
PostgreSQL are on the same machine and share its cores. Every scan opens a visit; the officers take turns, and none
stands still or is at more than a dozen doors an hour, so that no place is in doubt. pgbench's hit an agency and
enterprise at random, so that a few find an earlier one. `CPU ms`: of granian's processes for one scan, without waits.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import django

ROOT = Path(__file__).resolve().parent.parent
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"


def main() -> None:
    asked = _arguments()
    url = os.environ.get("DATABASE_URL", "")
    if not url.startswith("postgres"):
        raise SystemExit("a PostgreSQL of its own is needed: make bench NAME=scan POSTGRES=1")
    django.setup()
    from django.core.management import call_command

    from bench._district import found
    from bench._statements import pgbench, script

    call_command("migrate", verbosity=0)
    found(facts=asked.facts)
    text, statements = script()
    _say_where(asked, statements)
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "log")
        scans = 0
        for connections in asked.connections:
            phones = _phones(url, asked, log=log, connections=connections, first=scans)
            scans += phones["sent"]
            peer = pgbench(text, url, connections=connections, seconds=asked.seconds)
            _print(connections, phones, peer)
    _check(scans)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Scans a second, beside pgbench.")
    parser.add_argument("--connections", type=lambda text: [int(part) for part in text.split(",")], default=[16, 64])
    parser.add_argument("--seconds", type=int, default=15, help="for each measurement")
    parser.add_argument("--facts", type=int, default=0, help="earlier visits in the database")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="server processes")
    parser.add_argument("--threads", type=int, default=16, help="threads and database connections of each")
    return parser.parse_args()


def _phones(url: str, asked: argparse.Namespace, *, log: Path, connections: int, first: int) -> dict[str, Any]:
    from bench._district import AGENCIES, ENTERPRISES, OFFICERS, credit_code, token
    from tests.serving import serving

    words = {
        "agencies": AGENCIES,
        "codes": [credit_code(number) for number in range(ENTERPRISES)],
        "tokens": [token(number) for number in range(OFFICERS)],
    }
    with serving(
        url, log=log, workers=asked.workers, threads=asked.threads, DATABASE_POOL=str(asked.threads)
    ) as client:
        used = _server_cpu()
        numbers = [client.base_url.port, connections, asked.seconds, first]
        done = subprocess.run(
            [sys.executable, "-m", "bench._phones", *map(str, numbers)],
            cwd=ROOT,
            check=True,
            input=json.dumps(words),
            stdout=subprocess.PIPE,
            text=True,
        )
        used = _server_cpu() - used
    seen: dict[str, Any] = json.loads(done.stdout)
    if set(seen["statuses"]) != {"201"}:
        raise SystemExit(f"answers {seen['statuses']}\n{log.read_text(errors='replace')[-3000:]}")
    return {**seen, "cpu_ms": used / seen["sent"] * 1000}


def _server_cpu() -> float:
    """Seconds of CPU that our granian processes have used so far."""
    mine = {os.getpid()}
    used = 0.0
    stats = {int(path.parent.name): path for path in Path("/proc").glob("[0-9]*/stat")}
    for pid, path in sorted(stats.items()):
        try:
            fields = path.read_text().rpartition(")")[2].split()
            command = (path.parent / "cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[1]) in mine and b"granian" in command:
            mine.add(pid)
            used += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return used


def _say_where(asked: argparse.Namespace, statements: int) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version'), current_setting('synchronous_commit')")
        version, durable = cursor.fetchone()
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    print(
        f"commit {commit.stdout.strip() or 'unknown'}, Python {platform.python_version()},"
        f" PostgreSQL {version.split()[0]}, synchronous_commit {durable};"
        f" {os.cpu_count()} cores for server, database and load together,"
        f" load average before {os.getloadavg()[0]:.1f}\n"
        f"granian with {asked.workers} processes of {asked.threads} threads; 2,000 enterprises, 2,000 officers,"
        f" {asked.facts:,} earlier visits; {statements} statements a scan; {asked.seconds} s a measurement\n\n"
        "| connections | scans/s | p50 ms | p99 ms | CPU ms | pgbench/s | p50 ms | p99 ms | server ÷ pgbench |\n"
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
        flush=True,
    )


def _print(connections: int, phones: dict[str, Any], peer: dict[str, float]) -> None:
    numbers = [phones["per_second"], phones["p50_ms"], phones["p99_ms"], phones["cpu_ms"]]
    numbers += [peer["per_second"], peer["p50_ms"], peer["p99_ms"]]
    share = phones["per_second"] / peer["per_second"]
    cells = [f"{number:.1f}" if number < 100 else f"{number:.0f}" for number in numbers]
    print(f"| {connections} | {' | '.join(cells)} | {share:.2f} |", flush=True)


def _check(scans: int) -> None:
    """Every acknowledged scan is there, with its visit, its filing and its entry. (One more was captured.)"""
    from django.db.models import QuerySet

    from audit.models import Entry, Filing
    from checkins.models import Scan, Visit

    pgbenchs = Scan.objects.filter(credit_code=None, lane__regex=r"^911305021\d{9}$").count()
    kept: list[QuerySet[Any]] = [model._default_manager.all() for model in (Scan, Visit, Filing)]
    for rows in (*kept, Entry.objects.filter(kind="scan")):
        found = rows.count() - pgbenchs
        assert found == scans + 1, (rows.model, found, scans)
    print(f"\n{scans} scans acknowledged, {scans} stored with visit, filing and entry")


if __name__ == "__main__":
    main()
