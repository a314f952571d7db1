"""What a visit contributes to the statistics now, and by what a new version changes it: the one reading of facts.

The same columns, computed by the database, are folded one by one (`turns`) and all at once (audit/services/fold.py).
What they mean is audit/counting.py's law, with which a test recomputes every sum.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import (
    BooleanField,
    Case,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    SmallIntegerField,
    TextField,
    Value,
    When,
)
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce, ExtractYear, TruncDate

from audit.counting import EVERY_REASON
from audit.facts import SHANGHAI, Category, Purpose, State
from audit.models import MEASURES, Document, PendingDocument, PendingFact, VisitFact, VisitNow

DIMENSIONS = (
    "visit", "fact_id", "day", "year", "started_at", "credit_code", "region_code", "purpose", "category", "joint_id",
)  # fmt: skip
VISITS, ONCE, JOINT = (MEASURES.index(name) for name in ("visits", "once", "joint"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Organ:
    """An agency as a fact names it; its present name is no part of who it is."""

    code: str
    path: str
    supervised_by: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Contribution:
    """One visit in the sums: where it is counted, and each measure (0 or 1) in the order of MEASURES."""

    visit: str
    fact_id: int
    day: date
    started_at: datetime
    credit_code: str
    region_code: str
    organ: Organ
    agency_name: str = field(compare=False)
    purpose: str
    category: str
    joint_id: str
    officers: tuple[tuple[str, str], ...]
    measures: tuple[int, ...]

    @property
    def together(self) -> tuple[Any, ...]:
        """What the visits of one joint inspection share in one year."""
        return self.credit_code, self.purpose, self.day.year, self.joint_id

    def with_measures(self, **changes: int) -> "Contribution":
        values = [changes.get(name, value) for name, value in zip(MEASURES, self.measures, strict=True)]
        return replace(self, measures=tuple(values))


@dataclass(frozen=True, kw_only=True, slots=True)
class Turn:
    """What the sums contain of a visit (None: nothing), and what they must contain."""

    old: Contribution | None
    new: Contribution


@dataclass(frozen=True, kw_only=True, slots=True)
class Tail:
    """What no sum contains yet. `waiting`: queued rows beyond the limit, which no turn speaks of."""

    facts: tuple[int, ...]
    documents: tuple[int, ...]
    waiting: int
    turns: tuple[Turn, ...]


def present(
    facts: "QuerySet[VisitFact, Any]", *, known_by: datetime | None = None
) -> "QuerySet[VisitFact, dict[str, Any]]":
    """Of these versions, those that are their visit's latest, with each measure; `once` and `joint` as if alone.

    `known_by`: as it was known at that moment.
    """
    known = Q() if known_by is None else Q(known_from__lte=known_by)
    newer = VisitFact.objects.filter(known, visit=OuterRef("visit"), version__gt=OuterRef("version"))
    newer_paper = Document.objects.filter(
        known, source=OuterRef("source"), source_ref=OuterRef("source_ref"), version__gt=OuterRef("version")
    )
    penalty = Document.objects.filter(
        known,
        ~Exists(newer_paper),
        kind=Document.Kind.PENALTY,
        withdrawn=False,
        credit_code=OuterRef("credit_code"),
        agency_code=OuterRef("agency_code"),
        on=OuterRef("day"),
    )
    stands, claimed = _counts(), _counts(of="claimed_")
    is_open = Q(state=State.OPEN)
    inspection = is_open & ~Q(purpose=Purpose.SERVICE)
    superior = Q(category=Category.SPECIAL, superior_ordered=True)
    conditions: dict[str, Q] = {
        "visits": is_open,
        "once": is_open,
        "counted": (Q(state__in=[State.OPEN, State.WITHDRAWN]) & stands) | (Q(claimed_state=State.OPEN) & claimed),
        "unconfirmed": Q(state__in=[State.OPEN, State.WITHDRAWN]) & stands & ~(Q(claimed_state=State.OPEN) & claimed),
        "exempt": inspection & ~superior & Q(reason__in=sorted(EVERY_REASON)) & ~Q(source_no=""),
        "superior_ordered": inspection & superior,
        "imported": is_open & Q(origin="imported"),
        "reported": inspection & Q(~Exists(penalty)),
        "withdrawn": Q(state=State.WITHDRAWN),
        "voided": Q(state=State.VOIDED),
    }
    readings: dict[str, Any] = {
        f"claimed_{name}": Coalesce(KT(f"claim__{name}"), name, output_field=TextField())
        for name in ("state", "purpose", "category", "reason", "source_no")
    }
    found: QuerySet[VisitFact, dict[str, Any]] = (
        facts.filter(known, ~Exists(newer))
        .annotate(day=TruncDate("started_at", tzinfo=SHANGHAI))
        .annotate(
            fact_id=F("id"),
            year=ExtractYear("day"),
            claimed_superior_ordered=Case(
                When(claim__superior_ordered=True, then=True),
                When(claim__superior_ordered=False, then=False),
                default=F("superior_ordered"),
                output_field=BooleanField(),
            ),
            **readings,
        )
        .annotate(**{f"is_{name}": _as_number(condition) for name, condition in conditions.items()}, is_joint=ZERO)
        .order_by()
        .values(
            *DIMENSIONS, "agency_code", "agency_path", "agency_name", "supervised_by", "officers",
            *(f"is_{name}" for name in MEASURES),
        )
    )  # fmt: skip
    return found


ZERO = Value(0, output_field=SmallIntegerField())


def _as_number(condition: Q) -> Case:
    return Case(When(condition, then=1), default=0, output_field=SmallIntegerField())


def _counts(of: str = "") -> Q:
    """audit.counting.why_not's law under the usual counting, for a visit that is there."""
    return (
        ~Q(**{f"{of}purpose": Purpose.SERVICE})
        & ~Q(**{f"{of}category": Category.SPECIAL, f"{of}superior_ordered": True})
        & (~Q(**{f"{of}reason__in": sorted(EVERY_REASON)}) | Q(**{f"{of}source_no": ""}))
    )


