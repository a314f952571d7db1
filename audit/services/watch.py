"""Watch what no scan decides: each agency's month as a whole, and visits whose second officer never came.

Flags about agencies have an empty credit code; the key of the rule, the agency and the month makes each of them one.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import JSONField, OuterRef, Subquery
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.agency_months import Month, tallies_of
from audit.facts import day_of
from audit.lane import hold
from audit.law import Law
from audit.matching import MatchPolicy
from audit.models import Flag, FlagState
from audit.queries import Standing, rules
from audit.services.entry import record
from audit.services.flag import Turn, Whose, turn_flags, turns
from audit.services.sweep import sweep
from audit.shares import KINDS_OF_AGENCIES, Tally, judge, rules_about_agencies


def watch_month(*, month: Month, policy: MatchPolicy, actor: Actor, at: datetime) -> list[Turn]:
    """Judge every agency's month by the rules in force on its last day (in a running month: today), and turn its flags.

    Asked again it finds the same and writes nothing. One transaction; the rules, at most three statements that gather,
    and what changes; where no such rule is in force and no such flag stands, two statements in all.
    """
    today = day_of(at)
    on = min(month.last, today)
    with transaction.atomic():
        hold(f"watch:{month}")
        law = Law(rules())
        kinds = {rule.kind for rule in rules_about_agencies(law, on=on)}
        flags = _flags(month)
        tallies = tallies_of(month, kinds=kinds, policy=policy, today=today)
        found = [one for tally in tallies.values() for one in judge(tally, law=law, period=str(month), on=on)]
        changes = turns(found, flags=flags, years=(month.first.year,), kinds=KINDS_OF_AGENCIES)
        _turn(changes, tallies, month=month, actor=actor, at=at)
    return changes


def watch_now(
    *, policy: MatchPolicy, annual_cap: int | None, actor: Actor, at: datetime, older: Collection[date] = ()
) -> dict[str, Any]:
    """The worker's round: last month (corrections come late), the running month, and officers alone by now; before
    them the `older` months (their first days) of which something new speaks (audit/touched.py).

    What changed, for the worker's log: flags by state, and enterprises judged again; empty: nothing.
    """
    running = Month.of(day_of(at))
    states: Counter[str] = Counter()
    for month in (*(Month.of(day) for day in sorted(older)), running.before, running):
        states.update(turn.state for turn in watch_month(month=month, policy=policy, actor=actor, at=at))
    swept = sweep(annual_cap=annual_cap, actor=actor, at=at)
    return {**states, **({"swept": swept} if swept else {})}


def _flags(month: Month) -> dict[tuple[str, str, str], Standing]:
    latest = FlagState.objects.filter(flag=OuterRef("pk")).order_by("-at", "-pk")
    rows = Flag.objects.filter(credit_code="", period=str(month)).annotate(
        state=Subquery(latest.values("state")[:1]),
        state_at=Subquery(latest.values("at")[:1]),
        evidence=Subquery(latest.values("evidence")[:1], output_field=JSONField()),
    )
    return {
        (row.rule, row.agency_code, row.period): Standing(
            id=row.pk, state=row.state or "", at=row.state_at or row.raised_at, evidence=row.evidence or {}
        )
        for row in rows
    }


def _turn(changes: Sequence[Turn], tallies: Mapping[str, Tally], *, month: Month, actor: Actor, at: datetime) -> None:
    """Flags carry the agency's region, so they are written region by region."""
    if not changes:
        return
    places: defaultdict[str, list[Turn]] = defaultdict(list)
    for turn in changes:
        tally = tallies.get(turn.key[1])
        places[tally.region_code if tally else ""].append(turn)
    for region, some in places.items():
        whose = Whose(credit_code="", enterprise_name="", region_code=region)
        turn_flags(some, whose=whose, reason=_("按现在所知，该月未超过规则的限值"), actor=actor, at=at)
    record(kind="month-watched", subject=f"month:{month}", body={"turns": _told(changes)}, actor=actor, at=at)


def _told(changes: Iterable[Turn]) -> list[Mapping[str, Any]]:
    return [
        {"rule": turn.key[0], "agency_code": turn.key[1], "state": turn.state}
        | ({"evidence": dict(turn.finding.evidence())} if turn.finding else {})
        for turn in changes
    ]
