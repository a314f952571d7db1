"""Complaints, read: how one stands, and whether a form was sent before."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery

from audit.casework import State as CaseState
from audit.models import Case, Complaint, ComplaintState


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """What a complainant is told by the receipt. `note`: the last thing that was said to him, empty if nothing was.
    `rateable`: its case is closed, and the complainant has not said yet what he thinks of the handling."""

    number: str
    enterprise_name: str
    kind: str
    received_at: datetime
    state: str
    note: str
    since: datetime
    rateable: bool


def made_by(submission: UUID, *, credit_code: str) -> Complaint | None:
    """The complaint that this form has become, if it was sent before. One statement."""
    return Complaint.objects.filter(submission=submission, credit_code=credit_code).first()


def told(number: str) -> Told | None:
    """How does the complaint of this number stand? One statement. Whoever asks has shown the receipt's code."""
    last = ComplaintState.objects.filter(complaint__number=number).select_related("complaint__case").order_by("-serial")
    state = last.first()
    if state is None:
        return None
    complaint = state.complaint
    case: Case | None = getattr(complaint, "case", None)
    return Told(
        number=number,
        enterprise_name=complaint.enterprise_name,
        kind=str(Complaint.Kind(complaint.kind).label),
        received_at=complaint.received_at,
        state=str(ComplaintState.State(state.state).label),
        note=state.note,
        since=state.at,
        rateable=case is not None and case.state == CaseState.CLOSED and not case.rating,
    )


def as_they_stand(complaints: "QuerySet[Complaint]") -> "QuerySet[Complaint]":
    """Each complaint with its `state` and `grade`."""
    latest = ComplaintState.objects.filter(complaint=OuterRef("pk")).order_by("-serial")
    return complaints.annotate(
        state=Subquery(latest.values("state")[:1]),
        grade=Subquery(latest.values("grade")[:1]),
    )
