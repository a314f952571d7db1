"""Was an entry wiped by the law, or by somebody who wrote a `redacted` entry beside it?"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from audit.models import Entry
from audit.sealing import KIND as SEALED
from audit.services.redact import REDACTED, WIPED

DATED_BACK = timedelta(days=183)
"""What a restore had lost comes back under its own moment, at most so much later."""


class Wiping:
    """Goes along with the entries in the order of their keys.

    `kept`: how long entries of visits are kept at least. `at`: now. A wiped entry's own moment proves nothing, as its
    body is gone; it is no older than the lot of rows that the worker sealed before it.
    """

    def __init__(self, *, kept: timedelta, at: datetime, after: int) -> None:
        """`after`: the key behind which reading begins."""
        self._kept, self._at = kept, at
        before = Entry.objects.filter(kind=SEALED, pk__lte=after).order_by("-pk") if after else Entry.objects.none()
        self._sealed: datetime | None = before.values_list("at", flat=True).first()

    def passed(self, sealed: datetime) -> None:
        """A lot of sealed rows, of this moment, stands before what comes now."""
        self._sealed = sealed

    def orders(self, some: Sequence[Mapping[str, Any]]) -> dict[int, datetime]:
        """When was it ordered that these be wiped, by key? The first order counts."""
        wiped = {f"entry:{row['id']}": row["id"] for row in some if row["body"] is None}
        rows = Entry.objects.filter(kind=REDACTED, subject__in=list(wiped)) if wiped else Entry.objects.none()
        return {wiped[subject]: at for subject, at in rows.order_by("-at", "-pk").values_list("subject", "at")}

    def wrong(self, row: Mapping[str, Any], ordered: datetime | None) -> str:
        """What is wrong with this wiped entry; nothing where it was wiped as the law has it."""
        if ordered is None:
            return _("内容被抹去，却没有 redacted 条目")
        if row["salt"] is not None:
            return _("内容已抹去，盐值却留着")
        if row["kind"] not in WIPED:
            return _("这类条目永久保存，内容却被抹去")
        since = max(row["at"], self._sealed - DATED_BACK) if self._sealed else row["at"]
        if min(ordered, self._at) - since < self._kept:
            return _("未满留存期限，内容却被抹去")
        return ""
