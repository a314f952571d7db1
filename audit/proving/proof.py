"""The whole proof, at one moment of the database (`manage.py verify`)."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps

from audit.log_keys import LogKeys
from audit.models import Entry, Filing, Leaf, Log, VisitFact
from audit.moment import one_moment
from audit.proving.discrepancy import Course, Discrepancy
from audit.proving.entries import entries_altered
from audit.proving.facts import facts_altered, filings_altered
from audit.proving.growth import log_altered
from audit.proving.mark import Mark
from audit.proving.marks import marks_altered
from audit.proving.pictures import pictures_altered
from audit.proving.queue import queue_altered
from audit.proving.registers import registers_altered
from audit.proving.rows import new_rows_altered, rows_altered
from audit.proving.seals import Seals
from audit.proving.tellings import Tellings
from audit.seal_trigger import sealed_models


def rows_to_read() -> int:
    """How many rows will `prove` step over?"""
    registers = [
        model for model in apps.get_models() if hasattr(model, "history") and not hasattr(model, "instance_type")
    ]
    pictures = [model for model in apps.get_models() if hasattr(model, "fingerprints")]
    read: list[Any] = [Entry, Leaf, VisitFact, Filing, *sealed_models(), *registers, *pictures]
    return sum(model._base_manager.count() for model in read)


def prove(
    course: Course, *, keys: LogKeys | None, kept: timedelta, at: datetime, since: Mark | None = None
) -> Iterator[Discrepancy]:
    """Each row that does not hold, as it is found; nothing is written. `keys`: None leaves signatures unchecked.

    `kept`: how long entries are kept at least before they may be wiped.
    `since`: what an earlier run has verified is not read again; registers and pictures then are not read at all, and
    rows that nothing tells of are looked for among visit facts and filings alone.
    """
    recent, since = since is not None, since or Mark()
    with one_moment(), Tellings() as tellings, Seals() as seals:
        course.mark = Mark.now(at, since=since)
        yield from marks_altered()
        yield from entries_altered(tellings, seals, course, since=since, kept=kept, at=at)
        for log in Log.objects.order_by("number"):
            verifiers = [key.verifier for key in keys.note_keys(log.origin)] if keys else []
            yield from log_altered(log, course, verifiers=verifiers, size=since.logs.get(log.number, 0))
        yield from queue_altered(course, at=at, since=since)
        yield from facts_altered(tellings, course, since=since)
        yield from filings_altered(tellings, course, since=since)
        if recent:
            yield from new_rows_altered(seals, course)
            return
        yield from rows_altered(seals, course)
        yield from registers_altered(course)
        yield from pictures_altered(course)
