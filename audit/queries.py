"""Reads of the supervision side."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import CharField, Exists, F, JSONField, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import JSONObject

from audit.facts import SHANGHAI, Fact
from audit.kinds import Kind
from audit.law import Rule, Scope
from audit.models import Delivery, Endpoint, Filing, FirstView, Flag, FlagState, FrequencyRule, Halt, Log, VisitFact

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


FACT_COLUMNS = (
    "visit", "version", "state", "origin", "credit_code", "region_code", "industry", "risk_grade", "agency_code",
    "agency_name", "agency_path", "agency_level", "supervised_by", "purpose", "category", "reason", "source_no",
    "superior_ordered", "joint_id", "started_at", "known_from", "officers", "items", "claim",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """How a flag stands: its row, and what its latest state says."""

    id: int
    state: str
    at: datetime
    evidence: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Dossier:
    """All that judging one enterprise needs. `flags`: (rule, agency or empty, period) → how that flag stands."""

    facts: list[Fact] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    flags: dict[tuple[str, str, str], Standing] = field(default_factory=dict)


def dossier(
    *,
    credit_code: str,
    agency_codes: Iterable[str],
    between: tuple[datetime, datetime],
    since: str,
    visits: Any = (),
) -> list[QuerySet[Any, Any]]:
    """Branches (branch, data) for one UNION ALL about one enterprise.

    The visit facts of all agencies that began `between` two moments (`bounds`), and of `visits` (numbers, or a query
    of them) whenever they began; the flags of periods not before `since` that are these agencies' or the enterprise's
    own; the rules.
    """
    first, last = between
    wanted = Q(started_at__gte=first, started_at__lt=last)
    if visits != ():
        wanted |= Q(visit__in=visits)
    state = FlagState.objects.filter(flag=OuterRef("pk")).order_by("-at", "-pk")
    return [
        VisitFact.objects.filter(wanted, credit_code=credit_code).values(
            branch=Value("fact", output_field=CharField()),
            data=JSONObject(**{name: F(name) for name in FACT_COLUMNS}),
        ),
        Flag.objects.filter(credit_code=credit_code, agency_code__in=["", *agency_codes], period__gte=since).values(
            branch=Value("flag", output_field=CharField()),
            data=JSONObject(
                id=F("id"),
                rule=F("rule"),
                agency_code=F("agency_code"),
                period=F("period"),
                state=Subquery(state.values("state")[:1]),
                at=Subquery(state.values("at")[:1]),
                evidence=Subquery(state.values("evidence")[:1], output_field=JSONField()),
            ),
        ),
        FrequencyRule.objects.order_by().values(
            branch=Value("rule", output_field=CharField()),
            data=JSONObject(**{name: F(name) for name in RULE_COLUMNS}),
        ),
    ]


def bounds(years: tuple[int, int]) -> tuple[datetime, datetime]:
    """Between which moments do the facts lie that judging these years needs? The first is included.

    From the year before the first (windows look back) to the year after the last (they reach forward).
    """
    first = datetime(years[0] - 1, 1, 1, tzinfo=SHANGHAI) - YEAR_MARGIN
    return first, datetime(years[1] + 2, 1, 1, tzinfo=SHANGHAI) + YEAR_MARGIN


RULE_COLUMNS = (
    "code", "version", "title", "kind", "parameters", "region_prefix", "scope", "effective_from", "effective_to",
    "repeals", "source",
)  # fmt: skip


def dossier_of(*, credit_code: str, agency_codes: Iterable[str], years: tuple[int, int]) -> Dossier:
    """The dossier of these agencies at one enterprise. One statement."""
    first, *others = dossier(
        credit_code=credit_code, agency_codes=agency_codes, between=bounds(years), since=str(years[0])
    )
    return read_dossier((row["branch"], unpacked(row["data"])) for row in first.union(*others, all=True))


def read_dossier(rows: Iterable[tuple[str, Mapping[str, Any]]]) -> Dossier:
    """What `dossier`'s rows say. Rows of other kinds are passed over."""
    found = Dossier()
    for branch, data in rows:
        if branch == "fact":
            found.facts.append(read_fact(data))
        elif branch == "flag":
            found.flags[data["rule"], data["agency_code"], data["period"]] = Standing(
                id=data["id"],
                state=data["state"] or "",
                at=moment(data["at"]),
                evidence=unpacked(data["evidence"]) or {},
            )
        elif branch == "rule":
            found.rules.append(read_rule(data))
    return found


