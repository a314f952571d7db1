"""May the place and time of an officer's scans be believed? Grades A, B or C, each with a sentence. Pure.

A: nothing speaks against it. B: something is odd and has innocent explanations, a wrong registered address among them.
C: a pattern that honest work does not make. A grade never blocks and is for supervisors; all limits are policy (P).

What is looked at is one officer's scans around one moment, in any order: a pattern is several of them, and each of them
bears its grade, so that a scan may be graded again when later ones complete the pattern.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from checkins.patterns import PATTERNS, Code, Finding, Grade
from checkins.policy import CheckinPolicy
from checkins.whereabouts import Seen


@dataclass(frozen=True, kw_only=True, slots=True)
class Graded:
    """A scan's grade, B or C: the worst of its findings, one for each code."""

    grade: Grade
    codes: tuple[Code, ...]
    sentence: str
    findings: tuple[Finding, ...]


def grades(scans: Iterable[Seen], *, policy: CheckinPolicy) -> dict[str, Graded]:
    """The grade of each scan of one officer that is not A. Neither the order nor a repetition of `scans` matters."""
    seen = sorted({scan.scan_id: scan for scan in scans}.values(), key=lambda scan: (scan.at, scan.scan_id))
    found: dict[str, dict[Code, Finding]] = {}
    for pattern in PATTERNS:
        for finding in pattern(seen, policy):
            codes = found.setdefault(finding.scan_id, {})
            if finding.code not in codes or finding.grade > codes[finding.code].grade:
                codes[finding.code] = finding
    return {scan_id: _graded(codes.values()) for scan_id, codes in found.items()}


def _graded(findings: Iterable[Finding]) -> Graded:
    ordered = sorted(findings, key=lambda one: (-ord(one.grade), one.code))
    return Graded(
        grade=ordered[0].grade,
        codes=tuple(one.code for one in ordered),
        sentence="；".join(one.said for one in ordered) + "。",
        findings=tuple(ordered),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Stood:
    """How a scan was graded last: which of its grades that was, the grade and its codes."""

    serial: int
    grade: str
    codes: frozenset[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Turn:
    """A grade to be appended: the scan's `serial`-th. `graded` None: A after all."""

    scan_id: str
    serial: int
    graded: Graded | None

    @property
    def stands(self) -> Stood:
        """How the scan stands, once this is appended."""
        if self.graded is None:
            return Stood(serial=self.serial, grade=Grade.A, codes=frozenset())
        return Stood(serial=self.serial, grade=self.graded.grade, codes=frozenset(self.graded.codes))


def turns(found: Mapping[str, Graded], *, stood: Mapping[str, Stood], settled: str) -> list[Turn]:
    """Which grades say more than the ones before? In the order of the scans' ids.

    What speaks against a scan stays said when its fellows are out of sight. Only the scan that is `settled` now, at
    another enterprise perhaps than before, gets whatever it deserves.
    """
    turned = [
        Turn(scan_id=scan_id, serial=before.serial + 1 if before else 1, graded=graded)
        for scan_id, graded in sorted(found.items())
        if (before := stood.get(scan_id)) is None
        or graded.grade > before.grade
        or (graded.grade == before.grade and not before.codes >= set(graded.codes))
        or (
            scan_id == settled
            and (str(graded.grade), set(before.codes)) != (before.grade, {str(code) for code in graded.codes})
        )
    ]
    mine = stood.get(settled)
    if mine is not None and settled not in found and mine.grade != Grade.A:
        turned.append(Turn(scan_id=settled, serial=mine.serial + 1, graded=None))
    return turned
