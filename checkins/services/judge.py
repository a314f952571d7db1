"""Judge an enterprise's year inside a scan's deed, and warn the supervisor (part of a deed, not one itself)."""

from dataclasses import dataclass
from datetime import datetime

from audit.rules import CapRule, Count, Fact, cap_in_force, count, over_cap, year_of
from audit.services.flag import raise_flag
from checkins.queries import Gathered, gathered_years
from checkins.services.regroup import Setting


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """The year as it stands with this scan: the cap in force, the count, and what is over it.

    `grew`: this scan added a counted visit.
    """

    cap: CapRule | None
    counted: Count
    grew: bool


def judge(setting: Setting, facts: list[Fact], *, mine: Fact, onsite_at: datetime, annual_cap: int) -> Verdict:
    """Count the calendar year of the visit's start; for a visit continued from a year that was not gathered, the
    year of the scan."""
    known = set(gathered_years(onsite_at))
    year = year_of(mine.started_at) if year_of(mine.started_at) in known else year_of(onsite_at)
    agency = setting.caller.agency_code
    counted = count(facts, agency_code=agency, year=year)
    before = count(setting.gathered.dossier.facts, agency_code=agency, year=year)
    return Verdict(
        cap=cap_rule(setting.gathered, at=mine.started_at, annual_cap=annual_cap),
        counted=counted,
        grew=not set(counted.counted) <= set(before.counted),
    )


def warn_supervisor(setting: Setting, *, mine: Fact, verdict: Verdict) -> None:
    """Raise a flag, or let it grow, when this scan added a visit to a year over its cap."""
    finding = over_cap(verdict.counted, rule=verdict.cap, agency_name=setting.caller.agency_name)
    if finding is None or not verdict.grew:
        return
    enterprise = setting.gathered.enterprise
    raise_flag(
        finding,
        flag_id=setting.gathered.dossier.flags.get((finding.rule.code, str(verdict.counted.year))),
        visit=mine.visit,
        credit_code=setting.credit_code,
        enterprise_name=enterprise.name if enterprise else "",
        region_code=enterprise.region_code if enterprise else "",
        agency_code=setting.caller.agency_code,
        supervised_by=setting.caller.supervised_by,
        actor=setting.actor,
        at=setting.at,
    )


def cap_rule(gathered: Gathered, *, at: datetime, annual_cap: int) -> CapRule | None:
    """The cap in force on that day for that region; where no row says one, the operator's default (P).

    None for a subject without a licence: it is outside every cap.
    """
    if gathered.enterprise is not None and gathered.enterprise.kind == "subject":
        return None
    region = gathered.enterprise.region_code if gathered.enterprise else ""
    return cap_in_force(gathered.dossier.caps, at=at, region_code=region, default_cap=annual_cap)
