"""A region's monthly report (月度通报): its number, its figures, how a month compares, what changed since. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

from audit.facts import Purpose
from audit.period import Period

FORM = 1
"""Of the figures as they are kept; a later form is another number, and its reader reads both."""
MEASURES = (
    "visits", "once", "counted", "unconfirmed", "exempt", "superior_ordered", "joint", "imported", "withdrawn",
    "voided",
)  # fmt: skip
"""As audit/models/figure.py has them, but for 统计年报, which later papers change (it is asked on the board)."""
MOST, MOST_AGENCIES = 10, 100
Measures = Mapping[str, int]
NOTHING: Measures = dict.fromkeys(MEASURES, 0)


def report_number(*, region: str, year: int, serial: int) -> str:
    """As officials number papers: the year of issue in 〔〕, the region's how-manieth of that year, the region."""
    return f"入企通报〔{year}〕{serial}号-{region.ljust(6, '0')}"


def plain_region(code: str) -> str:
    """A region by as few digits as name it: 130500 is 1305, and has one row of numbers."""
    for length in (6, 4, 2):
        if len(code) > length and not code[length:].strip("0"):
            code = code[:length]
    return code


def step(month: Period, by: int) -> Period:
    """The month so many months later."""
    count = month.year * 12 + month.month - 1 + by
    return Period(year=count // 12, month=count % 12 + 1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Visit:
    """One visit as it was known: where it is counted, and each measure, 0 or 1."""

    visit: str
    day: date
    agency_code: str
    agency_name: str
    officers: tuple[tuple[str, str], ...]
    credit_code: str
    region_code: str
    purpose: str
    category: str
    measures: Measures

    def lies_in(self, *, region: str, month: Period) -> bool:
        return self.region_code.startswith(region) and month.first <= self.day <= month.last


def _sums() -> defaultdict[Any, Counter[str]]:
    return defaultdict(Counter)


@dataclass(kw_only=True, slots=True)
class Tallied:
    """A month's visits, summed up as they come. All but `totals` is about inspections alone (服务走访 is none)."""

    digits: int
    days: Counter[int] = field(default_factory=Counter)
    totals: dict[str, Counter[str]] = field(default_factory=_sums)
    categories: dict[str, Counter[str]] = field(default_factory=_sums)
    agencies: dict[str, Counter[str]] = field(default_factory=_sums)
    regions: dict[str, Counter[str]] = field(default_factory=_sums)
    enterprises: dict[tuple[str, str], Counter[str]] = field(default_factory=_sums)
    officers: dict[tuple[str, str], Counter[str]] = field(default_factory=_sums)
    names: dict[str, str] = field(default_factory=dict)

    def take(self, one: Visit) -> None:
        self.totals[one.purpose].update(one.measures)
        self.totals[one.purpose]["known"] += 1
        if one.purpose != Purpose.INSPECTION:
            return
        self.days[one.day.day] += one.measures["visits"]
        for sums, key in (
            (self.categories, one.category),
            (self.agencies, one.agency_code),
            (self.regions, one.region_code[: self.digits]),
            (self.enterprises, (one.credit_code, one.region_code)),
            *((self.officers, (number, one.agency_code)) for number, _name in one.officers),
        ):
            sums[key].update(one.measures)  # type: ignore[index]  # each key is its own table's
        self.names |= {one.agency_code: one.agency_name, **dict(one.officers)}

    @property
    def is_known(self) -> bool:
        """Was any visit of the month known, one taken back among them? Of a month without, there is no figure."""
        return any(sums["known"] for sums in self.totals.values())

    def total(self, purpose: str) -> dict[str, int]:
        return _plain(self.totals.get(purpose, Counter()))


def _plain(sums: Counter[str]) -> dict[str, int]:
    return {name: sums[name] for name in MEASURES}


def months_figures(now: Tallied, *, before: Tallied, year_before: Tallied, month: Period) -> dict[str, Any]:
    """The figures as they are kept: mappings, lists, texts and whole numbers."""
    others = [one if one.is_known else None for one in (before, year_before)]
    enterprises = _ranked(now.enterprises, "once")[:MOST]
    return {
        "totals": {
            str(purpose): [now.total(purpose), *(one.total(purpose) if one else None for one in others)]
            for purpose in Purpose
        },
        "categories": _compared(now, others, "categories"),
        "agencies": _compared(now, others, "agencies")[:MOST_AGENCIES],
        "all_agencies": len(now.agencies),
        "regions": _compared(now, others, "regions"),
        "enterprises": [{"key": code, "region": region, **_plain(sums)} for (code, region), sums in enterprises],
        "officers": [
            {"key": number, "name": now.names[number], "agency": now.names[agency], **_plain(sums)}
            for (number, agency), sums in _ranked(now.officers, "visits")[:MOST]
        ],
        "days": [now.days[day] for day in range(1, month.last.day + 1)],
    }


def _ranked(sums: Mapping[Any, Counter[str]], measure: str) -> list[tuple[Any, Counter[str]]]:
    """The greatest first, none that has nothing."""
    found = [(key, one) for key, one in sums.items() if one[measure] > 0]
    return sorted(found, key=lambda pair: (-pair[1][measure], pair[0]))


def _compared(now: Tallied, others: Sequence[Tallied | None], what: str) -> list[dict[str, Any]]:
    """Each group with its visits of the months that it is compared with; a group of those months alone is in it too."""
    months: list[Mapping[str, Counter[str]] | None] = [getattr(one, what) if one else None for one in others]
    keys = {*getattr(now, what), *(key for month in months if month for key in month)}
    empty: Counter[str] = Counter()
    names: dict[str, str] = {}
    for known in (*reversed([one for one in others if one]), now):  # as it was called last
        names |= known.names
    lines = [
        {
            "key": key,
            "name": names.get(key, ""),
            **_plain(getattr(now, what).get(key, empty)),
            "then": [None if month is None else month.get(key, empty)["visits"] for month in months],
        }
        for key in keys
    ]
    kept = [line for line in lines if any(line[name] for name in MEASURES) or any(line["then"])]
    return sorted(kept, key=lambda line: (-line["visits"], line["key"]))


def growth(now: int, then: int | None) -> Fraction | None:
    """By which share of `then` has it grown? None: there is nothing to compare with."""
    return Fraction(now - then, then) if then else None


def tenths(share: Fraction) -> str:
    """In percent to a tenth, halves away from nought: `12.5`, `-0.3`."""
    whole = (abs(share) * 1_000 + Fraction(1, 2)).__floor__()
    return f"{'-' if share < 0 and whole else ''}{whole // 10}.{whole % 10}"


def signed(share: Fraction) -> str:
    """The same with its sign, of which what rounds to nought has none: `+12.5`, `-0.3`, `0.0`."""
    told = tenths(share)
    return f"+{told}" if share > 0 and told != "0.0" else told


@dataclass(frozen=True, kw_only=True, slots=True)
class Correction:
    """A visit that the report has otherwise than it is known now. `before`, `after` None: not in the report's region
    and month."""

    before: Visit | None
    after: Visit | None

    @property
    def visit(self) -> Visit:
        found = self.after or self.before
        assert found is not None  # noqa: S101  # the differences are made of visits
        return found

    @property
    def kind(self) -> str:
        """What happened to it, the gravest first."""
        before, after = self.before, self.after
        if before is None or after is None:
            if before is None and after is not None and after.measures["imported"]:
                return "imported"
            return "added" if before is None else "moved"
        for measure in ("voided", "withdrawn"):
            if after.measures[measure] > before.measures[measure]:
                return measure
        if before.measures["visits"] != after.measures["visits"]:
            return "restored" if after.measures["visits"] else "absorbed"
        if before.measures["joint"] != after.measures["joint"]:
            return "joint"
        return "changed"


def corrections(
    before: Iterable[Visit], after: Iterable[Visit], *, region: str, month: Period
) -> tuple[Correction, ...]:
    """What has become of these visits, in the order of their days; those in which nothing that counts has changed, and
    those that never were in this region and month, are left out."""
    old = {one.visit: one for one in before if one.lies_in(region=region, month=month)}
    new = {one.visit: one for one in after if one.lies_in(region=region, month=month)}
    pairs = [(old.get(visit), new.get(visit)) for visit in {**old, **new}]
    found = [Correction(before=one, after=other) for one, other in pairs if _told(one) != _told(other)]
    return tuple(sorted(found, key=lambda one: (one.visit.day, one.visit.visit)))


def _told(one: Visit | None) -> Any:
    """What figures are made of. One that never counted for anything, in either reading, has told nothing."""
    if one is None or not any(one.measures.values()):
        return None
    return (one.day, one.agency_code, one.officers, one.credit_code, one.region_code, one.purpose, one.category,
            tuple(one.measures[name] for name in MEASURES))  # fmt: skip


def corrected(totals: Mapping[str, Measures], found: Iterable[Correction]) -> dict[str, dict[str, int]]:
    """The totals by purpose as they are known now: those of the report and what the corrections change."""
    sums = {purpose: Counter(dict(told)) for purpose, told in totals.items()}
    for one in found:
        if one.before is not None:
            sums[one.before.purpose].subtract(one.before.measures)
        if one.after is not None:
            sums[one.after.purpose].update(one.after.measures)
    return {purpose: _plain(told) for purpose, told in sums.items()}
