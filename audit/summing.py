"""Rows that make up a figure, summed by group: kept sums, and single visits of the days around them."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import F, Lookup, Q, QuerySet, Subquery, Value
from django.db.models.functions import StrIndex, Substr, TruncMonth, TruncYear
from django.db.models.lookups import GreaterThan

from audit.figures import Group, Question, Sees, cover
from audit.models import (
    COUNTY,
    MEASURES,
    CountedAgency,
    CountyTotal,
    EnterpriseTotal,
    OfficerTotal,
    Span,
    Total,
    VisitNow,
)

# Of the digits of a region code, how many say which
DIGITS = {Group.CITY: 4, Group.REGION: COUNTY, Group.TOWN: 9}
Key = tuple[str, ...]
# group → (columns of the key, their names in a query)
KEYS: dict[Group, tuple[str, ...]] = {
    Group.ALL: (),
    Group.AGENCY: ("agency__code",),
    Group.OFFICER: ("certificate_no", "agency__code"),
    Group.ENTERPRISE: ("credit_code", "region_code"),
    Group.CITY: ("city",),
    Group.REGION: ("county",),
    Group.TOWN: ("town",),
    Group.CATEGORY: ("category",),
}
Sums = dict[tuple[Key, date | None], dict[str, int]]


def sums_of(question: Question, *, only: set[Key] | None = None) -> Sums:
    """Every measure of these groups (None: of all). One statement."""
    narrowed = None if only is None else sorted({key[0] for key in only if key}) or None
    columns = [*columns_of(question), *(["bucket"] if question.span else [])]
    grouped = ", ".join(columns) or "one"
    sums = ", ".join(f"SUM({name}) AS {name}" for name in MEASURES)
    found: Sums = {}
    for row in summed(sources(question, MEASURES, only=narrowed), f"{grouped}, {sums}", grouped):
        key = tuple(row[: len(KEYS[question.group])])
        if only is None or key in only:
            start = as_day(row[len(key)]) if question.span else None
            found[key, start] = dict(zip(MEASURES, map(int, row[-len(MEASURES) :]), strict=True))
    return found


def as_day(value: Any) -> date:
    """SQLite knows days as texts; PostgreSQL cuts a day off to a moment, midnight in the session's zone."""
    if isinstance(value, str):
        return date.fromisoformat(value[:10])
    found: date = value.date() if isinstance(value, datetime) else value
    return found


Source = tuple[str, tuple[Any, ...]]


def summed(sources: Sequence[Source], columns: str, grouped: str) -> list[Any]:
    """Group the rows of several sources together (an ORM union cannot be)."""
    if not sources:
        return []
    union = " UNION ALL ".join(sql for sql, _params in sources)
    with connection.cursor() as cursor:
        # S608: our own columns; what is compared are parameters
        cursor.execute(
            f"SELECT {columns} FROM ({union}) AS found GROUP BY {grouped}",  # noqa: S608
            [value for _sql, params in sources for value in params],
        )
        return list(cursor.fetchall())


def columns_of(question: Question) -> list[str]:
    return [f"k{place}" for place in range(len(KEYS[question.group]))]


def sources(question: Question, measures: Sequence[str], *, only: Sequence[str] | None = None) -> list[Source]:
    """The rows that make up the answer: kept sums of whole months and years, single visits of the days around them.

    Of counties and what is made up of them the single days are kept sums too.
    """
    by_county = _by_county(question)
    stretches = days = Q(pk__in=())
    for piece in cover(question.first, question.last, question.span or Span.YEAR):
        if piece.span is Span.DAY and not by_county:
            days |= Q(day__gte=piece.first, day__lt=piece.end)
        else:
            within = Q(start=piece.first) if piece.is_one_sum else Q(start__gte=piece.first, start__lt=piece.end)
            stretches |= Q(span=piece.span) & within
    if question.group is Group.ENTERPRISE and question.by_agency_only:  # the sums by enterprise know no agency
        whole = Q(day__gte=question.first, day__lte=question.last)
        alone = VisitNow.objects.filter(whole, rows_asked(question)).annotate(start=F("day"))
        return _source(question, alone, measures, only)
    if by_county:
        return _source(question, CountyTotal.objects.filter(stretches, _counties_asked(question)), measures, only)
    tables: dict[Group, Any] = {Group.ENTERPRISE: EnterpriseTotal, Group.OFFICER: OfficerTotal}
    kept = tables.get(question.group, Total).objects.filter(stretches, rows_asked(question))
    visits = VisitNow.objects.filter(days, rows_asked(question)).annotate(start=F("day"))
    return [
        *_source(question, kept, measures, only),
        *(_by_officer if question.group is Group.OFFICER else _source)(question, visits, measures, only),
    ]


def _source(question: Question, rows: Any, measures: Sequence[str], only: Sequence[str] | None) -> list[Source]:
    named = zip(columns_of(question), map(F, KEYS[question.group]), strict=True)
    keys: dict[str, Any] = dict(named) or {"one": Value(1)}
    if question.group in DIGITS:
        keys = {"k0": Substr("region_code", 1, DIGITS[question.group])}
    if question.span is not None:
        keys["bucket"] = _bucket(question.span)
    found = rows.annotate(**keys)
    if only is not None:
        found = found.filter(k0__in=only)
    return _compiled(found.order_by().values(*keys, *measures))


