"""Which months does something new speak of? Rulings, imports and late papers reach back to months long judged."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Exists, Max, OuterRef, Q, QuerySet
from django.db.models.functions import TruncMonth

from audit.facts import SHANGHAI
from audit.models import Document, VisitFact
from audit.unscanned import start_of

LATE = 10_000
"""Rows whose keys may have been taken before a mark and committed after it: more than ten chunks of an import."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """How far the versions of visits and of papers had come, by their keys."""

    fact: int
    document: int

    def before(self, rows: int) -> "Mark":
        return Mark(fact=self.fact - rows, document=self.document - rows)


def mark() -> Mark:
    """Now. Two statements, both answered by an index."""
    return Mark(fact=_newest(VisitFact), document=_newest(Document))


def _newest(table: Any) -> int:
    return int(table.objects.aggregate(newest=Max("pk"))["newest"] or 0)


def months_touched(*, since: Mark, before: date, reach: timedelta) -> set[date]:
    """The first days of the months before this day of which versions after the mark speak, or those that they replace
    spoke. A visit answers papers up to `reach` later, so those months are among them. Two statements."""
    since = since.before(LATE)
    facts = VisitFact.objects.filter(pk__gt=since.fact)
    again = Q(visit__in=facts.filter(version__gt=1).values("visit"))
    visits = VisitFact.objects.filter(Q(pk__gt=since.fact) | again, started_at__lt=start_of(before))
    same = {"source": OuterRef("source"), "source_ref": OuterRef("source_ref")}
    papers = Document.objects.filter(Exists(Document.objects.filter(pk__gt=since.document, **same)), on__lt=before)
    found = _months(visits, TruncMonth("started_at", tzinfo=SHANGHAI))
    found |= {(_last(month) + reach).replace(day=1) for month in found}
    return {month for month in found if month < before} | _months(papers, TruncMonth("on"))


def _months(rows: "QuerySet[Any, Any]", month: TruncMonth) -> set[date]:
    found = rows.annotate(month=month).order_by().values_list("month", flat=True).distinct()
    return {each.date() if isinstance(each, datetime) else each for each in found}


def _last(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)