def known(facts: "QuerySet[VisitFact, Any]", *, by: datetime) -> Iterator[Contribution]:
    """Of these versions, those that were their visit's latest by then, one at a time; `once`, `joint` as if alone."""
    for row in present(facts, known_by=by).iterator(chunk_size=2_000):
        officers = {item["certificate_no"]: item["name"] for item in row["officers"]}
        yield _contribution({**row, "officers": officers}, measured="is_")


def tail(*, limit: int) -> Tail:
    """The oldest queued rows, at most about `limit`, and what they change. Four statements, one when all is folded."""
    queued, papers = _queued(limit + 1)
    waiting = 0
    if len(queued) > limit or len(papers) > limit:
        waiting = PendingFact.objects.count() + PendingDocument.objects.count()
        queued, papers = queued[:limit], papers[:limit]
        waiting -= len(queued) + len(papers)
    touched = {visit for _pk, visit in queued}
    if papers:
        touched |= _visits_of(papers)
    found = turns(touched) if touched else []
    return Tail(facts=tuple(pk for pk, _visit in queued), documents=tuple(papers), waiting=waiting, turns=tuple(found))


# S608: our own tables
_QUEUED = f"""
    SELECT fact_id, visit FROM (SELECT p.fact_id, f.visit FROM {PendingFact._meta.db_table} p
        JOIN {VisitFact._meta.db_table} f ON f.id = p.fact_id ORDER BY p.fact_id LIMIT %s) AS facts
    UNION ALL
    SELECT document_id, NULL FROM (SELECT document_id FROM {PendingDocument._meta.db_table}
        ORDER BY document_id LIMIT %s) AS papers"""  # noqa: S608


def _queued(many: int) -> tuple[list[tuple[int, str]], list[int]]:
    """The oldest queued facts with their visits, and the oldest queued papers."""
    with connection.cursor() as cursor:
        cursor.execute(_QUEUED, [many, many])
        rows = cursor.fetchall()
    return sorted((pk, visit) for pk, visit in rows if visit is not None), sorted(
        pk for pk, visit in rows if visit is None
    )


def _visits_of(papers: Sequence[int]) -> set[str]:
    """The visits that one of these documents, or what it said in an earlier version, may speak of."""
    of = Document.objects.filter(source=OuterRef("source"), source_ref=OuterRef("source_ref"), pk__in=papers)
    doors = set(Document.objects.filter(Exists(of)).values_list("credit_code", "agency_code"))
    rows = VisitFact.objects.filter(credit_code__in={code for code, _agency in doors})
    return {
        visit
        for visit, *door in rows.values_list("visit", "credit_code", "agency_code").distinct()
        if tuple(door) in doors
    }


