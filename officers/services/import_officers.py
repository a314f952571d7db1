"""Take rows of a file into the register of officers. Who has no row stays as they are: absence never revokes."""

from collections.abc import Mapping, Sequence
from copy import copy
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.intake import Outcome, Refused, Row, Taken
from audit.register import Refusal, lacking, refuse
from audit.services.bulk_register import change_in_bulk, create_in_bulk, row_by_row
from officers.models import Agency, Officer
from officers.register import AGENCY_CODE, CERTIFICATE_NO, OFFICER, VALID_UNTIL
from officers.services.officer import date_the_status

PLAIN_FIELDS = ("name", "valid_from", "valid_until", "status", "status_since", "categories", "certified")


def import_officers(
    *,
    rows: Sequence[Row],
    actor: Actor,
    at: datetime,
    dry_run: bool = False,
    reason: str = "",
    within: QuerySet[Agency] | None = None,
) -> Outcome:
    """Take one chunk of rows in one transaction; a row that the database refuses is left out by itself.

    The same rows again change nothing. A new status counts from `at` unless the row says from when. `within`: the
    agencies whose officers these may be; another agency is as unknown as one that does not exist.
    """
    known = Agency.objects.all() if within is None else within

    def take(some: Sequence[Row]) -> Outcome:
        numbers = {row.values["certificate_no"] for row in some}
        locked = Officer.objects.select_for_update(no_key=True, of=("self",)).filter(certificate_no__in=numbers)
        officers = {officer.certificate_no: officer for officer in locked.select_related("agency").order_by("pk")}
        codes = {row.values["agency_code"] for row in some if "agency_code" in row.values}
        codes |= set() if within is None else {officer.agency.code for officer in officers.values()}
        agencies = {agency.code: agency for agency in known.filter(code__in=codes)}
        outcome, new, changed = Outcome(), [], []
        for row in some:
            before = officers.get(row.values["certificate_no"])
            officer = copy(before) if before else Officer(certificate_no=row.values["certificate_no"])
            if before is not None and within is not None and before.agency.code not in agencies:
                refusals = [refuse(CERTIFICATE_NO, before.certificate_no, _("该执法证号已登记在其他单位"))]
            else:
                refusals = _tell(officer, row, agencies, new=before is None)
            if refusals:
                outcome.refused += [Refused(row.line, refusal) for refusal in refusals]
                continue
            date_the_status(officer, before=before, at=at)
            if before is None:
                outcome.new += 1
                outcome.taken.append(Taken(row.line, officer.certificate_no, new=True))
                new.append(officer)
            elif _differs(officer, before):
                outcome.changed += 1
                outcome.taken.append(Taken(row.line, officer.certificate_no, False, _changes(officer, before, row)))
                changed.append(officer)
            else:
                outcome.unchanged += 1
        if not dry_run:
            create_in_bulk(new, actor=actor, at=at, reason=reason)
            change_in_bulk(changed, actor=actor, at=at, reason=reason)
        return outcome

    return row_by_row(rows, take=take)


def _tell(officer: Officer, row: Row, agencies: Mapping[str, Agency], *, new: bool) -> list[Refusal]:
    """Write what the row says into the officer; why not?"""
    values = row.values
    if new and (missing := lacking(OFFICER, values)):
        return missing
    code = values.get("agency_code")
    if code is not None:
        if code not in agencies:
            return [refuse(AGENCY_CODE, code, _("没有登记过这个单位，请先导入单位"))]
        officer.agency = agencies[code]
    for field in PLAIN_FIELDS:
        if field in values:
            setattr(officer, field, values[field])
    if officer.valid_until < officer.valid_from:
        return [refuse(VALID_UNTIL, officer.valid_until, _("早于有效期起"))]
    return []


def _differs(officer: Officer, before: Officer) -> bool:
    return any(getattr(officer, field) != getattr(before, field) for field in (*PLAIN_FIELDS, "agency_id"))


def _changes(officer: Officer, before: Officer, row: Row) -> list[tuple[str, Any, Any]]:
    """Field by field; the beginning of a status only where the row says one: else it is the moment of the deed."""
    told = [field for field in PLAIN_FIELDS if field != "status_since" or field in row.values]
    found = [(field, getattr(before, field), getattr(officer, field)) for field in told]
    found.append(("agency", before.agency.code, officer.agency.code))
    return [(field, old, new) for field, old, new in found if old != new]
