"""Which scans did a phone make and not hand in? Each phone counts its scans; a number that is missing says so, and one
that two scans bear is reported too.

A gap is written down by the scan that shows it: one whose next lower counter that has arrived is not its predecessor.
Whatever is missing lies below the next higher counter that ever arrives, and between both nothing was there for that
scan to see: so every missing counter is in some gap, in whatever order and from however many threads scans come.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Exists, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from checkins.models import Scan, SequenceGap, SequenceRepeat
from officers.models import Device


@dataclass(frozen=True, kw_only=True, slots=True)
class Missing:
    """Counters of one phone, `first` to `last` inclusive, that have not arrived."""

    device_id: int
    first: int
    last: int


def shown_by(*, device_id: int, counter: int | None, before: int | None) -> Missing | None:
    """What does a scan with this counter show to be missing? `before`: the next lower one that has arrived. Pure."""
    if counter is None or counter - 1 <= (before or 0):
        return None
    return Missing(device_id=device_id, first=(before or 0) + 1, last=counter - 1)


def counter_lane(device_id: int) -> str:
    """The lane of a phone that counts: of two scans with one counter, whichever comes second sees the other. Longer
    than a credit code (audit/lane.py)."""
    return f"phone-counter:{device_id:06}"


def around_counter(counter: int) -> dict[str, Subquery]:
    """Columns of a device's row: `before`, the next lower counter that has arrived, and `times`, how many scans bear
    this very one (none: NULL)."""
    mine = Scan.objects.filter(device=OuterRef("pk"))
    lower = mine.filter(counter__lt=counter).order_by("-counter")
    same = mine.filter(counter=counter).order_by().values("device").annotate(times=Count("pk"))
    return {"before": Subquery(lower.values("counter")[:1]), "times": Subquery(same.values("times"))}


def arrived(*, device_id: int, counter: int | None) -> tuple[int | None, int]:
    """The same of one phone. One statement; none for a phone that does not count."""
    if counter is None:
        return None, 0
    before, times = Device.objects.filter(pk=device_id).values_list(*around_counter(counter).values())[0]
    return before, times or 0


def open_repeats() -> QuerySet[SequenceRepeat]:
    """Counters that several scans of a phone bear, each once; `times`: how many. No later scan puts that right."""
    same = {"device": OuterRef("device"), "counter": OuterRef("counter")}
    told = SequenceRepeat.objects.filter(**same, scan_id__lt=OuterRef("scan_id"))
    scans = Scan.objects.filter(**same).order_by().values("device").annotate(times=Count("pk")).values("times")
    return SequenceRepeat.objects.filter(~Exists(told)).annotate(times=Subquery(scans))


def open_gaps(*, seen_until: datetime) -> QuerySet[SequenceGap]:
    """Gaps that were shown by then and are not closed; `missing`: how many counters. One within another is left out."""
    came = (
        Scan.objects.filter(device=OuterRef("device"), counter__gte=OuterRef("first"), counter__lte=OuterRef("last"))
        .order_by()
        .values("device")
        .annotate(came=Count("counter", distinct=True))
        .values("came")
    )
    wider = SequenceGap.objects.filter(
        device=OuterRef("device"), first__lte=OuterRef("first"), last__gte=OuterRef("last")
    ).exclude(pk=OuterRef("pk"))
    return (
        SequenceGap.objects.filter(~Exists(wider), at__lte=seen_until)
        .annotate(missing=F("last") - F("first") + 1 - Coalesce(Subquery(came), 0))
        .filter(missing__gt=0)
    )


def missing(gap: SequenceGap) -> Iterator[Missing]:
    """The counters of a gap that have not arrived yet, as ranges. One statement."""
    here = Scan.objects.filter(device_id=gap.device_id, counter__gte=gap.first, counter__lte=gap.last)
    begin = gap.first
    for counter in here.order_by("counter").values_list("counter", flat=True).distinct():
        if counter is not None and counter > begin:
            yield Missing(device_id=gap.device_id, first=begin, last=counter - 1)
        begin = (counter or 0) + 1
    if begin <= gap.last:
        yield Missing(device_id=gap.device_id, first=begin, last=gap.last)