def turns(visits: Iterable[str]) -> list[Turn]:
    """What changes when these visits are brought up to date, with those whose joint visits they were or become."""
    touched = sorted(visits)
    new = {one.visit: one for one in _present_of(touched)}
    old = {one.visit: one for one in _applied(Q(visit__in=touched))}
    joint_ids = {one.joint_id for one in (*new.values(), *old.values())} - {""}
    if joint_ids:
        old |= {one.visit: one for one in _applied(Q(joint_id__in=joint_ids) & ~Q(visit__in=touched))}
    settled = settle_groups([*new.values(), *(one for visit, one in old.items() if visit not in new)])
    found = [Turn(old=old.get(one.visit), new=one) for one in settled]
    return [turn for turn in found if turn.old != turn.new]


def settle_groups(contributions: Iterable[Contribution]) -> list[Contribution]:
    """Say of each which one stands for its joint visit (the first that is there), and which were joint at all."""
    groups: defaultdict[tuple[Any, ...], list[Contribution]] = defaultdict(list)
    for one in contributions:
        groups[one.together if one.joint_id else (one.visit,)].append(one)
    settled: list[Contribution] = []
    for members in groups.values():
        there = sorted(
            (one for one in members if one.measures[VISITS]), key=lambda one: (one.started_at, one.visit)
        )  # fmt: skip
        joint = int(len({one.organ.code for one in there}) > 1)
        for one in members:
            is_there = one.measures[VISITS]
            settled.append(one.with_measures(once=int(bool(is_there) and one is there[0]), joint=joint * is_there))
    return settled


def _present_of(visits: Sequence[str]) -> list[Contribution]:
    sql, params = _statement(connection.vendor)
    wanted = list(visits) if connection.vendor == "postgresql" else json.dumps(visits)
    with connection.cursor() as cursor:
        cursor.execute(sql, [wanted if value is WANTED else value for value in params])
        names = [column[0] for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return [_contribution({**row, **_read(row)}, measured="is_") for row in rows]


class _Wanted(str):
    """Where the visits' numbers go in the statement."""


WANTED = _Wanted("?")


@cache
def _statement(vendor: str) -> tuple[str, tuple[Any, ...]]:
    """`present` of some visits, composed once: that takes Django longer than a database takes to answer it."""
    sql, params = present(VisitFact.objects.filter(visit__in=[WANTED])).query.sql_with_params()
    column = '"audit_visitfact"."visit"'
    inside = "= ANY(%s)" if vendor == "postgresql" else "IN (SELECT value FROM json_each(%s))"
    if sql.count(f"{column} IN (%s)") != 1 or params.count(WANTED) != 1:
        raise RuntimeError("Django composes `visit IN (…)` in another way now")
    marked = tuple(WANTED if value == WANTED else value for value in params)
    return sql.replace(f"{column} IN (%s)", f"{column} {inside}"), marked


def _read(row: dict[str, Any]) -> dict[str, Any]:
    """Past the ORM: SQLite hands over days as texts and moments without their UTC, both databases JSON as text."""
    day, moment, officers = row["day"], row["started_at"], row["officers"]
    listed = json.loads(officers) if isinstance(officers, str) else officers
    return {
        "day": date.fromisoformat(day) if isinstance(day, str) else day,
        "started_at": moment if moment.tzinfo else moment.replace(tzinfo=UTC),
        "officers": {item["certificate_no"]: item["name"] for item in listed},
    }


APPLIED = {
    "agency_code": F("agency__code"),
    "agency_path": F("agency__path"),
    "supervised_by": F("agency__supervised_by"),
    "agency_name": F("agency__name"),
}


def _applied(which: Q) -> list[Contribution]:
    columns = [name for name in DIMENSIONS if name != "year"]
    rows = VisitNow.objects.filter(which).values(*columns, "officers", *MEASURES, **APPLIED)
    return [_contribution(row) for row in rows]


def _contribution(row: Any, *, measured: str = "") -> Contribution:
    return Contribution(
        visit=row["visit"],
        fact_id=row["fact_id"],
        day=row["day"],
        started_at=row["started_at"],
        credit_code=row["credit_code"],
        region_code=row["region_code"],
        organ=Organ(code=row["agency_code"], path=row["agency_path"], supervised_by=row["supervised_by"]),
        agency_name=row["agency_name"],
        purpose=row["purpose"],
        category=row["category"],
        joint_id=row["joint_id"],
        officers=tuple(sorted(row["officers"].items())),
        measures=tuple(row[f"{measured}{name}"] for name in MEASURES),
    )
