"""Facts for the statistics' tests, and the statistics recomputed from them by audit.counting alone."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from django.db import transaction

from audit.counting import LeftOut, judged, why_not
from audit.facts import Fact, day_of, latest
from audit.models import (
    KEPT,
    MEASURES,
    CountyTotal,
    Document,
    EnterpriseTotal,
    OfficerTotal,
    Span,
    Total,
    VisitFact,
)
from audit.queries import FACT_COLUMNS, read_fact
from audit.services.visit_fact import append, restate

KNOWN = datetime(2026, 7, 1, tzinfo=UTC)
BEARINGS, CASHMERE, GLASS = "91110108551385082Q", "9144030010001686XA", "91350100M000100Y43"
MARKET, FIRE, CITY = "130502-SCJG", "130502-YJ", "1305-SCJG"
PATHS = {MARKET: f"/{CITY}/{MARKET}/", FIRE: f"/{FIRE}/", CITY: f"/{CITY}/"}
REGIONS = {BEARINGS: "130502", CASHMERE: "130534001", GLASS: "130502003"}

Sums = dict[tuple[Any, ...], Counter[str]]


def tell(visit: str, **words: Any) -> VisitFact:
    """The first version of a visit: 张伟 of 襄都区市场监督管理局 at the bearings works, unless told otherwise."""
    agency = words.get("agency_code", MARKET)
    credit_code = words.get("credit_code", BEARINGS)
    values: dict[str, Any] = {
        "version": 1, "state": "open", "origin": "scanned", "agency_code": agency, "agency_name": f"{agency} 局",
        "agency_path": PATHS[agency], "agency_level": "district", "supervised_by": f"{agency[:6].rstrip('-')}-SFJ",
        "purpose": "inspection", "category": "routine", "reason": "", "source_no": "", "superior_ordered": False,
        "joint_id": "", "credit_code": credit_code, "region_code": REGIONS.get(credit_code, "130502"),
        "industry": "C34", "risk_grade": "B", "started_at": datetime(2026, 3, 2, 1, tzinfo=UTC),
        "officers": (("13050200101", "张伟"),),
    }  # fmt: skip
    with transaction.atomic():
        return append(Fact(visit=visit, **{**values, **words}), enterprise_name="某企业", at=KNOWN)


def change(visit: str, **changes: Any) -> VisitFact:
    """A further version of a visit."""
    with transaction.atomic():
        return restate(visit, changes=changes, at=KNOWN)


def penalty(ref: str, *, version: int = 1, **words: Any) -> Document:
    """A penalty case of 襄都区市场监督管理局 at the bearings works, unless told otherwise."""
    values: dict[str, Any] = {
        "kind": "penalty", "credit_code": BEARINGS, "enterprise_name": "某企业", "region_code": "130502",
        "agency_code": MARKET, "agency_path": PATHS[MARKET], "agency_name": "局", "supervised_by": "130502-SFJ",
        "on": date(2026, 3, 2), "withdrawn": False, "known_from": KNOWN, "by": "command:test",
    }  # fmt: skip
    return Document.objects.create(source="案件系统", source_ref=ref, version=version, **{**values, **words})


def facts() -> list[Fact]:
    """The present of every visit."""
    return latest(read_fact(row) for row in VisitFact.objects.values(*FACT_COLUMNS))


def recomputed() -> dict[str, Sums]:
    """What every sum must be, from the facts' latest versions, by audit.counting."""
    found: dict[str, Sums] = {
        name: defaultdict(Counter) for name in ("agencies", "counties", "enterprises", "officers")
    }
    for fact, day, measures in counted_facts():
        organ = (fact.agency_code, fact.agency_path, fact.supervised_by)
        for span in Span:
            county = (str(span), span.first_day(day), fact.purpose, fact.region_code[:6], fact.supervised_by)
            found["counties"][county] += measures
        for span in KEPT:
            stretch = (str(span), span.first_day(day), fact.purpose)
            found["agencies"][(*stretch, *organ, fact.region_code, fact.category)] += measures
            found["enterprises"][(*stretch, fact.credit_code, fact.region_code)] += measures
            for certificate_no in {number for number, _name in fact.officers}:
                found["officers"][(*stretch, certificate_no, *organ)] += measures
    return {name: _without_nothing(sums) for name, sums in found.items()}


def counted_facts() -> list[tuple[Fact, date, Counter[str]]]:
    """Each visit with its day in Asia/Shanghai and its measures."""
    present = facts()
    groups, papers = _groups(present), _penalties()
    return [(fact, day_of(fact.started_at), _measures(fact, groups, papers)) for fact in present]


def _groups(present: list[Fact]) -> dict[tuple[Any, ...], list[Fact]]:
    groups: dict[tuple[Any, ...], list[Fact]] = defaultdict(list)
    for fact in present:
        if fact.state == "open":
            groups[_group(fact)].append(fact)
    return groups


def _group(fact: Fact) -> tuple[Any, ...]:
    return fact.credit_code, fact.purpose, day_of(fact.started_at).year, fact.together


def _penalties() -> set[tuple[str, str, date]]:
    papers: dict[tuple[str, str], Document] = {}
    for paper in Document.objects.order_by("version"):
        papers[paper.source, paper.source_ref] = paper
    return {
        (paper.agency_code, paper.credit_code, paper.on)
        for paper in papers.values()
        if paper.kind == "penalty" and not paper.withdrawn
    }


def _measures(fact: Fact, groups: Mapping[tuple[Any, ...], list[Fact]], papers: set[Any]) -> Counter[str]:
    is_open = fact.state == "open"
    members = groups.get(_group(fact), [])
    why, unconfirmed = judged(fact)
    said = {
        "visits": is_open,
        "once": is_open and members[0].visit == fact.visit,
        "counted": why is None,
        "unconfirmed": unconfirmed,
        "exempt": why_not(fact) is LeftOut.EXEMPT,
        "superior_ordered": why_not(fact) is LeftOut.SUPERIOR_ORDERED,
        "joint": is_open and bool(fact.joint_id) and len({one.agency_code for one in members}) > 1,
        "imported": is_open and fact.origin == "imported",
        "reported": is_open
        and fact.purpose != "service"
        and (fact.agency_code, fact.credit_code, day_of(fact.started_at)) not in papers,
        "withdrawn": fact.state == "withdrawn",
        "voided": fact.state == "voided",
    }
    assert said.keys() == set(MEASURES)
    return Counter({name: int(value) for name, value in said.items()})


def _without_nothing(sums: Sums) -> Sums:
    return {key: +counter for key, counter in sums.items() if +counter}


def kept() -> dict[str, Sums]:
    """What the tables of sums say."""
    organ = ("agency__code", "agency__path", "agency__supervised_by")
    found: dict[str, Sums] = {}
    tables: dict[str, tuple[Any, tuple[str, ...]]] = {
        "agencies": (Total, (*organ, "region_code", "category")),
        "counties": (CountyTotal, ("region_code", "supervised_by")),
        "enterprises": (EnterpriseTotal, ("credit_code", "region_code")),
        "officers": (OfficerTotal, ("certificate_no", *organ)),
    }
    for name, (table, key) in tables.items():
        columns = ("span", "start", "purpose", *key)
        found[name] = _without_nothing(
            {
                tuple(row[column] for column in columns): Counter({measure: row[measure] for measure in MEASURES})
                for row in table.objects.values(*columns, *MEASURES)
            }
        )
    return found
