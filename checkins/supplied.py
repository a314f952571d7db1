"""Reads of what was said of visits afterwards beside their results: which plan they carried out, who approved them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, Q, Value

from checkins.models import Approval, PlanLink, Visit


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Supplied:
    """`word`: `plan_no` or `approval_no`. `visit`: the row's id. `source`: the system that keeps the plan."""

    word: str
    serial: int
    visit: int
    said: str
    source: str
    by: str


def supplied(wanted: Q) -> list[Supplied]:
    """What was said of these visits, of each word in the order in which it was said. One statement."""
    plan, approval, nowhere = (Value(text, output_field=CharField()) for text in ("plan_no", "approval_no", ""))
    plans = PlanLink.objects.filter(wanted).values_list(plan, "pk", "visit_id", "plan_no", "source", "by")
    approvals = Approval.objects.filter(wanted).values_list(approval, "pk", "visit_id", "approval_no", nowhere, "by")
    names = ("word", "serial", "visit", "said", "source", "by")
    return sorted(Supplied(**dict(zip(names, row, strict=True))) for row in plans.union(approvals, all=True))


def words_of(visit: int, *, scans: Collection[str]) -> Mapping[str, Any]:
    """What was said of this visit, as a scan would have said it (checkins/rules.py, `missing_words`). One statement.

    `scans`: those that stand in it; what was said of a visit that it has taken in holds of it too.
    """
    taken_in = Q(visit__status=Visit.Status.ABSORBED, visit__opening_scan__in=list(scans))
    return {"emergency": False, **{one.word: one.said for one in supplied(Q(visit=visit) | taken_in)}}
