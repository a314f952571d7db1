"""Judge an enterprise's visits inside a deed, and tell the supervisor (part of a deed, not one itself)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from audit.counting import Count, count
from audit.facts import Fact, year_of
from audit.law import Law, Rule
from audit.rules import judge as findings_of
from audit.services.flag import Turn, Whose, turn_flags, turns
from checkins.services.regroup import Change, Setting


@dataclass(frozen=True, kw_only=True, slots=True)
class Year:
    """One agency's calendar year at the enterprise, this deed included, and the cap in force (None: there is none)."""

    cap: Rule | None
    counted: Count


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """What was found: the year for the officer, and what changes for the supervisor."""

    facts: list[Fact]
    law: Law
    turns: list[Turn]


def judge(setting: Setting, changes: list[Change], *, annual_cap: int) -> Judged:
    """Ask every rule that the changes touch: this agency's, and those about the enterprise as a whole."""
    facts = [*setting.gathered.dossier.facts, *(change.fact for change in changes)]
    law = Law(setting.gathered.dossier.rules, default_cap=annual_cap)
    agency, years = setting.caller.agency_code, setting.years
    found = findings_of(facts, law=law, as_of=setting.at, agencies={agency}, years=years)
    flags = setting.gathered.dossier.flags
    return Judged(facts=facts, law=law, turns=turns(found, flags=flags, years=years, confirmed=False))


def year_for_officer(setting: Setting, judged: Judged, *, mine: Fact, onsite_at: datetime) -> Year:
    """The year that the officer is shown: that of the visit's start or, where it was not gathered, of the scan."""
    year = year_of(mine.started_at) if year_of(mine.started_at) in setting.years else year_of(onsite_at)
    cap = judged.law.cap_at(mine)
    agency = setting.caller.agency_code
    counted = count(judged.facts, agency_code=agency, year=year, counting=cap.counting) if cap else None
    return Year(cap=cap, counted=counted or count(judged.facts, agency_code=agency, year=year))


def warn_supervisor(setting: Setting, judged: Judged, *, reason: str) -> None:
    """Write down what changes. `reason`: why a flag is lowered, in Chinese."""
    enterprise = setting.gathered.enterprise
    turn_flags(
        judged.turns,
        whose=Whose(
            credit_code=setting.credit_code,
            enterprise_name=enterprise.name if enterprise else "",
            region_code=enterprise.region_code if enterprise else "",
        ),
        reason=reason,
        actor=setting.actor,
        at=setting.at,
        pen=setting.pen,
    )


def found(judged: Judged) -> list[Mapping[str, Any]]:
    """The findings that are new or changed, for the record."""
    return [
        {"state": turn.state, **(dict(turn.finding.evidence()) if turn.finding else {"rule": turn.key[0]})}
        for turn in judged.turns
    ]
