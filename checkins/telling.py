"""What an answer keeps: the decided facts in the contract's words, ready to be stored and told again."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from audit.canonical import utc_text
from audit.counting import Count, enterprise_total, service_total
from audit.facts import Fact, day_of, latest
from audit.law import Rule
from checkins.outcome import Said, result_told, visible
from checkins.place import Place
from checkins.rules import Warn, joint_code
from checkins.when import Interval
from enterprises.queries import EnterpriseFacts


def answer(
    *,
    licence: Mapping[str, Any],
    visit: Mapping[str, Any] | None,
    enterprise: Mapping[str, Any] | None,
    filing: str,
    frequency: Mapping[str, Any] | None,
    warnings: list[Warn],
    place: Place,
    moment: Interval,
    unpublished: Sequence[str] = (),
    offers: Sequence[Fact] = (),
) -> dict[str, Any]:
    """The facts of one answer. Warnings are kept as codes: their sentences follow the reader's language."""
    return {
        "licence": dict(licence),
        "visit": visit,
        "enterprise": enterprise,
        "filing": {"number": filing or None},
        "onsite": when_told(moment),
        **({"join_offers": [offer_told(fact) for fact in offers]} if offers else {}),
        "for_officer": {
            "frequency": frequency,
            "warnings": [code.value for code in warnings],
            "location_check": place_told(place),
            **({"unpublished_items": list(unpublished)} if unpublished else {}),
        },
    }


def offer_told(fact: Fact) -> dict[str, Any]:
    """The contract's `join_offers`."""
    return {"visit": fact.visit, "agency": fact.agency_name, "started_at": utc_text(fact.started_at)}


def visit_told(fact: Fact, *, joined: bool, provisional: Iterable[tuple[str, str]] = ()) -> dict[str, Any]:
    """The contract's `visit`. `provisional`: partners who were named and have not confirmed yet."""
    there = {number for number, _name in fact.officers}
    return {
        "number": fact.visit,
        "started_at": utc_text(fact.started_at),
        "purpose": fact.purpose,
        "category": fact.category,
        "officers": [
            *({"certificate_no": number, "name": name} for number, name in fact.officers),
            *(
                {"certificate_no": number, "name": name, "provisional": True}
                for number, name in provisional
                if number not in there
            ),
        ],
        "joint_code": joint_code(fact.joint_id or fact.visit),
        "joint_id": fact.joint_id or None,
        "joined": joined,
    }


def enterprise_told(found: EnterpriseFacts | None, *, credit_code: str) -> dict[str, Any]:
    """The contract's `enterprise`; `unknown` while the registry does not have it."""
    return {
        "credit_code": credit_code,
        "name": found.name if found else "",
        "status": found.status if found else "unknown",
        "region_code": found.region_code if found else "",
        "industry": found.industry if found else "",
        "risk_grade": found.risk_grade if found else "",
        "kind": found.kind if found else "unknown",
    }


def frequency_told(
    facts: list[Fact],
    *,
    counted: Count,
    cap: Rule | None,
    mine: Fact,
    results: Mapping[str, Sequence[Said]],
    recognition_days: int,
) -> dict[str, Any]:
    """The contract's `frequency`: the year so far, this visit included, and the three visits before it.

    `results` by visit: told to another agency for `recognition_days` (结果互认).
    """
    on = day_of(mine.started_at)
    before = [
        fact
        for fact in latest(facts)
        if fact.visit != mine.visit and fact.state == "open" and fact.started_at <= mine.started_at
    ]
    return {
        "year": counted.year,
        "cap": cap.parameters["cap"] if cap else None,
        "own": counted.own,
        "own_with_unconfirmed": len(counted.counted),
        "all_agencies": enterprise_total(facts, year=counted.year),
        "service_visits": service_total(facts, year=counted.year),
        "last_visits": [
            {
                "number": fact.visit,
                "started_at": utc_text(fact.started_at),
                "agency": fact.agency_name,
                "purpose": fact.purpose,
                "category": fact.category,
                "results": [
                    result_told(one)
                    for one in results.get(fact.visit, ())
                    if visible(fact, to=mine.agency_code, on=on, days=recognition_days)
                ],
            }
            for fact in reversed(before[-3:])
        ],
    }


def when_told(moment: Interval) -> dict[str, Any]:
    """The contract's `onsite`."""
    return {
        "at": utc_text(moment.best),
        "earliest": utc_text(moment.earliest),
        "latest": utc_text(moment.latest),
    }


def place_told(place: Place) -> dict[str, Any]:
    """The contract's `location_check`."""
    return {
        "verdict": place.verdict.value,
        "distance_m": place.distance_m,
        "accuracy_m": place.accuracy_m,
        "address": place.address,
        "longitude": None if place.longitude is None else f"{place.longitude:.7f}",
        "latitude": None if place.latitude is None else f"{place.latitude:.7f}",
    }
