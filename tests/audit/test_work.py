"""`manage.py work` as it runs: processes that are started, asked to end, and killed."""

import json
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from audit.addressee import ONLY, Addressee
from tests.audit.platforms import Outbox, Receiver, end

# One group: the platforms are processes, started once for all of it.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("platform")]

JIZHONG, DEMING = "911305007216993838", "91130500MA0CXYZ12B"


def _events(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


def _until(true: Callable[[], bool]) -> None:
    limit = time.monotonic() + 60
    while not true():
        assert time.monotonic() < limit, "waited in vain"
        time.sleep(0.02)


def _line(process: "subprocess.Popen[str]", event: str) -> dict[str, Any]:
    """Read the worker's lines up to this event."""
    assert process.stdout is not None
    for line in process.stdout:
        told: dict[str, Any] = json.loads(line)
        if told["event"] == event:
            return told
    raise AssertionError(process.communicate()[1])


def test_a_worker_delivers_what_is_due_line_by_line_and_ends_at_once_however_seldom_it_looks(
    outbox: Outbox, platform: Receiver
) -> None:
    outbox.owe(("w1", JIZHONG), ("w2", JIZHONG), ("w3", DEMING))
    with outbox.worker("--poll-seconds", "3600", platform=platform.filings) as worker:
        told = [_line(worker, event) for event in ("started", "delivered", "delivered", "delivered")]
        worker.send_signal(signal.SIGINT)
        output, errors = worker.communicate(timeout=20)
    chores = {"reconciled", "sealed", "sequenced"}  # other threads may end later than the courier
    events = [line["event"] for line in _events(output) if line["event"] not in chores]
    assert (worker.returncode, errors, events) == (0, "", ["ended"])
    assert {line["number"] for line in told[1:]} == {"w1", "w2", "w3"}
    assert set(outbox.statuses().values()) == {("delivered", 1)}
    assert [number for number in platform.of_enterprise(JIZHONG) if number in {"w1", "w2"}] == ["w1", "w2"]


def test_without_a_platform_a_worker_says_so_and_waits_to_be_ended(outbox: Outbox) -> None:
    outbox.owe(("nowhere", JIZHONG))
    with outbox.worker() as waiting:
        assert "未设置 PLATFORM_URL" in _line(waiting, "no_platform")["detail"]
        assert end(waiting, signal.SIGTERM) == 0
    assert outbox.statuses() == {"nowhere": ("pending", 0)}


def test_sigterm_ends_a_worker_after_the_letter_on_the_wire(outbox: Outbox, slow_platform: Receiver) -> None:
    outbox.owe(("term-1", JIZHONG), ("term-2", JIZHONG))
    with outbox.worker(platform=slow_platform.filings) as worker:
        _until(lambda: outbox.statuses()["term-1"] == ("pending", 1))
        time.sleep(0.2)
        assert end(worker, signal.SIGTERM) == 0
    assert outbox.statuses() == {"term-1": ("delivered", 1), "term-2": ("pending", 0)}
    assert not slow_platform.has("term-2")


def test_a_killed_workers_letter_is_taken_up_again_when_its_lease_has_run_out(
    outbox: Outbox, slow_platform: Receiver, platform: Receiver
) -> None:
    outbox.owe(("kill-1", JIZHONG), ("kill-2", JIZHONG))
    with outbox.worker(platform=slow_platform.filings) as worker:
        _until(lambda: outbox.statuses()["kill-1"] == ("pending", 1))
        end(worker, signal.SIGKILL)
    with outbox.worker("--poll-seconds", "0.05", platform=platform.filings) as heir:
        _line(heir, "started")
        time.sleep(0.5)  # ten looks: the dead worker's lease still holds the lane …
        assert outbox.statuses() == {"kill-1": ("pending", 1), "kill-2": ("pending", 0)}
        outbox.sql("UPDATE audit_delivery SET leased_until = '2026-01-01' WHERE leased_until IS NOT NULL")
        assert _line(heir, "delivered")["number"] == "kill-1"  # … and now it has run out
        assert _line(heir, "delivered")["number"] == "kill-2"
        assert end(heir, signal.SIGTERM) == 0
    assert outbox.statuses() == {"kill-1": ("delivered", 2), "kill-2": ("delivered", 1)}
    assert [number for number in platform.of_enterprise(JIZHONG) if "kill" in number] == ["kill-1", "kill-2"]


def test_two_workers_at_once_keep_every_enterprises_order_and_send_nothing_twice(
    outbox: Outbox, platform: Receiver
) -> None:
    lanes = [f"9113050072169{lane:05d}" for lane in range(8)]
    outbox.owe(*((f"two-{lane[-2:]}-{turn:02d}", lane) for turn in range(12) for lane in lanes))
    workers = [outbox.worker("--once", "--lanes", "8", platform=platform.filings) for _ in range(2)]
    shares = [
        sum(line["event"] == "delivered" for line in _events(worker.communicate(timeout=60)[0])) for worker in workers
    ]
    for lane in lanes:
        assert platform.of_enterprise(lane) == [f"two-{lane[-2:]}-{turn:02d}" for turn in range(12)]
    assert set(outbox.statuses().values()) == {("delivered", 1)}
    assert outbox.sql("SELECT count(*) FROM audit_attempt") == [(96,)]
    assert sum(shares) == 96


@pytest.mark.postgres
def test_a_worker_outlives_the_loss_of_its_database_connection(outbox: Outbox, platform: Receiver) -> None:
    outbox.owe(("before", DEMING))
    with outbox.worker("--poll-seconds", "0.1", platform=platform.filings, PGAPPNAME="the-worker") as worker:
        _line(worker, "delivered")
        outbox.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND application_name = 'the-worker'"
        )
        _line(worker, "database_failed")
        outbox.owe(("after", DEMING))
        assert _line(worker, "delivered")["number"] == "after"
        assert end(worker, signal.SIGTERM) == 0


@pytest.mark.parametrize(
    ("changes", "options", "why"),
    [
        ({"url": "ftp://jd.example.gov.cn"}, [], "PLATFORM_URL"),
        ({"token": "令牌"}, [], "PLATFORM_TOKEN"),
        ({"secret": "whsec_short"}, [], "PLATFORM_SECRET"),
        ({}, ["--poll-seconds=0"], "--poll-seconds"),
        ({}, ["--poll-seconds=nan"], "--poll-seconds"),
        ({}, ["--lanes=0"], "--lanes"),
    ],
)
def test_a_worker_refuses_settings_it_could_not_work_with(
    settings: Settings, changes: dict[str, Any], options: list[str], why: str
) -> None:
    sound = Addressee(code=ONLY, name="市监督平台", url="http://127.0.0.1:9/filings", token="t")
    settings.AUDIT_POLICY = replace(settings.AUDIT_POLICY, platforms=(replace(sound, **changes),))
    with pytest.raises(CommandError, match=why):
        call_command("work", "--once", *options)
