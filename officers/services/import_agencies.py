"""Take rows of a file into the tree of agencies. An agency without a row stays as it is: absence never closes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.intake import Outcome, Refused, Row, Taken
from audit.register import NotRegistrable, lacking, refuse
from officers.models import Agency
from officers.register import AGENCY, PARENT
from officers.services.agency import save_agency

PLAIN_FIELDS = ("name", "region_code", "level", "supervised_by", "status")


def import_agencies(
    *, rows: Sequence[Row], actor: Actor, at: datetime, dry_run: bool = False, reason: str = ""
) -> Outcome:
    """Take all rows of a file, parents before children in whatever order they stand, each with its own entry.

    Agencies are hundreds, not millions, and each may move a branch: every one is the deed `save_agency`, in a
    transaction of its own. A rehearsal does the same in one transaction and takes it back.
    """
    if not dry_run:
        return _take(rows, actor=actor, at=at, reason=reason)
    with transaction.atomic():
        outcome = _take(rows, actor=actor, at=at, reason=reason)
        transaction.set_rollback(True)
    return outcome


def _take(rows: Sequence[Row], *, actor: Actor, at: datetime, reason: str) -> Outcome:
    outcome = Outcome()
    waiting = {row.values["code"]: row for row in rows}
    while waiting:
        ready = [row for row in waiting.values() if row.values.get("parent_code") not in waiting]
        if not ready:  # each waits for the other
            sentence = _("上级单位互相循环")
            outcome.refused += [
                Refused(row.line, refuse(PARENT, row.values["parent_code"], sentence)) for row in waiting.values()
            ]
            break
        for row in ready:
            del waiting[row.values["code"]]
            try:
                taken = _one(row, actor=actor, at=at, reason=reason)
            except NotRegistrable as refused:
                outcome.refused += [Refused(row.line, refusal) for refusal in refused.refusals]
                continue
            if taken is None:
                outcome.unchanged += 1
            else:
                outcome.new, outcome.changed = outcome.new + taken.new, outcome.changed + (not taken.new)
                outcome.taken.append(taken)
    return outcome


def _one(row: Row, *, actor: Actor, at: datetime, reason: str) -> Taken | None:
    """None: nothing changed."""
    values = row.values
    agency = Agency.objects.filter(code=values["code"]).first()
    new = agency is None
    if agency is None:
        if missing := lacking(AGENCY, values):
            raise NotRegistrable(missing)
        agency = Agency(code=values["code"])
    told: dict[str, Any] = {field: values[field] for field in PLAIN_FIELDS if field in values}
    changes = [(field, getattr(agency, field), value) for field, value in told.items()]
    if code := values.get("parent_code"):
        parent = Agency.objects.filter(code=code).first()
        if parent is None:
            raise NotRegistrable([refuse(PARENT, code, _("没有登记过这个上级单位"))])
        told["parent_id"] = parent.pk
        changes.append(("parent", agency.parent.code if agency.parent else "", code))
    changes = [(field, old, value) for field, old, value in changes if old != value]
    for field, value in told.items():
        setattr(agency, field, value)
    if not new and not changes:
        return None
    save_agency(agency=agency, actor=actor, at=at, reason=reason)
    return Taken(row.line, agency.code, new, () if new else changes)
