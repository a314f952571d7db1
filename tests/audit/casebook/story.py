"""The words that stories are told in: `visit("张伟", "3月5日", "轴承厂")`, `cap(2)`, `flags(visits, cap(2))`.

People and places are those of tests/town.py; 周洋 of the city joins them. A visit is called after its officer and day:
`张伟3月5日`. Days are of 2026 and hours 10:00 where nothing else is said, in Asia/Shanghai.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from audit.counting import Count, Counting, LeftOut, count
from audit.facts import SHANGHAI, Fact
from audit.finding import Finding
from audit.kinds import KINDS, Kind
from audit.law import Law, Rule, Scope
from audit.rules import judge
from tests.town import BEARINGS, CABLES, CASHMERE, GLASS

MARKET, FIRE, COUNTY, CITY = "襄都区市场监督管理局", "襄都区应急管理局", "清河县市场监督管理局", "邢台市生态环境局"
WHOLE = "企业"
_AGENCIES = {
    MARKET: ("130502-SCJG", "district"),
    FIRE: ("130502-YJ", "district"),
    COUNTY: ("130534-SCJG", "district"),
    CITY: ("130500-STHJ", "city"),
}
_PEOPLE = {
    "张伟": ("13050200101", MARKET),
    "李娜": ("13050200102", MARKET),
    "王强": ("13050200201", FIRE),
    "赵敏": ("13053400101", COUNTY),
    "周洋": ("13050000101", CITY),
}
_PLACES = {
    "轴承厂": (BEARINGS, "130502"),
    "羊绒厂": (CASHMERE, "130534"),
    "玻璃店": (GLASS, "130502"),
    "电缆厂": (CABLES, "130528"),
    "无照摊点": ("S0000000000000001X", "130502"),
}
_DAY = re.compile(r"(?:(\d{4})年)?(\d+)月(\d+)日(?: (\d+):(\d\d))?")
END_OF_TIME = datetime(2100, 1, 1, tzinfo=UTC)
EXEMPT: dict[str, Any] = {"reason": "complaint", "source_no": "12345-88"}
"""A complaint with the number that it has with the hotline."""


def moment(text: str) -> datetime:
    """`3月5日`, `2028年2月29日 9:30`: in 邢台, kept as UTC like the database does."""
    found = _DAY.fullmatch(text)
    assert found, text
    year, month, day, hour, minute = (int(part) if part else None for part in found.groups())
    assert month
    assert day
    at = datetime(year or 2026, month, day, 10 if hour is None else hour, minute or 0, tzinfo=SHANGHAI)
    return at.astimezone(UTC)


def visit(officer: str, day: str, place: str = "轴承厂", *, beside: Sequence[str] = (), **words: Any) -> Fact:
    """One visit. `beside`: who else scanned. `words` replace what a fact says otherwise."""
    certificate_no, agency = _PEOPLE[officer]
    code, level = _AGENCIES[agency]
    credit_code, region = _PLACES[place]
    at = moment(day)
    said = {
        "visit": f"{officer}{day}",
        "version": 1,
        "state": "open",
        "origin": "scanned",
        "credit_code": credit_code,
        "region_code": region,
        "industry": "C34",
        "risk_grade": "B",
        "agency_code": code,
        "agency_name": agency,
        "agency_path": f"/130500/{code}/",
        "agency_level": level,
        "supervised_by": f"{code[:6]}-SFJ",
        "purpose": "inspection",
        "category": "routine",
        "reason": "",
        "source_no": "",
        "superior_ordered": False,
        "joint_id": "",
        "started_at": at,
        "known_from": at,
        "officers": ((certificate_no, officer), *((_PEOPLE[name][0], name) for name in beside)),
    }
    return Fact(**{**said, **words})


def again(fact: Fact, **words: Any) -> Fact:
    """The next version of the same visit."""
    return replace(fact, version=fact.version + 1, **words)


def rule(kind: Kind, *, since: str = "2026-01-01", until: str | None = None, **words: Any) -> Rule:
    """One enacted rule; `words` are the version's, the scope's and the kind's own parameters."""
    own = {name: words.pop(name) for name in ("code", "version", "repeals", "source", "title") if name in words}
    scope = {name: words.pop(name) for name in set(Scope.__slots__) - set(KINDS[kind].parameters) if name in words}
    return Rule(
        **{"code": str(kind), "version": 1, "source": "本书", **own},
        kind=kind,
        parameters=words,
        scope=Scope(**scope),
        effective_from=date.fromisoformat(since),
        effective_to=date.fromisoformat(until) if until else None,
    )


def cap(times: int, **words: Any) -> Rule:
    """An annual cap."""
    return rule(Kind.ANNUAL_CAP, cap=times, **words)


def findings(visits: Iterable[Fact], *rules: Rule, as_of: datetime = END_OF_TIME) -> list[Finding]:
    """What these rules find. No cap but one that is told."""
    return judge(visits, law=Law(rules), as_of=as_of)


def flags(visits: Iterable[Fact], *rules: Rule, as_of: datetime = END_OF_TIME) -> list[str]:
    """`年度检查上限 襄都区市场监督管理局 2026`: kind, whose, period."""
    found = findings(visits, *rules, as_of=as_of)
    return [f"{KINDS[one.rule.kind].title} {one.agency_name or WHOLE} {one.period}" for one in found]


def only(visits: Iterable[Fact], *rules: Rule, as_of: datetime = END_OF_TIME) -> Finding:
    """The one thing that they find."""
    (found,) = findings(visits, *rules, as_of=as_of)
    return found


def over_cap(agency: str, year: int = 2026) -> str:
    return f"{KINDS[Kind.ANNUAL_CAP].title} {agency} {year}"


def counted(visits: Iterable[Fact], agency: str, *, year: int = 2026, **counting: Any) -> int:
    """How often did the agency inspect in the year, as flags count?"""
    return len(count_of(visits, agency, year=year, **counting).counted)


def count_of(visits: Iterable[Fact], agency: str, *, year: int = 2026, **counting: Any) -> Count:
    return count(visits, agency_code=_AGENCIES[agency][0], year=year, counting=Counting(**counting))


def why(visits: Iterable[Fact], agency: str, *, year: int = 2026, **counting: Any) -> list[LeftOut]:
    """Why are the visits that do not count left out?"""
    return [reason for _visit, reason in count_of(visits, agency, year=year, **counting).left_out]
