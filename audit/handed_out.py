"""A list handed out as a file: written, noted in the read log with its number of rows, and only then sent."""

import tempfile
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any

from django.http import FileResponse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.list_file import Form, Sheet, TooLong, write
from audit.problem import Problem
from audit.services.log_read import log_read

TYPES = {
    Form.CSV: "text/csv; charset=utf-8",
    Form.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
IN_MEMORY = 1 << 20
NO_MOMENT = nullcontext()


class TooManyRows(Problem):
    """Nothing is handed out: half a list would be taken for the whole one."""

    code, status, title = "too-many-rows", 400, gettext_lazy("行数太多，请缩小筛选范围")


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """A list to be written: which one (`page`, with which filters: `subject`), its title and columns, what its figures
    mean. `rows` are read while they are written."""

    page: str
    subject: str
    title: str
    headings: Sequence[str]
    rows: Iterable[Sequence[Any]]
    meaning: str = ""


def hand_out(
    listing: Listing,
    *,
    form: Form,
    actor: Actor,
    at: datetime,
    most: int,
    during: AbstractContextManager[None] = NO_MOMENT,
) -> FileResponse:
    """The file. Raises TooManyRows, and then nothing is noted. Nothing is sent if it cannot be noted.

    `during`: the moment in which the rows are read, which may be one that only reads; it is over before the note.
    """
    file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  # the response closes it
    try:
        with during:
            rows = write(form, _sheet(listing, actor=actor, at=at), listing.rows, file=file, most=most)
        log_read(page=f"{listing.page}.{form}", subject=listing.subject, shown=rows, actor=actor, at=at)
    except TooLong as refusal:
        file.close()
        raise TooManyRows(_("一次至多导出 %(most)s 行") % {"most": most}) from refusal
    except BaseException:
        file.close()
        raise
    return _sent(file, name=f"{listing.title}.{form}", kind=TYPES[form])


def hand_over(
    write_into: Callable[[IO[bytes]], None],
    *,
    name: str,
    kind: str,
    page: str,
    subject: str,
    shown: int,
    actor: Actor,
    at: datetime,
) -> FileResponse:
    """A file of another kind, of which we know how many lines it shows. Nothing is sent if it cannot be noted."""
    file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  # the response closes it
    try:
        write_into(file)
        log_read(page=page, subject=subject, shown=shown, actor=actor, at=at)
    except BaseException:
        file.close()
        raise
    return _sent(file, name=name, kind=kind)


def _sent(file: Any, *, name: str, kind: str) -> FileResponse:
    file.seek(0)
    response = FileResponse(file, as_attachment=True, filename=name, content_type=kind)
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _sheet(listing: Listing, *, actor: Actor, at: datetime) -> Sheet:
    notes: list[tuple[str, Any]] = [
        (_("筛选条件"), listing.subject or _("无")),
        (_("导出人"), actor.partition(":")[2]),
        (_("导出时间"), at),
    ]
    if listing.meaning:
        notes.append((_("口径"), listing.meaning))
    return Sheet(
        title=listing.title,
        headings=listing.headings,
        notes_title=_("说明"),
        notes=notes,
        chinese=(get_language() or "zh").startswith("zh"),
    )
