"""Are the entries what was written: leaf, bytes, columns, wiped ones beside their `redacted` entry?"""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from audit.canonical import FORMAT, leaf_hash, spell, utc_text
from audit.models import Entry
from audit.proving.chunks import chunks
from audit.proving.discrepancy import Course, Discrepancy
from audit.proving.lots import LOT_KINDS, lot_altered
from audit.proving.mark import Mark
from audit.proving.rows import name_of
from audit.proving.seals import Seals, lots_of
from audit.proving.tellings import Tellings, facts_of
from audit.proving.wiping import Wiping
from audit.sealing import KIND as SEALED

COLUMNS = ("id", "kind", "subject", "format", "at", "body", "salt", "leaf")
SAID = ("kind", "subject", "at", "format")
"""Columns that repeat what the content says."""
TELLING = frozenset({SEALED, "complaint", *LOT_KINDS})
"""Kinds that tell of other rows beside visits' facts."""
TABLE = Entry._meta.db_table


def entries_altered(
    tellings: Tellings, seals: Seals, course: Course, *, since: Mark, kept: timedelta, at: datetime
) -> Iterator[Discrepancy]:
    """Each entry by itself, in the order of keys; what it tells of other tables goes into `tellings` and `seals`.

    `kept`: the shortest time after which one may be wiped. `at`: now.
    """
    wiping = Wiping(kept=kept, at=at, after=since.entry)
    for some in chunks(Entry.objects.filter(pk__gt=since.entry).values(*COLUMNS)):
        orders = wiping.orders(some)
        for row in some:
            if row["body"] is None:
                course.counts["wiped"] += 1
                if says := wiping.wrong(row, orders.get(row["id"])):
                    yield Discrepancy(TABLE, named(row), says)
                tellings.wipe(utc_text(row["at"]))
                continue
            document, wrong = _read(row)
            for says in wrong:
                yield Discrepancy(TABLE, named(row), says)
            if document is None or wrong:
                tellings.wipe(utc_text(row["at"]))  # nothing is measured by what was altered
            else:
                if row["kind"] == SEALED:
                    wiping.passed(row["at"])
                if row["kind"] in TELLING or "facts" in document["body"]:
                    yield from _told(row, document, tellings, seals)
        course.went("entries", len(some))


def named(row: Mapping[str, Any]) -> str:
    return f"{row['id']} ({row['kind']} {row['subject']})"


def _read(row: Mapping[str, Any]) -> tuple[dict[str, Any] | None, list[str]]:
    """What the entry says, None where it says nothing; and what is wrong with it."""
    body = bytes(row["body"])
    wrong = []
    if leaf_hash(salt=bytes(row["salt"] or b""), body=body) != bytes(row["leaf"]):
        wrong.append(_("内容与叶哈希不符"))
    try:
        text = body.decode()
        document, end = _DECODER.raw_decode(text)
        if end != len(text):
            document = _DECODER.decode(text)  # white space behind it is not canonical, anything else no JSON
        is_canonical = spell(document) == text
    except (ValueError, RecursionError):
        return None, [*wrong, _("内容不是 JSON")]
    if not isinstance(document, dict) or not isinstance(document.get("body"), dict):
        return None, [*wrong, _("内容不是条目")]
    if not is_canonical:
        wrong.append(_("内容不是规范写法"))
    said = (document.get("kind"), document.get("subject"), document.get("at"), FORMAT)
    held = (row["kind"], row["subject"], utc_text(row["at"]), row["format"])
    if said != held:
        names = [name for name, one, other in zip(SAID, said, held, strict=True) if one != other]
        wrong += [_("列 %(column)s 与内容不符") % {"column": name} for name in names]
    return document, wrong


def _no_float(text: str) -> None:
    raise ValueError(text)


_DECODER = json.JSONDecoder(parse_float=_no_float, parse_constant=_no_float)
"""Building one for each entry would cost as much as reading it."""


def _told(
    row: Mapping[str, Any], document: Mapping[str, Any], tellings: Tellings, seals: Seals
) -> Iterator[Discrepancy]:
    body, entry, at = document["body"], row["id"], document["at"]
    if row["kind"] == SEALED:
        for lot in lots_of(body):
            seals.take(lot, entry=entry)
            for key in lot.get("gone", ()):
                yield Discrepancy(
                    name_of(lot["table"]), key, _("封存前已不在表中（条目 %(entry)s）") % {"entry": entry}
                )
    elif row["kind"] in LOT_KINDS:
        yield from lot_altered(body, entry=named(row), tellings=tellings, seals=seals)
    for fact in facts_of(body):
        tellings.tell(fact["visit"], fact["version"], fact, entry=entry, at=at, row=True)
    if row["kind"] == "complaint" and isinstance(body.get("complaint"), str):
        letter = {name: value for name, value in body.items() if name != "words"} | {"received_at": at}
        tellings.tell(body["complaint"], 0, letter, entry=entry, at=at, row=False)
