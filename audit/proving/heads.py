"""Are a log's checkpoints what it signed, one after another?"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from audit.models import Checkpoint, Log
from audit.note import BadNote, Head, Note, Verifier
from audit.promise import WITHIN
from audit.proving.chunks import chunks
from audit.proving.discrepancy import Discrepancy

TABLE = Checkpoint._meta.db_table


@dataclass(frozen=True, slots=True)
class SignedHead:
    """A checkpoint by value. `wrong`: what is wrong with the row itself; then it says nothing of the tree."""

    row: str
    size: int
    root: bytes
    at: datetime
    wrong: tuple[Discrepancy, ...]


def heads(log: Log, *, verifiers: Sequence[Verifier], after: int = 0) -> Iterator[SignedHead]:
    """Those over more than `after` places, in the order of their sizes.

    `verifiers`: all must have signed; none where the log's keys are not at hand.
    """
    last: Mapping[str, Any] | None = None
    for some in chunks(log.checkpoints.filter(size__gt=after).values("id", "size", "root", "at", "note"), by="size"):
        for row in some:
            named, root = f"{row['id']} ({log.origin}@{row['size']})", bytes(row["root"])
            says = _wrong(row, root, log=log, verifiers=verifiers)
            if not says and last is not None and (row["id"] < last["id"] or last["at"] - row["at"] > WITHIN):
                says = _("早于更小的检查点 %(other)s") % {"other": last["id"]}
            wrong = (Discrepancy(TABLE, named, says),) if says else ()
            if not wrong:
                last = row
            yield SignedHead(named, row["size"], root, row["at"], wrong)


def _wrong(row: Mapping[str, Any], root: bytes, *, log: Log, verifiers: Sequence[Verifier]) -> str:
    try:
        note = Note.of(row["note"])
        if verifiers and set(note.signed_by(verifiers)) != set(verifiers):
            return _("缺少日志的一个签名")
        said = Head.of(note.text)
    except BadNote as error:
        return _("签名文本不成立：%(why)s") % {"why": error}
    return "" if said == Head(log.origin, row["size"], root) else _("列与签名文本不符")
