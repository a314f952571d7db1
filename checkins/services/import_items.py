"""Take rows of a file into the published lists of items. An item without a row stays as it is: absence ends nothing."""

from collections.abc import Mapping, Sequence
from copy import copy
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.intake import Outcome, Refused, Row, Taken
from audit.register import Refusal, lacking, refuse
from audit.services.bulk_register import change_in_bulk, create_in_bulk, row_by_row
from checkins.item_columns import AGENCY_CODE, ITEM, VALID_UNTIL, identity
from checkins.models import Item
from officers.queries import agencies_of

FIELDS = ("name", "basis", "valid_from", "valid_until")


def import_items(
    *, rows: Sequence[Row], actor: Actor, at: datetime, dry_run: bool = False, reason: str = ""
) -> Outcome:
    """Take one chunk of rows in one transaction; a row that the database refuses is left out by itself.

    The same rows again change nothing. Refused: an agency that the register does not have, an end before the beginning.
    """

    def take(some: Sequence[Row]) -> Outcome:
        agencies = agencies_of({row.values.get("agency_code", "") for row in some})
        known = _known(some)
        outcome, new, changed = Outcome(), [], []
        for row in some:
            before = known.get(identity(row.values))
            item = copy(before) if before else Item(**_key(row.values))
            refusals = _tell(item, row.values, known_agencies=set(agencies), new=before is None)
            if refusals:
                outcome.refused += [Refused(row.line, refusal) for refusal in refusals]
            elif before is None:
                outcome.new += 1
                outcome.taken.append(Taken(row.line, item.code, new=True))
                new.append(item)
            elif changes := _changes(item, before):
                outcome.changed += 1
                outcome.taken.append(Taken(row.line, item.code, False, changes))
                changed.append(item)
            else:
                outcome.unchanged += 1
        if not dry_run:
            create_in_bulk(new, actor=actor, at=at, reason=reason)
            change_in_bulk(changed, actor=actor, at=at, reason=reason)
        return outcome

    return row_by_row(rows, take=take)


def _key(values: Mapping[str, Any]) -> dict[str, str]:
    return {name: values.get(name, "") for name in ("agency_code", "region_code", "code")}


def _known(rows: Sequence[Row]) -> dict[str, Item]:
    """The items of these rows as they stand, locked, by identity."""
    wanted = Q(code__in={row.values["code"] for row in rows})
    locked = Item.objects.select_for_update(no_key=True).filter(wanted).order_by("pk")
    return {
        identity({"agency_code": item.agency_code, "region_code": item.region_code, "code": item.code}): item
        for item in locked
    }


def _tell(item: Item, values: Mapping[str, Any], *, known_agencies: set[str], new: bool) -> list[Refusal]:
    """Write what the row says into the item; why not?"""
    if new and (missing := lacking(ITEM, values)):
        return missing
    if item.agency_code and item.agency_code not in known_agencies:
        return [refuse(AGENCY_CODE, item.agency_code, _("没有登记过这个单位，请先导入单位"))]
    for field in FIELDS:
        if field in values:
            setattr(item, field, values[field])
    if item.valid_until is not None and item.valid_until < item.valid_from:
        return [refuse(VALID_UNTIL, item.valid_until, _("早于生效日"))]
    return []


def _changes(item: Item, before: Item) -> list[tuple[str, Any, Any]]:
    both = [(field, getattr(before, field), getattr(item, field)) for field in FIELDS]
    return [(field, old, new) for field, old, new in both if old != new]