def read_fact(data: Mapping[str, Any]) -> Fact:
    """A fact out of its columns, as a JSON object or `values()` gives them."""
    told = unpacked(data["officers"])
    officers = tuple((item["certificate_no"], item["name"]) for item in told)
    started_at, known_from = data["started_at"], data["known_from"]
    return Fact(
        **{
            **data,
            "superior_ordered": bool(data["superior_ordered"]),
            "started_at": moment(started_at) if isinstance(started_at, str) else started_at,
            "known_from": moment(known_from) if isinstance(known_from, str) else known_from,
            "officers": officers,
            "uncertified": tuple(item["certificate_no"] for item in told if not item.get("certified", True)),
            "agency_level": data["agency_level"] or "",
            "items": tuple(unpacked(data["items"]) or ()),
            "claim": unpacked(data["claim"]),
        }
    )


def read_rule(data: Mapping[str, Any]) -> Rule:
    """An enacted version out of its columns."""
    scope = unpacked(data["scope"]) or {}
    return Rule(
        code=data["code"],
        version=data["version"],
        kind=Kind(data["kind"]),
        parameters=unpacked(data["parameters"]),
        scope=Scope(region_prefix=data["region_prefix"], **{name: tuple(codes) for name, codes in scope.items()}),
        effective_from=_day(data["effective_from"]),
        effective_to=_day(data["effective_to"]) if data["effective_to"] else None,
        repeals=bool(data["repeals"]),
        source=data["source"],
        title=data["title"],
    )


def _day(value: date | str) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else value


def rules() -> list[Rule]:
    """Every enacted version. One statement."""
    return [read_rule(row) for row in FrequencyRule.objects.order_by("code", "version").values(*RULE_COLUMNS)]


def filing_status(number: Any) -> Subquery:
    """How far a filing is (an annotation; `number` an OuterRef or a value)."""
    return Subquery(Filing.objects.filter(number=number).values("status")[:1])


def deliveries_due(platform: str, *, at: datetime) -> QuerySet[Delivery]:
    """Which filings may go to this platform now? Each lane's oldest pending one, if due and in nobody's hands.

    An older pending one of the same lane, leased or resting, holds it. Longest due first. None while the platform is
    paused; `paused` marks those that may ask whether it still is. None while the log is halted: over a restored copy a
    letter may bear a number that the platform knows, until what was lost is taken back.
    """
    halted = Halt.objects.filter(log=Subquery(Log.objects.order_by("-number").values("number")[:1]))
    pending = Delivery.objects.filter(platform=platform, status=Delivery.Status.PENDING)
    older = pending.filter(lane=OuterRef("lane"), filing__lt=OuterRef("filing"))
    paused = Endpoint.objects.filter(code=platform, paused_at__isnull=False)
    return (
        pending.filter(
            Q(leased_until=None) | Q(leased_until__lte=at),
            ~Exists(older),
            ~Exists(paused.filter(probe_at__gt=at)),
            ~Exists(halted),
            next_attempt_at__lte=at,
        )
        .annotate(paused=Exists(paused))
        .select_related("filing")
        .order_by("next_attempt_at", "filing")
    )


def first_seen(*, viewer: str, visit: Any, certificate_no: Any) -> Exists:
    """Has this browser been shown this officer's screen in this visit before? As an expression."""
    return Exists(FirstView.objects.filter(viewer=viewer, through="screen", visit=visit, certificate_no=certificate_no))
