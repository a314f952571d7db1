"""`manage.py work`: deliver what the outbox owes the supervision platform, and go the worker's rounds beside it."""

import json
import logging
import signal
import threading
from argparse import SUPPRESS, ArgumentParser
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, nullcontext
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.checks import Tags
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.canonical import utc_text
from audit.facts import day_of
from audit.management.courier import Courier, Line, Pace
from audit.management.lines import lines
from audit.management.rounds import Chore, Rounds
from audit.management.sealing import sealer
from audit.management.sequencing import Sequencing
from audit.management.trying import trier
from audit.management.turn import turn
from audit.patience import is_platforms_own
from audit.policy import AuditPolicy
from audit.services.counties import mend_counties
from audit.services.deliver import LEASE_MARGIN
from audit.services.fold import fold
from audit.services.forget_sessions import forget_sessions
from audit.services.knock import forget_knocks
from audit.services.preview_import import forget_imports
from audit.services.reconcile import days_to_reckon, keep_difference, manifest_of, may_reconcile, sentence
from audit.services.watch import watch_now
from audit.supervision import NotDelivered
from audit.touched import Mark, mark, months_touched
from audit.witnesses import Witnesses

logger = logging.getLogger("audit.work")

WORKER = Actor.command("work")
FORGET_EVERY = timedelta(minutes=10)
WATCH_EVERY = timedelta(minutes=5)
FOLD_EVERY = timedelta(seconds=2)
FOLD_AT_MOST = 20_000
COMPARE_EVERY = timedelta(hours=1)
RECONCILE_EVERY = timedelta(minutes=5)
LOOK_BACK = 200_000
"""A worker that starts looks so many versions back for what speaks of older months (P: days of a large city). After a
longer outage: `manage.py watch --month`."""
HALTED = 3
"""The exit code of `--once` where the log is given no places (audit/services/halt.py); all else is done."""
OLDER_AT_ONCE = 12
"""So many older months are judged in a round, the newest first; the others wait for the next."""


def _fold() -> Mapping[str, Any]:
    """Into the statistics, a batch a transaction; after a large import the other chores have their turn in between."""
    folded, some = 0, 1
    while folded < FOLD_AT_MOST and some:
        with turn():
            some = fold()
        folded += some
    return {"versions": folded} if folded else {}


def _compare() -> Mapping[str, Any]:
    """The counties' sums with the others, and made anew where a worker of the version before folded past them."""
    with turn():
        return {"counties": "made anew"} if mend_counties() else {}


def _forget() -> Mapping[str, Any]:
    """What was counted of knocks whose minute is over, files for registers that nobody may take any more, and what
    sessions held that are over."""
    at = timezone.now()
    found = {
        "knocks": forget_knocks(at=at),
        "import_files": forget_imports(at=at),
        "sessions": forget_sessions(at=at, policy=settings.SESSION_POLICY),
    }
    return {name: count for name, count in found.items() if count}


class Watch:
    """Judge agencies' months: last month and this one every time, older ones when something new speaks of them."""

    def __init__(self) -> None:
        self._mark: Mark | None = None
        self._waiting: set[date] = set()

    def round(self) -> Mapping[str, Any]:
        """One round. What an outage keeps it from is looked at again in the next one."""
        at, policy = timezone.now(), settings.MATCH_POLICY
        now = mark()
        last_month = (day_of(at).replace(day=1) - timedelta(days=1)).replace(day=1)
        self._waiting |= months_touched(
            since=self._mark or now.before(LOOK_BACK),
            before=last_month,
            reach=timedelta(days=policy.longest),
        )
        self._mark = now
        older = sorted(self._waiting, reverse=True)[:OLDER_AT_ONCE]
        cap = settings.AUDIT_POLICY.annual_cap
        told = watch_now(policy=policy, annual_cap=cap, actor=WORKER, at=at, older=older)
        self._waiting.difference_update(older)
        return told


