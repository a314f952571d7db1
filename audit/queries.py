"""Reads of the supervision side."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import JSONObject

from audit.models import Filing, Flag, FrequencyRule, VisitFact
from audit.rules import SHANGHAI, CapRule, Fact

# A visit's start moves by less than a grouping window when scans arrive late; a fact written before such a move
# must still be found by the year in which the visit now lies.
YEAR_MARGIN = timedelta(days=2)


def moment(text: str) -> datetime:
    """A timestamp out of a JSON object: PostgreSQL writes an offset, SQLite means UTC."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def unpacked(value: Any) -> Any:
    """A JSON column inside a JSON object: PostgreSQL nests it, SQLite hands over its text."""
    return json.loads(value) if isinstance(value, str) else value


@dataclass(frozen=True, kw_only=True, slots=True)
class Dossier:
    """All that judging one enterprise's year needs. `flags`: (rule, period) → id of this agency's open flag."""

    facts: list[Fact] = field(default_factory=list)
    caps: list[CapRule] = field(default_factory=list)
    flags: dict[tuple[str, str], int] = field(default_factory=dict)


def dossier(
    *, credit_code: str, agency_code: str, years: tuple[int, int], visits: Any = ()
) -> list[QuerySet[Any, Any]]:
    """Branches (branch, data) for one UNION ALL about one enterprise.

    The visit facts of all agencies from the first to the last of `years`, and of `visits` (numbers, or a query of
    them) whenever they began; this agency's flags of those years; the cap rules.
    """
    first = datetime(years[0], 1, 1, tzinfo=SHANGHAI) - YEAR_MARGIN
    last = datetime(years[1] + 1, 1, 1, tzinfo=SHANGHAI) + YEAR_MARGIN
    wanted = Q(started_at__gte=first, started_at__lt=last)
    if visits != ():
        wanted |= Q(visit__in=visits)
    return [
        VisitFact.objects.filter(wanted, credit_code=credit_code).values(
            branch=Value("fact", output_field=CharField()),
            data=JSONObject(
                **{
                    name: F(name)
                    for name in (
                        "visit",
                        "version",
                        "state",
                        "origin",
                        "agency_code",
                        "agency_name",
                        "purpose",
                        "category",
                        "reason",
                        "source_no",
                        "superior_ordered",
                        "joint_id",
                        "started_at",
                        "known_from",
                        "officers",
                    )
                }
            ),
        ),
        Flag.objects.filter(
            credit_code=credit_code, agency_code=agency_code, period__in=sorted({str(year) for year in years})
        ).values(
            branch=Value("flag", output_field=CharField()),
            data=JSONObject(id=F("id"), rule=F("rule"), period=F("period")),
        ),
        FrequencyRule.objects.filter(kind="annual_cap").values(
            branch=Value("cap", output_field=CharField()),
            data=JSONObject(
                code=F("code"),
                version=F("version"),
                parameters=F("parameters"),
                region_prefix=F("region_prefix"),
                effective_from=F("effective_from"),
                effective_to=F("effective_to"),
                source=F("source"),
            ),
        ),
    ]


def dossier_of(*, credit_code: str, agency_code: str, year: int) -> Dossier:
    """The dossier of one calendar year. One statement."""
    first, *others = dossier(credit_code=credit_code, agency_code=agency_code, years=(year, year))
    return read_dossier((row["branch"], unpacked(row["data"])) for row in first.union(*others, all=True))


def read_dossier(rows: Iterable[tuple[str, Mapping[str, Any]]]) -> Dossier:
    """What `dossier`'s rows say. Rows of other kinds are passed over."""
    found = Dossier()
    for branch, data in rows:
        if branch == "fact":
            found.facts.append(_fact(data))
        elif branch == "flag":
            found.flags[data["rule"], data["period"]] = data["id"]
        elif branch == "cap":
            found.caps.append(_cap(data))
    return found


def _fact(data: Mapping[str, Any]) -> Fact:
    officers = tuple((item["certificate_no"], item["name"]) for item in unpacked(data["officers"]))
    return Fact(
        **{
            **data,
            "superior_ordered": bool(data["superior_ordered"]),
            "started_at": moment(data["started_at"]),
            "known_from": moment(data["known_from"]),
            "officers": officers,
        }
    )


def _cap(data: Mapping[str, Any]) -> CapRule:
    until = data["effective_to"]
    return CapRule(
        code=data["code"],
        version=data["version"],
        cap=int(unpacked(data["parameters"])["cap"]),
        region_prefix=data["region_prefix"],
        effective_from=date.fromisoformat(data["effective_from"]),
        effective_to=date.fromisoformat(until) if until else None,
        source=data["source"],
    )


def filing_status(number: Any) -> Subquery:
    """How far a filing is (an annotation; `number` an OuterRef or a value)."""
    return Subquery(Filing.objects.filter(number=number).values("status")[:1])


def filings_to_deliver(at: datetime) -> QuerySet[Filing]:
    """Which filings may go to the platform now? Each enterprise's oldest pending one, if due and in nobody's hands.

    An older pending filing of the same enterprise, leased or resting, holds its lane. Longest due first.
    """
    pending = Filing.objects.filter(status=Filing.Status.PENDING)
    older = pending.filter(credit_code=OuterRef("credit_code"), pk__lt=OuterRef("pk"))
    return pending.filter(
        Q(leased_until=None) | Q(leased_until__lte=at), ~Exists(older), next_attempt_at__lte=at
    ).order_by("next_attempt_at", "pk")
