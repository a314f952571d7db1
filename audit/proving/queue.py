"""Has every entry one place in the log, or waits for it in the queue?"""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from audit.models import Entry, Leaf, PendingEntry
from audit.promise import WITHIN
from audit.proving.chunks import chunks
from audit.proving.discrepancy import Course, Discrepancy
from audit.proving.entries import TABLE, named
from audit.proving.mark import Mark

QUEUE = PendingEntry._meta.db_table
LEAVES = Leaf._meta.db_table
_PLACED = Leaf.objects.filter(entry=OuterRef("pk"))
_QUEUED = PendingEntry.objects.filter(pk=OuterRef("pk"))
_WRITTEN = Entry.objects.filter(pk=OuterRef("entry_id"))


def queue_altered(course: Course, *, at: datetime, since: Mark) -> Iterator[Discrepancy]:
    """Entries without a place, places and queue's rows without an entry. `at`: now, for those that wait too long."""
    entries = Entry.objects.filter(~Exists(_PLACED), pk__gt=since.entry).annotate(queued=Exists(_QUEUED))
    for some in chunks(entries.values("id", "kind", "subject", "at", "queued")):
        for row in some:
            if not row["queued"]:
                yield Discrepancy(TABLE, named(row), _("不在日志中，也不在队列中"))
                continue
            course.counts["waiting"] += 1
            if at - row["at"] > WITHIN:
                course.came_late(named(row))
    queued = PendingEntry.objects.annotate(
        placed=Exists(Leaf.objects.filter(entry=OuterRef("entry_id"))), written=Exists(_WRITTEN)
    )
    for some in chunks(queued.filter(placed=True).values("entry_id"), by="entry_id"):
        yield from (Discrepancy(QUEUE, str(row["entry_id"]), _("该条目已在日志中")) for row in some)
    for some in chunks(queued.filter(written=False).values("entry_id"), by="entry_id"):
        yield from (Discrepancy(QUEUE, str(row["entry_id"]), _("没有这一条目")) for row in some)
