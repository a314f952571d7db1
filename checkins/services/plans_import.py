"""Take in many plans at once, from a file."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.bulk import columns
from audit.intake import Outcome, Refused
from audit.lane import hold
from audit.register import Refusal
from audit.services.bulk_register import append_in_bulk, row_by_row
from audit.services.documents import take_in
from checkins.models import Plan
from checkins.plan import LONGEST_DAYS, Announced, Host
from checkins.planning import versions_of
from checkins.rules import plan_number
from checkins.services.plan import SOURCE, paper_of
from enterprises.queries import facts_of


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanLine:
    """One line of the file; `credit_code` and days are read already. `agency_id`: the row of `host`."""

    line: int
    agency_id: int
    host: Host
    announced: Announced

    @property
    def number(self) -> str:
        return plan_number(agency_code=self.host.code, source_ref=self.announced.source_ref)


def import_plans(*, lines: Sequence[PlanLine], actor: Actor, at: datetime, dry_run: bool = False) -> Outcome:
    """Append what is new or different as versions, with their papers, in one transaction.

    The same again appends nothing. Refused, line by line: days that are no plan's, a withdrawal of what was never
    announced.
    """

    def take(some: Sequence[PlanLine]) -> Outcome:
        for code in sorted({line.host.code for line in some}):
            hold(f"plans:{code}")
        known = versions_of([line.number for line in some])
        enterprises = facts_of({line.announced.credit_code for line in some})
        outcome, papers, versions = Outcome(), [], []
        for line in some:
            before, told = known.get(line.number), line.announced.told()
            refusal = _refusal(line.announced, known=before is not None)
            if refusal is not None:
                outcome.refused.append(Refused(line.line, refusal))
                continue
            if before is not None and all(getattr(before, name) == said for name, said in told.items()):
                outcome.unchanged += 1
                continue
            plan = Plan(
                number=line.number,
                version=before.version + 1 if before else 1,
                agency_id=line.agency_id,
                source_ref=line.announced.source_ref,
                by=actor,
                at=at,
                **told,
            )
            versions.append({name: getattr(plan, name) for name in columns(Plan)})
            enterprise = enterprises.get(plan.credit_code)
            papers.append(paper_of(plan, line=line.line, host=line.host, enterprise=enterprise))
            if before is None:
                outcome.new += 1
            else:
                outcome.changed += 1
        if versions and not dry_run:
            append_in_bulk(versions, table=Plan, kind="plans_imported", actor=actor, at=at)
            refused = take_in(papers=papers, source=SOURCE, actor=actor, at=at).refused
            if refused:
                raise RuntimeError(f"a plan is no paper: {refused[0]}")
        return outcome

    return row_by_row(lines, take=take)


def _refusal(announced: Announced, *, known: bool) -> Refusal | None:
    days = (announced.last_day - announced.first_day).days
    if not 0 <= days < LONGEST_DAYS:
        sentence = _("早于起始日") if days < 0 else _("计划不能超过一年")
        return Refusal(column=_("截止日"), value=announced.last_day.isoformat(), sentence=sentence)
    if announced.withdrawn and not known:
        return Refusal(column=_("来源编号"), value=announced.source_ref, sentence=_("没有报过这个计划，无从撤销"))
    return None
