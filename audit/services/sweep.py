"""Find what time alone decides: visits whose second officer has not come by now (单人执法).

A scan judges at its own moment, when a second officer may still be on the stairs. Once the rule's minutes have passed,
the enterprise is judged again, unless a scan there has done so since.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import JSONField, OuterRef, Subquery
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.facts import Fact, Purpose, State, day_of
from audit.kinds import Kind
from audit.lane import hold
from audit.law import Law, Rule
from audit.models import Flag, FlagState, VisitFact
from audit.queries import FACT_COLUMNS, read_fact, rules
from audit.rules import judge
from audit.services.entry import record
from audit.services.flag import Whose
from audit.services.rejudge import rejudge
from audit.unscanned import present_facts

NEWEST = 20_000
"""Of so many of the newest scanned facts (P: a week of a large city; longer ago than that a worker has been down)."""
LOOK_BACK = timedelta(days=7)
AT_ONCE = 200
"""Enterprises that one run judges at most."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """An enterprise that one agency's visit makes to be judged again."""

    credit_code: str
    agency_code: str
    year: int
    enterprise_name: str
    region_code: str


def sweep(*, annual_cap: int | None, actor: Actor, at: datetime, limit: int = AT_ONCE) -> int:
    """Judge again the enterprises whose visits' minutes have passed; how many were they?

    Each in a transaction and lane of its own. Where nothing waits: at most three statements.
    """
    waiting = _waiting(Law(rules(), default_cap=annual_cap), at=at, limit=limit)
    for one in waiting:
        _judge(one, annual_cap=annual_cap, actor=actor, at=at)
    return len(waiting)


def _judge(one: Waiting, *, annual_cap: int | None, actor: Actor, at: datetime) -> None:
    with transaction.atomic():
        hold(one.credit_code)
        changes = rejudge(
            whose=Whose(credit_code=one.credit_code, enterprise_name=one.enterprise_name, region_code=one.region_code),
            agencies={one.agency_code},
            years=range(one.year, one.year + 1),
            annual_cap=annual_cap,
            reason=_("到时重新判断，已不符合预警条件"),
            confirmed=False,
            actor=actor,
            at=at,
        )
        if changes:
            told = [{"rule": turn.key[0], "period": turn.key[2], "state": turn.state} for turn in changes]
            body = {"agency_code": one.agency_code, "turns": told}
            record(kind="enterprise-swept", subject=f"enterprise:{one.credit_code}", body=body, actor=actor, at=at)


def _waiting(law: Law, *, at: datetime, limit: int) -> list[Waiting]:
    if not _in_force(law, at=at):
        return []
    found: dict[tuple[str, str, int], Waiting] = {}
    alone = [(fact, row) for fact, row in _newest(at) if _is_found(fact, law=law, at=at)]
    told = _told({fact.credit_code for fact, _row in alone}) if alone else set()
    for fact, row in alone:
        if fact.visit not in told:
            year = day_of(fact.started_at).year
            found.setdefault(
                (fact.credit_code, fact.agency_code, year),
                Waiting(
                    credit_code=fact.credit_code,
                    agency_code=fact.agency_code,
                    year=year,
                    enterprise_name=row["enterprise_name"],
                    region_code=row["region_code"],
                ),
            )
    return list(found.values())[:limit]


def _in_force(law: Law, *, at: datetime) -> list[Rule]:
    """The rules about single officers that were in force on a day that is looked back on."""
    days = (day_of(at - timedelta(days=gone)) for gone in range(LOOK_BACK.days + 1))
    return [rule for day in days for rule in law.in_force(day) if rule.kind is Kind.SINGLE_OFFICER and not rule.repeals]


def _newest(at: datetime) -> Iterable[tuple[Fact, dict[str, Any]]]:
    """Recent visits as they stand, the oldest first."""
    newest = VisitFact.objects.filter(origin="scanned").order_by("-pk").values("pk")[:NEWEST]
    rows = present_facts().filter(
        pk__in=newest,
        state=State.OPEN.value,
        purpose=Purpose.INSPECTION.value,
        started_at__gt=at - LOOK_BACK,
        started_at__lte=at,
    )
    for row in rows.order_by("started_at", "pk").values(*FACT_COLUMNS, "enterprise_name"):
        yield read_fact({name: row[name] for name in FACT_COLUMNS}), row


def _is_found(fact: Fact, *, law: Law, at: datetime) -> bool:
    """Would the judge find this visit, looked at by itself?"""
    return any(finding.rule.kind is Kind.SINGLE_OFFICER for finding in judge([fact], law=law, as_of=at))


def _told(credit_codes: set[str]) -> set[str]:
    """The visits that flags of this kind name already."""
    latest = FlagState.objects.filter(flag=OuterRef("pk")).order_by("-at", "-pk").values("evidence")[:1]
    rows = Flag.objects.filter(credit_code__in=credit_codes).annotate(
        evidence=Subquery(latest, output_field=JSONField())
    )
    found: set[str] = set()
    for row in rows:
        evidence = row.evidence or {}
        if evidence.get("kind") == Kind.SINGLE_OFFICER:
            found.update(evidence.get("counted", ()))
    return found
