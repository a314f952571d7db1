"""Say of a subject without a licence that it is this enterprise from now on (part of the merge's deed)."""

from copy import copy
from datetime import datetime

from audit.actor import Actor
from audit.history import save_as
from audit.services.register import save_registered
from enterprises.models import Enterprise
from enterprises.services.search_index import forget, keep_names


def mark_merged(*, subject: Enterprise, into: Enterprise, actor: Actor, at: datetime) -> Enterprise:
    """The subject's row stays, cancelled, and leads to the enterprise; in the caller's transaction.

    A search offers it no longer: whoever types the stall's name finds the enterprise, to which it has become a former
    name. Imports only add to those, so it lasts. Returns the enterprise as it is saved.
    """
    locked = Enterprise.objects.select_for_update(no_key=True).filter(pk__in=(subject.pk, into.pk)).order_by("pk")
    rows = {row.pk: row for row in locked}
    subject, before = rows[subject.pk], rows[into.pk]
    subject.status, subject.merged_into = Enterprise.Status.CANCELLED, before.credit_code
    save_as(subject, actor=actor, at=at, reason=f"merged into {before.credit_code}")
    forget(subject)
    enterprise = copy(before)
    names = dict.fromkeys([*before.former_names, *subject.former_names, subject.name])
    enterprise.former_names = [name for name in names if name != enterprise.name]
    save_registered(
        row=enterprise,
        before=before,
        noun="enterprise",
        name=enterprise.credit_code,
        actor=actor,
        at=at,
        reason=f"{subject.credit_code} merged into it",
    )
    keep_names([enterprise])
    return enterprise
