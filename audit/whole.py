"""Lists of the board in full, read row by row: all that their pages would show if one could turn far enough."""

import heapq
from collections.abc import Iterator
from typing import Any

from django.db.models import JSONField, OuterRef, QuerySet, Subquery

from audit.behind import Row, Which
from audit.models import Flag, FlagState, VisitFact
from audit.queries import FACT_COLUMNS, read_fact
from audit.tally import Tail

AT_ONCE = 2_000


def every_visit(which: Which, late: Tail) -> Iterator[Row]:
    """The visits of a figure, the newest first; two statements, of one moment inside `one_moment`."""
    touched = [turn.new for turn in late.turns]
    kept = which.kept().exclude(visit__in=[one.visit for one in touched])
    queued = VisitFact.objects.filter(pk__in=[one.fact_id for one in touched if which.holds(one)])
    summed = VisitFact.objects.filter(pk__in=kept.order_by().values("fact_id"))
    return heapq.merge(_read(queued), _read(summed), key=lambda row: row.fact.started_at, reverse=True)


def _read(facts: "QuerySet[VisitFact]") -> Iterator[Row]:
    ordered = facts.order_by("-started_at", "-visit").values("enterprise_name", *FACT_COLUMNS)
    for row in ordered.iterator(chunk_size=AT_ONCE):
        name = row.pop("enterprise_name")
        yield Row(fact=read_fact(row), enterprise=name)


def every_warning(flags: "QuerySet[Flag]") -> Iterator[Any]:
    """These flags, each with `state` and `evidence` as it stands, the newest first. One statement."""
    states = FlagState.objects.filter(flag=OuterRef("pk")).order_by("-at", "-pk")
    found = flags.annotate(
        state=Subquery(states.values("state")[:1]),
        evidence=Subquery(states.values("evidence")[:1], output_field=JSONField()),
    )
    return iter(found.order_by("-raised_at", "-pk").iterator(chunk_size=AT_ONCE))