def _by_officer(question: Question, visits: Any, measures: Sequence[str], only: Sequence[str] | None) -> list[Source]:
    """Each visit once for each of its officers, whom it holds as certificate number → name."""
    bucket = {} if question.span is None else {"bucket": _bucket(question.span)}
    columns = visits.annotate(k1=F("agency__code"), **bucket).order_by().values("k1", *bucket, *measures, "officers")
    each = "CROSS JOIN LATERAL jsonb_object_keys" if connection.vendor == "postgresql" else "CROSS JOIN json_each"
    key = "o" if connection.vendor == "postgresql" else "o.key"
    told = ", ".join(f"v.{name}" for name in ("k1", *bucket, *measures))
    which = "" if only is None else f" WHERE {key} IN ({', '.join(['%s'] * len(only))})"
    return [
        (f"SELECT {key} AS k0, {told} FROM ({sql}) AS v {each}(v.officers) AS o{which}", (*params, *(only or ())))  # noqa: S608
        for sql, params in _compiled(columns)
    ]


def _compiled(rows: "QuerySet[Any, Any]") -> list[Source]:
    """As SQL; nothing where no row can be meant."""
    try:
        return [rows.query.sql_with_params()]
    except EmptyResultSet:
        return []


def _by_county(question: Question) -> bool:
    """Do the sums of whole counties know the answer? They know no town, category or agency."""
    within = max(len(question.region_prefix), len(question.sees.region_prefix)) <= COUNTY
    alone = not (question.agency_code or question.sees.branch)
    return within and alone and question.group in {Group.ALL, Group.CITY, Group.REGION}


def _counties_asked(question: Question) -> Q:
    """The rows that are in the question, whenever they were."""
    asked, sees = Q(purpose=question.purpose) & in_region(question.region_prefix), question.sees
    if sees.everything:
        return asked
    found = in_region(sees.region_prefix) if sees.region_prefix else Q(pk__in=())
    return asked & (found | Q(supervised_by=sees.supervised_by) if sees.supervised_by else found)


def rows_asked(question: Question) -> Q:
    """The rows that are in the question, whenever they were."""
    asked = Q(purpose=question.purpose)
    if question.agency_code:
        asked &= of_agencies(below(question.agency_code))
    if question.group is not Group.OFFICER:
        asked &= in_region(question.region_prefix)
    if question.group is Group.ENTERPRISE and not question.by_agency_only:
        return asked & (Q() if question.sees.everything else in_region(question.sees.region_prefix))
    return asked & _by_agency(question.seen)


class OneOf(Lookup):
    """Is this key among those that the subquery finds? It is asked once, before the rows.

    PostgreSQL guesses that a third of all agencies lie below any one, and would read everybody's rows of a year for the
    few of one agency; of an array it guesses ten keys, and goes by their index.
    """

    lookup_name = "one_of"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        key, few = self.process_lhs(compiler, connection)
        found, many = self.process_rhs(compiler, connection)
        kind = f"= ANY(ARRAY{found})" if connection.vendor == "postgresql" else f"IN {found}"
        return f"{key} {kind}", (*few, *many)


def of_agencies(which: Q) -> Q:
    """The rows of these agencies, however many they are."""
    return Q(OneOf(F("agency_id"), Subquery(CountedAgency.objects.filter(which).values("pk"))))


def _by_agency(sees: Sees) -> Q:
    """The rows that the account reaches."""
    if sees.everything:
        return Q()
    found = Q(pk__in=())
    if sees.branch or sees.supervised_by:
        found |= of_agencies(competent(sees))
    # The region first: where it holds, nobody looks through the agencies.
    return in_region(sees.region_prefix) | found if sees.region_prefix else found


def competent(sees: Sees, *, path: str = "path") -> Q:
    """The agencies that the account reaches as such, wherever they went."""
    found = Q(pk__in=())
    if sees.branch:
        found |= below(sees.branch, path=path)
    return found | Q(supervised_by=sees.supervised_by) if sees.supervised_by else found


def below(code: str, *, path: str = "path") -> Q:
    """Does an agency's path lead through this one? (No LIKE: SQLite's takes a for A.)"""
    return Q(GreaterThan(StrIndex(path, Value(f"/{code}/")), 0))


def in_region(prefix: str) -> Q:
    """Codes that begin so, as a range that an index can answer under any collation: digits on both ends."""
    if not prefix:
        return Q()
    after = str(int(prefix) + 1).zfill(len(prefix))
    return Q(region_code__gte=prefix) & (Q(region_code__lt=after) if len(after) == len(prefix) else Q())


def _bucket(span: Span) -> Any:
    return {Span.DAY: F("start"), Span.MONTH: TruncMonth("start"), Span.YEAR: TruncYear("start")}[span]
