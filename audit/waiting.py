"""What waits for an account's decision (待办): drafts, doubted flags, cases, complaints, each with since when and until
when. What waits on other floors: checkins/waiting.py."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from audit.auth import Sight
from audit.behind import flags_in_sight
from audit.casework import State
from audit.complaints import as_they_stand
from audit.duties import Reach
from audit.explained import word
from audit.facts import day_of
from audit.kinds import Kind
from audit.models import Case, CaseStep, Complaint, ComplaintState, FlagState
from audit.rule_words import KIND_NAMES
from audit.rulebook import drafts_waiting
from audit.services.flag import DOUBTED
from audit.summing import below
from audit.working_days import WorkingDays

MOST = 50
"""So many of a sort are shown, the longest waiting first; one more is read, to say that there are others."""
CASES_WAIT = {
    State.OPENED: _("待交办"),
    State.HANDED: _("逾期未答复"),
    State.ANSWERED: _("待审核"),
    State.CLOSED: _("待回访"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """One thing that waits. `page`, `key`: where it is decided. `due`: a Shanghai day; None: no limit is set."""

    title: str
    note: str
    since: datetime
    page: str
    key: Any
    due: date | None = None


def drafts(sight: Sight) -> list[Waiting]:
    """Drafts of rules that somebody else has made. `due`: the day from which they are proposed. One statement."""
    return [
        Waiting(
            title=f"{row.title or KIND_NAMES[Kind(row.kind)]}（{row.code}）",
            note=f"{row.note} · {row.drafted_by}",
            since=row.drafted_at,
            due=row.effective_from,
            page="board-rule-draft",
            key=row.pk,
        )
        for row in drafts_waiting(sight, for_actor=sight.actor)[: MOST + 1]
    ]


def doubted(sight: Sight) -> list[Waiting]:
    """Warnings from which an agency's own deed took ground. One statement."""
    later = FlagState.objects.filter(flag=OuterRef("flag")).filter(
        Q(at__gt=OuterRef("at")) | Q(at=OuterRef("at"), pk__gt=OuterRef("pk"))
    )
    states = FlagState.objects.filter(~Exists(later), state=DOUBTED, flag__in=flags_in_sight(sight).values("pk"))
    return [
        Waiting(
            title=f"{state.flag.enterprise_name or state.flag.agency_name} {state.flag.period}",
            note=str(state.evidence.get("sentence", "")),
            since=state.at,
            page="admin:audit_flag_change",
            key=state.flag_id,
        )
        for state in states.select_related("flag").order_by("at", "pk")[: MOST + 1]
    ]


def cases(sight: Sight, *, today: date) -> list[Waiting]:
    """A bureau's cases: to hand out, to look through, overdue, to call back; an agency's: to answer. One statement."""
    if sight.reach is Reach.BRANCH:
        waits = below(sight.agency_code, path="agency_path") & Q(state=State.HANDED) & ~Q(agency_code="")
    else:
        # Nobody decides on a case of his own agency.
        waits = Q(supervised_by=sight.agency_code) & ~below(sight.agency_code, path="agency_path")
        waits &= (
            Q(state__in=[State.OPENED, State.ANSWERED])
            | Q(state=State.HANDED, due_on__lt=today)
            | Q(state=State.CLOSED, calls_back=True)
        )
    last = CaseStep.objects.filter(case=OuterRef("pk")).order_by("-serial").values("at")[:1]
    rows: Iterable[Any] = Case.objects.filter(waits).annotate(since=Subquery(last)).order_by("due_on", "pk")[: MOST + 1]
    return [
        Waiting(
            title=f"{row.enterprise_name} · {row.agency_name or row.number}",
            note=str(_("待单位答复")) if sight.reach is Reach.BRANCH else word(CASES_WAIT, row.state),
            since=row.since or row.opened_at,
            due=row.due_on,
            page="admin:audit_case_change",
            key=row.pk,
        )
        for row in rows
        if sight.agency_code
    ]


def complaints(sight: Sight, *, days: WorkingDays, hand_out_days: int) -> list[Waiting]:
    """Complaints that nobody has taken up. `due`: when they are to be handed out. One statement."""
    within = sight.rows(region="region_code", supervised_by="supervised_by")
    found: QuerySet[Any] = as_they_stand(Complaint.objects.filter(within, case__isnull=True))
    rows = found.filter(state=ComplaintState.State.OPEN).order_by("received_at", "pk")[: MOST + 1]
    return [
        Waiting(
            title=row.enterprise_name,
            note=f"{Complaint.Kind(row.kind).label} · {row.number}",
            since=row.received_at,
            due=days.after(day_of(row.received_at), hand_out_days),
            page="admin:audit_complaint_change",
            key=row.pk,
        )
        for row in rows
    ]
