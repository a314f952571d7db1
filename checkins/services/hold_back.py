"""A later scan that would take its visit out of a count must wait for a supervisor (part of a deed, not one itself)."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from audit.actor import Actor
from audit.facts import Fact, State
from audit.law import Law, Rule
from checkins.amendment import KIND_WORDS, takes_out
from checkins.models import Correction, Ruling
from checkins.reading import Read, VisitRow

LATER = "后来的扫码另报了类别或事由"


def hold_back(
    read: Read,
    *,
    row: VisitRow | None,
    before: Fact | None,
    rules: Collection[Rule],
    scans: Collection[str],
    actor: Actor,
    at: datetime,
) -> tuple[Read, Mapping[str, Any] | None]:
    """The visit as it may be told, and the words that wait, as a Correction that its `scans` bring.

    What the first telling said stands. An agency that says afterwards, by a colleague's scan or a late one, that the
    visit was exempt or ordered by a superior says what a classification says, and is treated like one: else an organ
    over its cap would clear itself by scanning again. One statement where there are such words, two the first time.
    """
    if row is None or before is None or before.state != State.OPEN or not read.scans:
        return read, None
    told = {name: getattr(read.character, name) for name in KIND_WORDS}
    words = {name: value for name, value in told.items() if value != getattr(before, name)}
    if not words or not takes_out(before, words, law=Law(rules)):
        return read, None
    kept = replace(read, character=replace(read.character, **{name: getattr(before, name) for name in words}))
    said = Correction.objects.filter(visit_id=row.id, kind=Correction.Kind.CLASSIFICATION, claim=words)
    verdicts = list(said.order_by("-pk").values_list("ruling__verdict", flat=True)[:1])
    if not verdicts or verdicts == [Ruling.Verdict.SUPERSEDED]:
        if Correction.objects.filter(visit_id=row.id, ruling__isnull=True).exists():
            return kept, None  # another word of the agency waits already, and goes first
        Correction(
            visit_id=row.id,
            kind=Correction.Kind.CLASSIFICATION,
            claim=words,
            scans=sorted(scans),
            reason=LATER,
            by=actor,
            at=at,
        ).save(force_insert=True)
        return kept, words
    return kept, words if verdicts == [None] else None
