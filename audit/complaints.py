"""Complaints, read: how one stands, and whether a form was sent before."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from django.db.models import Exists, OuterRef, QuerySet, Subquery

from audit.casework import Deed, Rating
from audit.casework import State as CaseState
from audit.models import Case, CaseStep, Complaint, ComplaintState

MOST_CHARACTERS = 2_000
"""So many a complaint may have, from wherever it comes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """What a complainant is told by the receipt. `note`: the last thing that was said to him, empty if nothing was.
    `grade`: how complex it is, and so how long it may take; empty until it was graded. `rateable`: it is closed, and
    the complainant has not said yet what he thinks of the handling."""

    number: str
    enterprise_name: str
    kind: str
    received_at: datetime
    grade: str
    state: str
    note: str
    since: datetime
    rateable: bool


def made_by(submission: UUID, *, credit_code: str) -> Complaint | None:
    """The complaint that this form has become, if it was sent before. One statement."""
    return Complaint.objects.filter(submission=submission, credit_code=credit_code).first()


def told(number: str) -> Told | None:
    """How does the complaint of this number stand? One statement. Whoever asks has shown the receipt's code."""
    states = ComplaintState.objects.filter(complaint__number=number).select_related("complaint__case")
    state = states.annotate(in_person=rated_in_person("complaint__case")).order_by("-serial").first()
    if state is None:
        return None
    complaint = state.complaint
    case: Case | None = getattr(complaint, "case", None)
    rated = state.in_person if case is not None else state.rating
    closed = (case.state if case is not None else state.state) in {CaseState.CLOSED, ComplaintState.State.CLOSED}
    return Told(
        number=number,
        enterprise_name=complaint.enterprise_name,
        kind=str(Complaint.Kind(complaint.kind).label),
        received_at=complaint.received_at,
        grade=str(ComplaintState.Grade(state.grade).label) if state.grade else "",
        state=str(ComplaintState.State(state.state).label),
        note=state.note,
        since=state.at,
        rateable=closed and not rated,
    )


def rated_in_person(case: str) -> Exists:
    """Has the complainant rated the handling himself since the case (in this column) was closed the last time? What he
    said when he was called back is not that: whoever handled the case wrote it down."""
    closed = CaseStep.objects.filter(case=OuterRef("case"), deed=Deed.CLOSE).order_by("-serial").values("serial")[:1]
    return Exists(CaseStep.objects.filter(case=OuterRef(case), deed=Deed.RATE, serial__gt=Subquery(closed)))


def as_they_stand(complaints: "QuerySet[Complaint]") -> "QuerySet[Complaint]":
    """Each complaint with its `state` and `grade`, and whether its complainant was ever `unsatisfied`, of itself or of
    its case."""
    states = ComplaintState.objects.filter(complaint=OuterRef("pk"))
    latest = states.order_by("-serial")
    steps = CaseStep.objects.filter(case__complaint=OuterRef("pk"), rating=Rating.UNSATISFIED)
    return complaints.annotate(
        state=Subquery(latest.values("state")[:1]),
        grade=Subquery(latest.values("grade")[:1]),
        unsatisfied=Exists(states.filter(rating=Rating.UNSATISFIED)) | Exists(steps),
    )


def orders_known(source_nos: Collection[str], *, hotline: str) -> set[str]:
    """Which of these work orders of this hotline are complaints already? One statement."""
    asked = {order_submission(number, hotline=hotline): number for number in source_nos}
    made = Complaint.objects.filter(source=Complaint.Source.HOTLINE, submission__in=asked)
    return {asked[submission] for submission in made.values_list("submission", flat=True)}


def order_submission(source_no: str, *, hotline: str) -> UUID:
    """The name of a work order for ever: each hotline has its own numbers, and two may have the same."""
    return uuid5(NAMESPACE_URL, f"12345:{hotline}:{source_no}")
