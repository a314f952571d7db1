"""A platform that does everything wrong for eight hours, and workers that are killed: each filing once, in order."""

import signal
import sqlite3
import subprocess
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from audit.envelope import SHANGHAI, manifest
from audit.receiving import Archive
from tests.audit.platforms import Outbox, end
from tests.audit.storm import Storm, stormy

# One group: the platforms are processes, started once for all of it.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("platform")]

LANES, TURNS, KILLS = 40, 10, 4


HURRY = 2_400
"""An hour's rest takes 1.5 s, and eight hours 12 s."""
AWAY = timedelta(hours=8)


def test_each_filing_arrives_once_and_in_order_whatever_fails_and_whoever_is_killed(
    outbox: Outbox, tmp_path: Path
) -> None:
    lanes = [f"9113050072169{lane:05d}" for lane in range(LANES)]
    owed = [(f"s-{lane[-2:]}-{turn:02d}", lane) for turn in range(TURNS) for lane in lanes]
    outbox.owe(*owed)
    hurry = f"{HURRY}@{datetime.now(UTC).isoformat()}"

    def worker(url: str) -> "subprocess.Popen[str]":
        options = ("--poll-seconds", "0.05", "--lanes", "16", "--hurry", hurry)
        return outbox.worker(*options, platform=url, quiet=True, PLATFORM_TIMEOUT_SECONDS="1")

    def pending() -> int:
        return int(outbox.sql("SELECT count(*) FROM audit_filing WHERE status = 'pending'")[0][0])

    with Archive(tmp_path / "storm.sqlite3") as archive:
        storm = Storm(archive)
        with stormy(storm) as url:
            workers = [worker(url) for _ in range(3 if connection.vendor == "postgresql" else 1)]
            for _kill in range(KILLS):
                seen, limit = storm.letters, time.monotonic() + 60
                while storm.letters < seen + 60 and time.monotonic() < limit:
                    time.sleep(0.05)
                end(workers[0], signal.SIGKILL)
                workers = [*workers[1:], worker(url)]
            storm.away = True
            time.sleep(AWAY.total_seconds() / HURRY)
            storm.away, storm.calm = False, True
            limit = time.monotonic() + 240
            while pending():
                assert time.monotonic() < limit, outbox.sql("SELECT status, count(*) FROM audit_delivery GROUP BY 1")
                time.sleep(0.2)
            assert {end(one, signal.SIGTERM) for one in workers} == {0}
            answer = _reckon(archive, [number for number, _lane in owed], outbox)
        with closing(sqlite3.connect(tmp_path / "storm.sqlite3")) as kept:
            arrived = kept.execute("SELECT number, credit_code FROM arrivals ORDER BY position").fetchall()
    assert sorted(arrived) == sorted(owed)
    for lane in lanes:
        mine = [number for number, code in arrived if code == lane]
        assert mine == sorted(mine), lane
    assert (answer["held"], answer["missing"], answer["surplus"]) == (len(owed), [], [])
    assert outbox.sql("SELECT count(*) FROM audit_delivery WHERE status <> 'delivered'") == [(0,)]


def _reckon(archive: Archive, numbers: list[str], outbox: Outbox) -> dict[str, Any]:
    """What the receiver answers to the manifest of the day on which all of them were made."""
    (row,) = outbox.sql("SELECT min(created_at) FROM audit_filing")
    made = datetime.fromisoformat(str(row[0]))
    day = made.replace(tzinfo=made.tzinfo or UTC).astimezone(SHANGHAI).date().isoformat()
    source = "http://127.0.0.1:8000"
    sent = manifest(platform="platform", day=day, numbers=numbers, at=datetime.now(UTC), source=source)
    return archive.reckon(sent, at=datetime.now(UTC))
