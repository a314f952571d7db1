"""The judge of an agency as a whole: how much of its month was voided, exempt, or not scanned. Pure.

Rules of the kinds that are about an agency (`Per.AGENCY`) are judged here, month by month, from tallies.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from audit.finding import Finding
from audit.kinds import Kind, Per
from audit.law import Law, Rule


@dataclass(frozen=True, kw_only=True, slots=True)
class Tally:
    """One agency's month, in visits by their on-site start. What its own agency says and no supervisor has confirmed
    is tallied as said: taking back and exempting are what is watched.

    `visits`: all but absorbed ones, `void` of them taken back or voided. `inspections`: those not void, `exempt` of
    them by a reason with a source number. `papers`: what should have been scanned (audit/matching.py), `unscanned` of
    them were not. `region_code`: what the regions of its enterprises have in common, `level` empty where unknown.
    """

    agency_code: str
    agency_name: str = ""
    agency_path: str = ""
    level: str = ""
    supervised_by: str = ""
    region_code: str = ""
    visits: int = 0
    void: int = 0
    inspections: int = 0
    exempt: int = 0
    papers: int = 0
    unscanned: int = 0


KINDS_OF_AGENCIES = (Kind.VOID_SHARE, Kind.EXEMPT_SHARE, Kind.SCAN_RATE)


def rules_about_agencies(law: Law, *, on: date) -> list[Rule]:
    """The versions about agencies as a whole that are in force on a day."""
    return [rule for rule in law.in_force(on) if rule.sort.per is Per.AGENCY and not rule.repeals]


def judge(tally: Tally, *, law: Law, period: str, on: date) -> list[Finding]:
    """What do the rules in force on the day `on` (the month's last) find in this agency's month?

    An agency has a region, a level and a place among the agencies; what a scope says of enterprises (industry, risk
    grade, a list of them) does not narrow it.
    """
    found = []
    for rule in rules_about_agencies(law, on=on):
        if _holds(rule, tally) and (told := JUDGES[rule.kind](rule, tally)) is not None:
            found.append(
                Finding(
                    rule=rule,
                    agency_code=tally.agency_code,
                    agency_name=tally.agency_name,
                    supervised_by=tally.supervised_by,
                    period=period,
                    level=rule.sort.level,
                    counted=(),
                    details=told,
                )
            )
    return sorted(found, key=lambda one: one.key)


def _holds(rule: Rule, tally: Tally) -> bool:
    scope = rule.scope
    return (
        tally.region_code.startswith(scope.region_prefix)
        and (not scope.levels or tally.level in scope.levels)
        and (
            not scope.agencies
            or any(code == tally.agency_code or f"/{code}/" in tally.agency_path for code in scope.agencies)
        )
    )


Told = Mapping[str, int | str] | None


def _void_share(rule: Rule, tally: Tally) -> Told:
    return _too_large(rule, tally.void, tally.visits)


def _exempt_share(rule: Rule, tally: Tally) -> Told:
    return _too_large(rule, tally.exempt, tally.inspections)


def _too_large(rule: Rule, times: int, total: int) -> Told:
    limit = _exact(rule.parameters["share"])
    if total < rule.value("least") or Fraction(times, total) <= limit:
        return None
    return {"times": times, "total": total, "percent": _percent(Fraction(times, total), up=True), "limit": _said(limit)}


def _scan_rate(rule: Rule, tally: Tally) -> Told:
    limit = _exact(rule.parameters["rate"])
    times, total = tally.unscanned, tally.papers
    if total < rule.value("least") or (rate := Fraction(total - times, total)) >= limit:
        return None
    return {"times": times, "total": total, "percent": _percent(rate, up=False), "limit": _said(limit)}


JUDGES: Mapping[Kind, Callable[[Rule, Tally], Told]] = {
    Kind.VOID_SHARE: _void_share,
    Kind.EXEMPT_SHARE: _exempt_share,
    Kind.SCAN_RATE: _scan_rate,
}


def _exact(share: float) -> Fraction:
    """The number that was written: 0.1 is a tenth."""
    return Fraction(str(share))


def _percent(share: Fraction, *, up: bool) -> int | str:
    """To a tenth of a percent, rounded away from the limit that it passed, so that a sentence never contradicts
    itself ("10%, more than 10%"). No floats: the record takes none."""
    tenths = share * 1_000
    return _said(Fraction(-(-tenths.numerator // tenths.denominator) if up else tenths.__floor__(), 1_000))


def _said(share: Fraction) -> int | str:
    percent = share * 100
    return int(percent) if percent.denominator == 1 else f"{float(percent):g}"
