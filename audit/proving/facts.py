"""Do the visits' facts and the filings say what the entries told of them?"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from audit.canonical import utc_text
from audit.envelope import FLAG_LETTER
from audit.models import Entry, Filing, VisitFact
from audit.proving.chunks import chunks
from audit.proving.discrepancy import Course, Discrepancy
from audit.proving.mark import Mark
from audit.proving.tellings import Telling, Tellings, facts_of
from audit.services.visit_fact import told

FACTS = VisitFact._meta.db_table
FILINGS = Filing._meta.db_table
FILED = ("id", "number", "visit", "credit_code", "payload", "created_at")


def facts_altered(tellings: Tellings, course: Course, *, since: Mark) -> Iterator[Discrepancy]:
    """Each version of each visit, compared with its entry; then what was told and stands nowhere."""
    for some in chunks(VisitFact.objects.filter(pk__gt=since.fact).values()):
        for values in some:
            row = VisitFact(**values)
            telling = tellings.find(row.visit, row.version, seen_as="row")
            if telling is not None:
                for word in _fact_differs(row, telling):
                    says = _("%(word)s 与条目 %(entry)s 不符") % {"word": word, "entry": telling.entry}
                    yield Discrepancy(FACTS, f"{row.pk} ({row})", says)
            elif tellings.may_be_wiped(utc_text(row.known_from)):
                course.counts["unprovable"] += 1
            elif not tellings.in_a_lot(row.pk):
                yield Discrepancy(FACTS, f"{row.pk} ({row})", _("没有条目说到它"))
        course.went("facts", len(some))
    for visit, version, entry in tellings.unseen(seen_as="row"):
        if since.fact and VisitFact.objects.filter(visit=visit, version=version, pk__lte=since.fact).exists():
            continue
        yield Discrepancy(FACTS, f"{visit} v{version}", _("条目 %(entry)s 说到它，表中却没有") % {"entry": entry})


def _fact_differs(row: VisitFact, telling: Telling) -> Iterator[str]:
    values = told(row)
    if not telling.holds(values):
        facts = facts_of(_body_of(telling.entry))
        said = next(one for one in facts if (one["visit"], one["version"]) == (row.visit, row.version))
        yield from (word for word in telling.words if values.get(word) != said[word])
    if utc_text(row.known_from) != telling.at and not _known_with_the_one_before(row, telling):
        yield "known_from"


def _known_with_the_one_before(row: VisitFact, telling: Telling) -> bool:
    """A version is never known from earlier on than the one before it, though its deed read the clock before."""
    before = VisitFact.objects.filter(visit=row.visit, version=row.version - 1).first()
    return before is not None and before.known_from == row.known_from and utc_text(row.known_from) > telling.at


def filings_altered(tellings: Tellings, course: Course, *, since: Mark) -> Iterator[Discrepancy]:
    """What is owed to the platform, compared with the entry of its deed; then what was told and never filed."""
    for some in chunks(Filing.objects.filter(pk__gt=since.filing).values(*FILED)):
        for row in some:
            named, telling = f"{row['id']} ({row['number']})", _telling_of(row["number"], tellings)
            if telling is not None:
                for word in _filing_differs(row, telling):
                    says = _("%(word)s 与条目 %(entry)s 不符") % {"word": word, "entry": telling.entry}
                    yield Discrepancy(FILINGS, named, says)
            elif tellings.may_be_wiped(utc_text(row["created_at"])):
                course.counts["unprovable"] += 1
            elif not FLAG_LETTER.fullmatch(row["number"]):  # of those no deed's entry tells: they are sealed
                yield Discrepancy(FILINGS, named, _("没有条目说到它"))
        course.went("filings", len(some))
    for subject, version, entry in tellings.unseen(seen_as="filing"):
        number = f"{subject}-{version}" if version else subject
        if since.filing and Filing.objects.filter(number=number, pk__lte=since.filing).exists():
            continue
        yield Discrepancy(FILINGS, number, _("条目 %(entry)s 说到它，表中却没有") % {"entry": entry})


def _telling_of(number: str, tellings: Tellings) -> Telling | None:
    """A letter's number is its visit's and the version; a complaint's letter bears the complaint's number."""
    visit, _dash, version = number.rpartition("-")
    found = None
    if version.isascii() and version.isdigit() and len(version) < 10:
        found = tellings.find(visit, int(version), seen_as="filing")
    return found or tellings.find(number, 0, seen_as="filing")


def _filing_differs(row: Mapping[str, Any], telling: Telling) -> Iterator[str]:
    """Which words of the letter does the entry tell otherwise, or not at all?"""
    payload = row["payload"] if isinstance(row["payload"], dict) else {}
    beyond = payload.keys() - set(telling.words)
    if beyond or not telling.holds(payload):
        body = _body_of(telling.entry)
        number = {f"{one['visit']}-{one['version']}": one for one in facts_of(body)}
        further = body.get("further")  # of a letter that was taken back (audit/services/recover.py)
        spoken = {**body, **further} if isinstance(further, dict) else body
        said = {**spoken, "received_at": telling.at, **number.get(row["number"], {})}
        for word in sorted({*telling.words, *beyond}):
            if word not in payload or word not in said or payload[word] != said[word]:
                yield f"payload.{word}"
    about = payload.get("visit", payload.get("complaint"))
    if row["visit"] != about:
        yield "visit"
    if row["credit_code"] != payload.get("credit_code"):
        yield "credit_code"
    if utc_text(row["created_at"]) != telling.at:
        yield "created_at"


def _body_of(entry: int) -> dict[str, Any]:
    data = Entry.objects.values_list("body", flat=True).get(pk=entry)
    body: dict[str, Any] = json.loads(bytes(data or b"{}"))["body"]
    return body
