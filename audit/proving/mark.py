"""How far a verification came, so that a later one goes on from there (增量核验)."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, Self

from django.db.models import Max, Min

from audit.models import Checkpoint, Entry, Filing, Log, Verification, VisitFact

SETTLED = timedelta(minutes=30)
"""A deed is committed that long after it read the clock, at the latest: what is older stands in its table."""
TOLD = 2 * SETTLED
"""Entries are read from further back than the rows that they tell of."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """Keys of entries, visit facts and filings up to which all is settled; and each log's size (by its number)."""

    entry: int = 0
    fact: int = 0
    filing: int = 0
    logs: Mapping[int, int] = field(default_factory=dict)

    @classmethod
    def now(cls, at: datetime, *, since: "Mark") -> Self:
        """At this moment of the database."""
        return cls(
            entry=_settled(Entry, "at", at - TOLD, after=since.entry),
            fact=_settled(VisitFact, "known_from", at - SETTLED, after=since.fact),
            filing=_settled(Filing, "created_at", at - SETTLED, after=since.filing),
            logs=_sizes(),
        )

    @classmethod
    def of(cls, run: Verification) -> Self:
        kept = run.mark
        sizes = {int(number): size for number, size in kept["logs"].items()}
        return cls(entry=kept["entry"], fact=kept["fact"], filing=kept["filing"], logs=sizes)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of_house(cls) -> Self:
        """The highest keys there are."""
        models: tuple[Any, ...] = (Entry, VisitFact, Filing)
        entry, fact, filing = (model.objects.aggregate(last=Max("pk"))["last"] or 0 for model in models)
        return cls(entry=entry, fact=fact, filing=filing, logs=_sizes())

    def lies_within(self, house: "Mark") -> bool:
        """Is there all that it says was verified?"""
        return (
            0 <= self.entry <= house.entry
            and 0 <= self.fact <= house.fact
            and 0 <= self.filing <= house.filing
            and all(0 <= size <= house.logs.get(number, 0) for number, size in self.logs.items())
        )


def last_mark() -> Mark | None:
    """Of the last run that found nothing. None: there was none. One that says more than there is counts for nothing."""
    house = Mark.of_house()
    for run in Verification.objects.filter(found=0).order_by("-pk").iterator():
        mark = read_mark(run)
        if mark is not None and mark.lies_within(house):
            return mark
    return None


def read_mark(run: Verification) -> Mark | None:
    """None: it is no mark."""
    try:
        mark = Mark.of(run)
    except (LookupError, TypeError, ValueError, AttributeError):
        return None
    numbers = (mark.entry, mark.fact, mark.filing, *mark.logs.values())
    return mark if all(isinstance(number, int) for number in numbers) else None


def _sizes() -> dict[int, int]:
    """Of each log, what its newest checkpoint signs."""
    sizes = {}
    for log in Log.objects.all():
        newest = Checkpoint.objects.filter(log=log).order_by("-size").first()
        sizes[log.number] = newest.size if newest else 0
    return sizes


def _settled(model: Any, column: str, moment: datetime, *, after: int) -> int:
    """Up to which key is every row older than this moment? `after`: up to there it was known before."""
    rows = model.objects.filter(pk__gt=after)
    first = rows.filter(**{f"{column}__gt": moment}).aggregate(first=Min("pk"))["first"]
    last = rows.aggregate(last=Max("pk"))["last"]
    return int(first - 1 if first is not None else last or after)
