"""Try a draft on the past (试算): the visits of some months judged twice, and nothing written but the result."""

import logging
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.agency_months import Month, tallies_of
from audit.contrast import Contrast, contrast, differences, laws_about_agencies, monthly_differences
from audit.facts import day_of
from audit.kinds import Kind
from audit.lane import hold
from audit.law import Law
from audit.matching import MatchPolicy
from audit.models import RuleDraft, RuleTrial, RuleTrialResult
from audit.moment import one_moment
from audit.problem import Problem
from audit.queries import rules
from audit.replay import Outcome, Side, Span
from audit.sandbox import ENTERPRISES_A_LAW, Question, Reach, enterprises, versions
from audit.services.enact_draft import drafted_rule

logger = logging.getLogger("audit.trial")

LINES, AGENCIES = 1_000, 200
"""So many flags that differ are kept, and so many agencies; all are counted."""


@dataclass(slots=True)
class Tally:
    """What differs, as it comes. `flags`, `enterprises`, `agencies`: by side, the different ones of each."""

    visits: int = 0
    enterprises: int = 0
    flags: Counter[Side] = field(default_factory=Counter)
    whom: defaultdict[Side, set[str]] = field(default_factory=lambda: defaultdict(set))
    whose: defaultdict[Side, Counter[tuple[str, str]]] = field(default_factory=lambda: defaultdict(Counter))
    lines: list[Outcome] = field(default_factory=list)

    def add(self, one: Outcome) -> None:
        self.flags[one.side] += 1
        if one.credit_code:
            self.whom[one.side].add(one.credit_code)
        if one.agency_code:
            self.whose[one.side][one.agency_code, one.agency] += 1
        if one.side is not Side.BOTH and len(self.lines) < LINES:
            self.lines.append(one)

    def counts(self) -> dict[str, Any]:
        """By side: flags, enterprises, agencies; what the draft flags in all; the agencies that most changes for."""
        flagged = (Side.DRAFT, Side.BOTH)
        told: dict[str, Any] = {
            str(side): {
                "flags": self.flags[side],
                "enterprises": len(self.whom[side]),
                "agencies": len(self.whose[side]),
            }
            for side in Side
        }
        told["flagged"] = {
            "flags": sum(self.flags[side] for side in flagged),
            "enterprises": len(self.whom[Side.DRAFT] | self.whom[Side.BOTH]),
            "agencies": len(self.whose[Side.DRAFT].keys() | self.whose[Side.BOTH].keys()),
        }
        changes = self.whose[Side.DRAFT] + self.whose[Side.ENACTED]
        told["by_agency"] = [
            {"code": code, "name": name, **{str(side): self.whose[side][code, name] for side in Side}}
            for (code, name), _many in changes.most_common(AGENCIES)
        ]
        return told


class TrialWaiting(Problem):
    """One at a time: the worker has another of this account's to do."""

    code, status, title = "rule-trial-waiting", 409, _("您还有一次试算在排队，请等它完成")


def ask_trial(
    draft: RuleDraft, *, span: Span, region_prefix: str, reach: Reach, most: int, actor: Actor, at: datetime
) -> RuleTrial:
    """Write down what is to be tried. `queued` on the answer: it would read more than `most` versions of visits, and is
    the worker's; else `run_trial` does it at once. Its row, appended and sealed, is its record. Raises TrialWaiting."""
    trial = RuleTrial(
        draft=draft,
        first=span.first,
        last=span.last,
        region_prefix=region_prefix,
        reach_region=reach.region_prefix,
        reach_agency=reach.supervised_by,
        by=actor,
        at=at,
    )
    trial.queued = versions(_question(trial)) > most
    with transaction.atomic():
        hold(f"trials:{actor}")
        if trial.queued and waiting().filter(by=actor).exists():
            raise TrialWaiting
        trial.save(force_insert=True)
    return trial


def waiting() -> QuerySet[RuleTrial]:
    """What the worker still has to try, the oldest first."""
    return RuleTrial.objects.filter(queued=True, result__isnull=True).order_by("pk")


def run_trial(trial: RuleTrial, *, annual_cap: int, policy: MatchPolicy, at: datetime) -> RuleTrialResult:
    """Judge the visits of the trial's days by the law in force on the day `at`, with and without the draft; where the
    draft is about agencies as a whole, each month that these days touch.

    Two statements, the visits streamed (of agencies: at most three a month), in a transaction that cannot write; then
    the result. What breaks is kept as broken and logged, lest it be tried for ever.
    """
    tally, broke = Tally(), False
    try:
        with one_moment():
            for one in _differences(trial, tally=tally, annual_cap=annual_cap, policy=policy, at=at):
                tally.add(one)
    except Exception:
        logger.exception("trial %s", trial.pk)
        tally, broke = Tally(), True
    result = RuleTrialResult(
        trial=trial,
        visits=tally.visits,
        enterprises=tally.enterprises,
        counts=tally.counts(),
        lines=[_told(one) for one in tally.lines],
        broke=broke,
        at=at,
    )
    try:
        with transaction.atomic():
            result.save(force_insert=True)
    except IntegrityError:  # another worker was faster
        return RuleTrialResult.objects.get(trial=trial)
    return result


def _differences(
    trial: RuleTrial, *, tally: Tally, annual_cap: int, policy: MatchPolicy, at: datetime
) -> Iterator[Outcome]:
    question, enacted = _question(trial), rules()
    draft = drafted_rule(trial.draft)
    about_agencies = laws_about_agencies(draft, enacted=enacted, on=day_of(at))
    if about_agencies is not None:
        yield from _of_agencies(question, laws=about_agencies, policy=policy, at=at)
        return
    compared = contrast(draft, enacted=enacted, annual_cap=annual_cap, on=day_of(at))
    laws = _laws(compared)
    for place, (credit_code, facts, enterprise) in enumerate(enterprises(question, tried=compared.changed), start=1):
        if place % ENTERPRISES_A_LAW == 0:
            laws = _laws(compared)
        tally.enterprises += 1
        tally.visits += len(facts)
        found = differences(
            facts, credit_code=credit_code, enterprise=enterprise, compared=compared, laws=laws, span=question.span
        )
        yield from (one for one in found if question.sees(one))


def _of_agencies(question: Question, *, laws: tuple[Law, Law], policy: MatchPolicy, at: datetime) -> Iterator[Outcome]:
    """An agency's month counts whole, wherever it went; told are those that the asker sees."""
    today = day_of(at)
    [draft] = question.drafts
    for month in Month.between(question.span.first, min(question.span.last, today)):
        tallies = tallies_of(month, kinds={Kind(draft.kind)}, policy=policy, today=today)
        for _code, tally in sorted(tallies.items()):
            found = monthly_differences(tally, laws=laws, period=str(month), on=month.last)
            yield from (one for one in found if question.sees(one))


def _laws(compared: Contrast) -> Any:
    return compared.changed.law(), compared.standing.law()


def _question(trial: RuleTrial) -> Question:
    return Question(
        drafts=[drafted_rule(trial.draft)],
        span=Span(first=trial.first, last=trial.last),
        annual_cap=None,
        region_prefix=trial.region_prefix,
        reach=Reach(region_prefix=trial.reach_region, supervised_by=trial.reach_agency),
    )


def _told(one: Outcome) -> dict[str, Any]:
    names = ("credit_code", "enterprise", "agency_code", "agency", "period", "rule", "counted", "sentence")
    return {"side": str(one.side), **{name: getattr(one, name) for name in names}}
