"""Say that a subject without a licence is an enterprise after all (合并): one proposes, a second one confirms."""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.facts import year_of
from audit.history import save_as
from audit.lane import hold
from audit.models import VisitFact
from audit.problem import Problem
from audit.services.entry import record
from audit.services.file import file
from audit.services.flag import Whose
from audit.services.rejudge import rejudge
from audit.services.visit_fact import restate, told
from checkins.models import Merge, MergeConfirmation, Resolution, Visit
from enterprises.credit_code import clean
from enterprises.models import Enterprise
from enterprises.services.merged import mark_merged


class NotMergeable(Problem):
    """The first is no unmerged subject, or the second no licensed enterprise."""

    code, status, title = "not-mergeable", 422, _("须由未合并的无照对象并入有照企业")


class SamePerson(Problem):
    code, status, title = "merge-same-person", 409, _("合并须由另一人确认")


class MergedAlready(Problem):
    code, status, title = "merged-already", 409, _("该对象已经合并")


def propose_merge(*, subject: str, credit_code: str, reason: str, actor: Actor, at: datetime) -> Merge:
    """One person's word. Raises NotMergeable."""
    with transaction.atomic():
        found, enterprise = _pair(clean(subject), clean(credit_code))
        merge = Merge(
            subject=found.credit_code,
            credit_code=enterprise.credit_code,
            reason=reason,
            proposed_by=actor,
            at=at,
        )
        merge.save(force_insert=True)
        record(
            kind="merge-proposed",
            subject=f"enterprise:{found.credit_code}",
            body={"credit_code": enterprise.credit_code, "reason": reason},
            actor=actor,
            at=at,
        )
    return merge


def confirm_merge(*, merge: Merge, annual_cap: int, actor: Actor, at: datetime) -> int:
    """The second person's yes: the subject's visits are the enterprise's from now on. Returns how many.

    Their numbers stay; each gets a new version of its fact and a filing, and the years that they fall in are judged
    anew. Raises SamePerson, MergedAlready, NotMergeable.
    """
    if merge.proposed_by == actor:
        raise SamePerson
    try:
        with transaction.atomic():
            for code in sorted((merge.subject, merge.credit_code)):
                hold(code)
            subject, enterprise = _pair(merge.subject, merge.credit_code)
            MergeConfirmation(merge=merge, confirmed_by=actor, at=at).save(force_insert=True)
            enterprise = mark_merged(subject=subject, into=enterprise, actor=actor, at=at)
            facts = [
                _move(visit, enterprise=enterprise, actor=actor, at=at)
                for visit in Visit.objects.filter(credit_code=merge.subject).order_by("started_at", "id")
            ]
            record(
                kind="merge-confirmed",
                subject=f"enterprise:{merge.subject}",
                body={
                    "credit_code": merge.credit_code,
                    "visits": [fact.visit for fact in facts],
                    "facts": [told(fact) for fact in facts],
                },
                actor=actor,
                at=at,
            )
            _judge(facts, enterprise=enterprise, annual_cap=annual_cap, actor=actor, at=at)
    except IntegrityError as error:
        raise MergedAlready from error
    return len(facts)


def _pair(subject: str, credit_code: str) -> tuple[Enterprise, Enterprise]:
    rows = {row.credit_code: row for row in Enterprise.objects.filter(credit_code__in=(subject, credit_code))}
    found, enterprise = rows.get(subject), rows.get(credit_code)
    if (
        found is None
        or enterprise is None
        or found.kind != Enterprise.Kind.SUBJECT
        or enterprise.kind != Enterprise.Kind.LICENSED
        or found.status != Enterprise.Status.OPEN
    ):
        raise NotMergeable
    return found, enterprise


def _move(visit: Visit, *, enterprise: Enterprise, actor: Actor, at: datetime) -> VisitFact:
    visit.credit_code = enterprise.credit_code
    visit.enterprise = enterprise
    save_as(visit, actor=actor, at=at, reason="visit.merged")
    fact = restate(
        visit.number,
        changes={
            "credit_code": enterprise.credit_code,
            "enterprise_name": enterprise.name,
            "region_code": enterprise.region_code,
            "industry": enterprise.industry,
            "risk_grade": enterprise.risk_grade,
        },
        at=at,
    )
    filing = file(
        number=f"{fact.visit}-{fact.version}",
        event="visit.merged",
        credit_code=enterprise.credit_code,
        visit=fact.visit,
        payload=told(fact),
        at=at,
    )
    _move_scans(visit, enterprise=enterprise, filing=filing.number, actor=actor, at=at)
    return fact


def _move_scans(visit: Visit, *, enterprise: Enterprise, filing: str, actor: Actor, at: datetime) -> None:
    """The visit's scans are at the enterprise from now on: later ones are grouped with them there."""
    latest: dict[UUID, Resolution] = {}
    for resolution in Resolution.objects.filter(scan__resolutions__visit=visit).order_by("serial"):
        latest[resolution.scan_id] = resolution
    for resolution in latest.values():
        if resolution.visit_id == visit.pk:
            Resolution(
                scan_id=resolution.scan_id,
                serial=resolution.serial + 1,
                visit=visit,
                agency_id=resolution.agency_id,
                credit_code=enterprise.credit_code,
                purpose=resolution.purpose,
                onsite_at=resolution.onsite_at,
                by=actor,
                at=at,
                filing=filing,
                facts={"merged_into": enterprise.credit_code},
            ).save(force_insert=True)


def _judge(moved: list[VisitFact], *, enterprise: Enterprise, annual_cap: int, actor: Actor, at: datetime) -> None:
    """Tell the supervisors what the moved visits change at the enterprise; a subject has no flags to lower."""
    if not moved:
        return
    years = [year_of(fact.started_at) for fact in moved]
    rejudge(
        whose=Whose(
            credit_code=enterprise.credit_code, enterprise_name=enterprise.name, region_code=enterprise.region_code
        ),
        agencies={fact.agency_code for fact in moved},
        years=range(min(years), max(years) + 2),
        annual_cap=annual_cap,
        reason="无照对象并入企业后重新计数",
        confirmed=True,
        actor=actor,
        at=at,
    )