class Command(BaseCommand):
    help = (
        "Delivers filings (备案) to the platform in PLATFORM_URL, folds visits into the statistics, watches "
        "agencies' months and tries drafts of rules; "
        "one JSON line per event; ends on SIGTERM or SIGINT."
    )

    # A worker has no pages: leaving the URL checks out saves it the import of every door.
    requires_system_checks = [Tags.security]

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="deliver what is due now, then end")
        parser.add_argument("--poll-seconds", type=float, default=0.5, help="how often an idle worker looks (0.5)")
        parser.add_argument("--lanes", type=int, default=4, help="enterprises whose letters are sent at once (4)")

        # For drills: the courier's clock runs so many times as fast since a moment, the same for all workers.
        parser.add_argument("--hurry", default="", help=SUPPRESS)

    def chores(self) -> list[Chore]:
        """What this worker does beside delivering (project/management/commands/work.py: what floors above add)."""
        return [
            Chore(name="folded", every=FOLD_EVERY, run=_fold),
            Chore(name="compared", every=COMPARE_EVERY, run=_compare),
            Chore(name="watched", every=WATCH_EVERY, run=Watch().round),
            Chore(name="forgotten", every=FORGET_EVERY, run=_forget),
        ]

    def handle(self, *args: Any, once: bool, poll_seconds: float, lanes: int, hurry: str, **options: Any) -> None:
        self._hurry, self._since = _read_hurry(hurry)
        if not 0.01 <= poll_seconds <= 3600 or not 1 <= lanes <= 64:
            raise CommandError("--poll-seconds: 0.01 … 3600; --lanes: 1 … 64")
        self._one_line = threading.Lock()
        rounds = Rounds(self.chores(), tell=self._tell)
        log = Sequencing(log=settings.LOG, witnesses=Witnesses(settings.WITNESS_POLICY), tell=self._tell)
        # A file of SQLite's that has no WAL yet, a restored one say, gets it from whoever opens it first. Of threads
        # that open it at once, all but that one would fail: SQLite lets nobody wait for this.
        connection.ensure_connection()
        with ExitStack() as beside:
            for chore in (sealer(), log.sequencer(), log.cosigner(), trier()):
                threaded = Rounds([chore], tell=self._tell)
                if once:
                    threaded.once()
                else:
                    beside.enter_context(threaded)
            self._work(once, poll_seconds, lanes, rounds)
        if once and log.halted is not None:
            raise CommandError(_("存证日志已停止排序：%s") % log.halted, returncode=HALTED)

    def _work(self, once: bool, poll_seconds: float, lanes: int, rounds: Rounds) -> None:
        policy: AuditPolicy = settings.AUDIT_POLICY
        if not policy.platforms:
            self._wait_for_settings(once, rounds)
            return
        # A lease outlives a letter on the wire, whose time nobody hurries.
        pace = Pace(lanes=lanes, lease=(policy.timeout + LEASE_MARGIN) * self._hurry, probe=policy.probe)
        with lines(policy, settings.LOG) as open_lines:
            courier = Courier(lines=open_lines, source=policy.source, clock=self._clock, pace=pace, tell=self._tell)
            reconciling = Rounds([self._reconciling(open_lines, policy.source)], tell=self._tell)
            with _signals(courier.stop), nullcontext() if once else rounds, nullcontext() if once else reconciling:
                self._tell("started", {"platforms": [line.addressee.url for line in open_lines], "lanes": lanes})
                if once:
                    rounds.once()
                courier.run(poll_seconds=None if once else poll_seconds)
                self._tell("ended", {})

    def _reconciling(self, open_lines: list[Line], source: str) -> Chore:
        """Each day's reckoning with each platform, until there is no difference. In a thread of its own: it waits for
        platforms."""

        def run() -> Mapping[str, Any]:
            for line in open_lines:
                self._reconcile(line, source)
            return {}

        return Chore(name="reconciled", every=RECONCILE_EVERY, run=run)

    def _reconcile(self, line: Line, source: str) -> None:
        code = line.addressee.code
        if not may_reconcile(code=code, at=timezone.now()):
            return
        for day in days_to_reckon(code=code, at=timezone.now()):
            sent = manifest_of(code=code, day=day, source=source, at=timezone.now())
            try:
                answered = line.platform.reconcile(sent)
            except NotDelivered as failure:
                self._tell("manifest_failed", {"platform": code, "day": str(day), "detail": failure.detail})
                if is_platforms_own(failure.http_status):
                    return
                continue  # it refuses this day's: the others are not held up
            kept = keep_difference(sent=sent, answered=answered, actor=WORKER, at=timezone.now())
            if kept.difference:
                logger.error("manifest: %s", sentence(kept))
            self._tell(
                "reconciled",
                {
                    "platform": code,
                    "day": str(day),
                    "count": kept.count,
                    "difference": kept.difference,
                    "again": kept.again,
                },
            )

    def _wait_for_settings(self, once: bool, rounds: Rounds) -> None:
        """Without a platform filings wait in the outbox; a worker that ended would only be started again and again."""
        ended = threading.Lock()
        ended.acquire()
        with _signals(ended.release):
            self._tell("no_platform", {"detail": _("未设置 PLATFORM_URL：备案留在待报送箱中，设置后重启本进程即报送")})
            if once:
                rounds.once()
                return
            with rounds:
                ended.acquire()
            self._tell("ended", {})

    def _clock(self) -> datetime:
        return self._since + (timezone.now() - self._since) * self._hurry

    def _tell(self, event: str, facts: Mapping[str, Any]) -> None:
        line = {"at": utc_text(timezone.now()), "event": event, **facts}
        with self._one_line:
            self.stdout.write(json.dumps(line, ensure_ascii=False))
            self.stdout.flush()


def _read_hurry(text: str) -> tuple[float, datetime]:
    """How fast the courier's clock runs, and since when. Raises CommandError."""
    if not text:
        return 1.0, timezone.now()
    if settings.PRODUCTION:
        raise CommandError("--hurry")
    fast, _at, since = text.partition("@")
    try:
        return float(fast), datetime.fromisoformat(since)
    except ValueError as error:
        raise CommandError("--hurry 2400@2026-11-27T19:00:00+00:00") from error


@contextmanager
def _signals(stop: Callable[[], None]) -> Iterator[None]:
    """SIGTERM and SIGINT ask for the end, once; a second SIGINT interrupts as usual."""
    numbers = (signal.SIGTERM, signal.SIGINT)
    before = {number: signal.getsignal(number) for number in numbers}

    def handle(*_frame: Any) -> None:
        for number in numbers:
            signal.signal(number, before[number])
        stop()

    for number in numbers:
        signal.signal(number, handle)
    try:
        yield
    finally:
        for number in numbers:
            signal.signal(number, before[number])
