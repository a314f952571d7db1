"""Visits as rules see them: gathered rule by rule, and what is found over some of them. Pure."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from typing import Any

from audit.counting import Counting, LeftOut, always_counts, hosts, judged, judged_among
from audit.facts import Fact, day_of
from audit.finding import Finding
from audit.kinds import Level
from audit.law import Law, Read, Rule

Seen = tuple[Fact, Rule, LeftOut | None, bool, date]
"""A visit under the version that applied to it: why it does not count, whether its counting is unconfirmed, its day."""
Lane = list[tuple[Counting, list[tuple[Rule, Callable[[Seen], None]]]]]
"""Where the visits of one agency under one set of rules go: by what is counted, each rule and its list."""


def by_rule(
    visits: Sequence[Fact], *, law: Law, agencies: Collection[str] | None
) -> Mapping[tuple[str, str], list[Seen]]:
    """Each rule's visits in the order given. Annual caps stand together whatever their codes: a visit has one cap.

    `agencies`: gather agency by agency only for these; None: for all.
    """
    found: defaultdict[tuple[str, str], list[Seen]] = defaultdict(list)
    lanes: dict[int, Lane] = {}
    leading: dict[Counting, Mapping[str, str]] = {}
    for fact in visits:
        day = day_of(fact.started_at)
        reads = law.read_at(fact, day)
        # The law answers visits alike with one and the same tuple, and holds it.
        lane = lanes.get(id(reads))
        if lane is None:
            agency = fact.agency_code
            own = agencies is None or agency in agencies
            lane = lanes[id(reads)] = _lane(reads, found=found, agency=agency, own=own)
        plain = always_counts(fact)
        for counting, lists in lane:
            if plain:
                why, pending = None, False
            elif counting.joint_each or not fact.joint_id:
                why, pending = judged(fact, counting)
            else:
                if counting not in leading:
                    leading[counting] = hosts(visits, counting)
                why, pending = judged_among(fact, counting, leading[counting])
            for rule, append in lists:
                append((fact, rule, why, pending, day))
    return found


def _lane(reads: Sequence[Read], *, found: defaultdict[tuple[str, str], list[Seen]], agency: str, own: bool) -> Lane:
    lists: defaultdict[Counting, list[tuple[Rule, Callable[[Seen], None]]]] = defaultdict(list)
    for rule, code, for_agency in reads:
        if own or not for_agency:
            lists[rule.counting].append((rule, found[code, agency if for_agency else ""].append))
    return list(lists.items())


def finding(
    seen: Sequence[Seen],
    *,
    period: str,
    rule: Rule | None = None,
    level: Level | None = None,
    whole: bool = False,
    **details: Any,
) -> Finding:
    """A finding over these visits, at least one of which counts. `whole`: about the enterprise, whoever came.

    `rule`: the version that is told; None: that of the last visit that counts.
    """
    counted = [one for one in seen if one[2] is None]
    last, latest, _why, _pending, _day = counted[-1]
    told = rule or latest
    return Finding(
        rule=told,
        agency_code="" if whole else last.agency_code,
        agency_name="" if whole else last.agency_name,
        supervised_by="" if whole else last.supervised_by,
        period=period,
        level=level or told.sort.level,
        counted=tuple([one[0].visit for one in counted]),
        unconfirmed=tuple([one[0].visit for one in counted if one[3]]),
        left_out=tuple([(one[0].visit, one[2]) for one in seen if one[2] is not None]),
        details=details,
        visit=last.visit,
    )


def by_year(seen: Sequence[Seen]) -> Mapping[int, list[Seen]]:
    """By calendar year in Asia/Shanghai."""
    years: defaultdict[int, list[Seen]] = defaultdict(list)
    for one in seen:
        years[one[4].year].append(one)
    return years


def by_month(seen: Sequence[Seen]) -> Mapping[str, list[Seen]]:
    """By month (`2026-03`) in Asia/Shanghai; only months in which one counts."""
    months: defaultdict[tuple[int, int], list[Seen]] = defaultdict(list)
    for one in seen:
        months[one[4].year, one[4].month].append(one)
    return {
        f"{year}-{month:02d}": visits
        for (year, month), visits in months.items()
        if any(why is None for _fact, _rule, why, _pending, _day in visits)
    }


def serious_over(rule: Rule) -> float:
    """More than so many are serious; where the rule does not say, no number is."""
    over = rule.value("serious_over") if "serious_over" in rule.sort.parameters else None
    return float("inf") if over is None else over
