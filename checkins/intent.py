"""A visit that is meant and not made yet: by whom, where, of what kind; quiet days; whose plans are near. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time

from audit.facts import SHANGHAI, Fact, Purpose, State
from audit.kinds import Kind
from audit.law import Law, Rule
from checkins.plan import Host, Planned, Proposal, common_day, near

UNBORN = "~"
"""The number of a visit that has none; it sorts behind every other of its moment."""
_NOON = time(12)


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """An enterprise by value, as far as a rule's scope asks; empty where the registry does not know it."""

    credit_code: str
    region_code: str = ""
    industry: str = ""
    risk_grade: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Intent:
    """What kind of visit is meant, and on which Asia/Shanghai day."""

    on: date
    purpose: str
    category: str
    reason: str = ""
    source_no: str = ""
    items: tuple[str, ...] = ()


def unborn(place: Place, host: Host, intent: Intent) -> Fact:
    """The visit as a fact, at noon of its day."""
    return Fact(
        visit=UNBORN,
        version=1,
        state=State.OPEN,
        origin="scanned",
        agency_code=host.code,
        agency_name=host.name,
        agency_path=host.path,
        agency_level=host.level,
        supervised_by=host.supervised_by,
        purpose=intent.purpose,
        category=intent.category,
        reason=intent.reason,
        source_no=intent.source_no,
        superior_ordered=False,
        joint_id="",
        started_at=datetime.combine(intent.on, _NOON, SHANGHAI),
        officers=(),
        credit_code=place.credit_code,
        region_code=place.region_code,
        industry=place.industry,
        risk_grade=place.risk_grade,
        items=intent.items,
    )


def quiet_rule(law: Law, visit: Fact, day: date) -> Rule | None:
    """Which rule makes this day a quiet one for such a visit, whatever its reason?"""
    return next(
        (
            rule
            for rule in law.at(visit)
            if rule.kind is Kind.QUIET_DAYS
            and (day.day in rule.value("days") or day.isoformat() in rule.value("dates"))
        ),
        None,
    )


def proposals(
    plans: Iterable[Planned], *, mine: tuple[date, date], law: Law, place: Place, own: Host, within: int, today: date
) -> list[Proposal]:
    """The plans of other agencies that would go together and are near to mine, each with its day; soonest first."""

    def quiet(host: Host, day: date) -> bool:
        return (
            quiet_rule(law, unborn(place, host, Intent(on=day, purpose=Purpose.INSPECTION, category="")), day)
            is not None
        )

    found = [
        Proposal(plan=plan, day=common_day(mine, plan, within=within, today=today, quiet=quiet, own=own))
        for plan in plans
        if plan.joint_open and plan.agency.code != own.code and near(mine, plan, within=within, today=today)
    ]
    return sorted(found, key=lambda one: (one.day or date.max, one.plan.first_day, one.plan.number))
