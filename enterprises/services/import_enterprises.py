"""Take rows of a file into the register of enterprises and their places: new, changed, cancelled, moved.

What a row does not say stays as it is, and an enterprise without a row stays as it is: absence never deletes.
"""

from collections.abc import Sequence
from datetime import datetime

from audit.actor import Actor
from audit.intake import Outcome, Refused, Row, Taken
from audit.services.bulk_register import change_in_bulk, create_in_bulk, row_by_row
from enterprises.models import Enterprise, Premises
from enterprises.services.arrivals import Arrivals
from enterprises.services.search_index import keep_names, keep_new_names, keep_spots


def import_enterprises(
    *, rows: Sequence[Row], actor: Actor, at: datetime, dry_run: bool = False, reason: str = ""
) -> Outcome:
    """Take one chunk of rows in one transaction; a row that the database refuses is left out by itself.

    The same rows again change nothing: no history, no entry. `dry_run` reads and judges, and writes nothing.
    """

    def take(some: Sequence[Row]) -> Outcome:
        arrivals = _arrivals(some)
        outcome = _judge(arrivals, some)
        if not dry_run:
            create_in_bulk(arrivals.new_enterprises, actor=actor, at=at, reason=reason)
            change_in_bulk(list(arrivals.changed_enterprises.values()), actor=actor, at=at, reason=reason)
            keep_new_names(arrivals.new_enterprises)
            keep_names(arrivals.renamed.values())
            for place in arrivals.new_premises:
                place.enterprise = place.enterprise  # which has its key by now
            create_in_bulk(arrivals.new_premises, actor=actor, at=at, reason=reason)
            change_in_bulk(list(arrivals.changed_premises.values()), actor=actor, at=at, reason=reason)
            keep_spots([*arrivals.new_premises, *arrivals.changed_premises.values()])
        return outcome

    return row_by_row(rows, take=take)


def _arrivals(rows: Sequence[Row]) -> Arrivals:
    """The rows' enterprises and places as the database holds them, locked against other changes, not against scans."""
    codes = {row.values["credit_code"] for row in rows}
    found = Enterprise.objects.select_for_update(no_key=True).filter(credit_code__in=codes).order_by("pk")
    enterprises = {enterprise.credit_code: enterprise for enterprise in found}
    places: dict[str, list[Premises]] = {code: [] for code in codes}
    by_id = {enterprise.pk: enterprise for enterprise in enterprises.values()}
    if by_id:
        locked = Premises.objects.select_for_update(no_key=True)
        for place in locked.filter(enterprise_id__in=by_id).order_by("pk"):
            place.enterprise = by_id[place.enterprise_id]
            places[place.enterprise.credit_code].append(place)
    return Arrivals(enterprises=enterprises, places=places)


def _judge(arrivals: Arrivals, rows: Sequence[Row]) -> Outcome:
    outcome = Outcome()
    for row in rows:
        fate, refusals, changes = arrivals.take(row)
        if refusals:
            outcome.refused += [Refused(row.line, refusal) for refusal in refusals]
        elif fate == "new":
            outcome.new += 1
        elif fate == "changed":
            outcome.changed += 1
        else:
            outcome.unchanged += 1
        if not refusals and fate != "unchanged":
            outcome.taken.append(Taken(row.line, row.values["credit_code"], fate == "new", changes))
    return outcome
