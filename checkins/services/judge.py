"""Judge an enterprise's years inside a deed, and warn the supervisor (part of a deed, not one itself)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from audit.rules import CapRule, Count, Fact, Finding, cap_in_force, count, over_cap, year_of
from audit.services.flag import raise_flag
from checkins.services.regroup import Change, Setting


@dataclass(frozen=True, kw_only=True, slots=True)
class Year:
    """One agency's calendar year at the enterprise, with the deed's changes: the cap in force (None: there is none),
    the count, and what is to be told to the supervisor. `visit`: the changed visit that gave occasion."""

    cap: CapRule | None
    counted: Count
    finding: Finding | None
    flag_id: int | None
    visit: str


def judge(setting: Setting, changes: list[Change], *, annual_cap: int) -> list[Year]:
    """Count each calendar year that the changes touch, as far as its facts were gathered.

    A year over its cap is told when it has no flag yet (an import, a correction or a late scan may have carried it
    over) or when a counted visit is new to it.
    """
    agency = setting.caller.agency_code
    facts = [*setting.gathered.dossier.facts, *(change.fact for change in changes)]
    touched: dict[int, Fact] = {}
    for change in changes:
        before = setting.known.facts.get(change.fact.visit)
        for fact in (before, change.fact):
            if fact is not None:
                touched[year_of(fact.started_at)] = change.fact
    found: list[Year] = []
    for year, fact in sorted(touched.items()):
        if year not in setting.years:
            continue  # a visit continued from a year that was not gathered: its count did not change
        counted = count(facts, agency_code=agency, year=year)
        cap = cap_rule(setting, at=fact.started_at, annual_cap=annual_cap)
        finding = over_cap(counted, rule=cap, agency_name=setting.caller.agency_name)
        flag_id = setting.gathered.dossier.flags.get((cap.code, str(year))) if cap else None
        grew = set(counted.counted) - set(count(setting.gathered.dossier.facts, agency_code=agency, year=year).counted)
        found.append(
            Year(
                cap=cap,
                counted=counted,
                finding=finding if flag_id is None or grew else None,
                flag_id=flag_id,
                visit=fact.visit,
            )
        )
    return found


def year_for_officer(
    setting: Setting, facts: Iterable[Fact], *, mine: Fact, onsite_at: datetime, annual_cap: int
) -> Year:
    """The year that the officer is shown: that of the visit's start or, where it was not gathered, of the scan."""
    year = year_of(mine.started_at) if year_of(mine.started_at) in setting.years else year_of(onsite_at)
    return Year(
        cap=cap_rule(setting, at=mine.started_at, annual_cap=annual_cap),
        counted=count(facts, agency_code=setting.caller.agency_code, year=year),
        finding=None,
        flag_id=None,
        visit=mine.visit,
    )


def warn_supervisor(setting: Setting, years: list[Year]) -> None:
    """Raise a flag, or let it grow, for each year that has something to tell."""
    enterprise = setting.gathered.enterprise
    for year in years:
        if year.finding is not None:
            raise_flag(
                year.finding,
                flag_id=year.flag_id,
                visit=year.visit,
                credit_code=setting.credit_code,
                enterprise_name=enterprise.name if enterprise else "",
                region_code=enterprise.region_code if enterprise else "",
                agency_code=setting.caller.agency_code,
                supervised_by=setting.caller.supervised_by,
                actor=setting.actor,
                at=setting.at,
            )


def cap_rule(setting: Setting, *, at: datetime, annual_cap: int) -> CapRule | None:
    """The cap in force on that day for that region; where no row says one, the operator's default (P).

    None for a subject without a licence: it is outside every cap.
    """
    enterprise = setting.gathered.enterprise
    if enterprise is not None and enterprise.kind == "subject":
        return None
    region = enterprise.region_code if enterprise else ""
    return cap_in_force(setting.gathered.dossier.caps, at=at, region_code=region, default_cap=annual_cap)
