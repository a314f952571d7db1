"""Answers to questions of statistics: from the sums, and from what is queued and in no sum yet."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models import F, Max, Q, QuerySet, Value
from django.db.models.functions import StrIndex, Substr, TruncMonth, TruncYear
from django.db.models.lookups import GreaterThan

from audit.figures import Answer, Group, Line, Question, Sees, cover
from audit.models import MEASURES, CountedAgency, EnterpriseTotal, OfficerTotal, Span, Total, VisitFact, VisitNow
from audit.tally import Contribution, tail

TAIL_LIMIT = 2_000
"""So many queued versions are added to an answer; a worker folds that many in seconds."""

COUNTY_DIGITS = 6
SUMMED = [table._meta.db_table for table in (Total, EnterpriseTotal, OfficerTotal, VisitNow)]
"""What `fold --anew` empties, in its order."""
Key = tuple[str, ...]
# group → (columns of the key, their names in a query)
KEYS: dict[Group, tuple[str, ...]] = {
    Group.ALL: (),
    Group.AGENCY: ("agency__code",),
    Group.OFFICER: ("certificate_no", "agency__code"),
    Group.ENTERPRISE: ("credit_code", "region_code"),
    Group.REGION: ("county",),
    Group.CATEGORY: ("category",),
}
Sums = dict[tuple[Key, date | None], dict[str, int]]


def ask(question: Question) -> Answer:
    """The figures, right the moment after a scan.

    From sums that one moment saw: outside a transaction this opens one for reading; inside one, a fold that commits
    between two statements (PostgreSQL's READ COMMITTED) can be seen half, so ask outside.
    """
    with _one_moment():
        late = tail(limit=TAIL_LIMIT)
        signed = [
            (sign, one)
            for turn in late.turns
            for sign, one in ((-1, turn.old), (1, turn.new))
            if one is not None and question.matches(one)
        ]
        lines = _ranked(question, signed)
        if question.span is not None:
            lines = _broken_down(question, signed, lines)
        names = {**_names(question.group, lines), **_new_names(question.group, signed)}
    named = [replace(line, name=names.get(line.key[0], "") if line.key else "") for line in lines]
    return Answer(question=question, lines=named, waiting=late.waiting)


def knows_agency(code: str, *, sees: Sees) -> bool:
    """Has this agency, or one below it, a visit that the account reaches? Before its first visit it has no figures."""
    agencies = CountedAgency.objects.filter(below(code))
    kept = agencies if sees.everything else agencies.filter(_competent(sees))
    if kept.exists():
        return True
    at_home = _region(sees.region_prefix) if sees.region_prefix else Q(pk__in=())
    if Total.objects.filter(at_home, agency__in=agencies, span=Span.YEAR).exists():
        return True
    reached = Q() if sees.everything else _competent(sees, path="agency_path") | at_home
    queued = VisitFact.objects.filter(reached, below(code, path="agency_path"), pending__isnull=False)
    return queued.exists()


@contextmanager
def _one_moment() -> Iterator[None]:
    """All statements inside see the same rows, and nobody waits for them but `fold --anew`, as they do for it."""
    if connection.in_atomic_block:
        yield
        return
    before = getattr(connection, "transaction_mode", None)
    if connection.vendor == "sqlite":
        connection.transaction_mode = "DEFERRED"  # type: ignore[attr-defined]  # a reader must not be the one writer
    try:
        with transaction.atomic():
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
                    # Before the first SELECT fixes the moment: a table that `fold --anew` emptied would look empty to
                    # a moment before it. In its order (audit/services/refold.py); no other deed makes us wait.
                    cursor.execute(f"LOCK TABLE {', '.join(SUMMED)} IN ACCESS SHARE MODE")
            yield
    finally:
        if connection.vendor == "sqlite":
            connection.transaction_mode = before  # type: ignore[attr-defined]


def _ranked(question: Question, signed: Sequence[tuple[int, Contribution]]) -> list[Line]:
    """The greatest groups over the whole window. Those that the tail touches are looked up, whatever their rank."""
    whole = replace(question, span=None)
    changes = _changes(whole, signed)
    touched = {key for key, _start in changes}
    few = None if question.group is Group.ALL else _top(whole, limit=question.limit + len(touched)) | touched
    found = {} if few == set() else _sums(whole, only=few)
    lines = _lines(found, changes)
    if question.group is Group.ENTERPRISE:
        lines = [line for line in lines if line.measures[question.measure] > 0]
    lines.sort(key=lambda line: (-line.measures[question.measure], line.key))
    return lines[: question.limit]


def _broken_down(question: Question, signed: Sequence[tuple[int, Contribution]], groups: Sequence[Line]) -> list[Line]:
    keys = {line.key for line in groups}
    found = {of: sums for of, sums in _sums(question, only=keys).items() if of[0] in keys}
    changes = {of: sums for of, sums in _changes(question, signed).items() if of[0] in keys}
    rank = {line.key: place for place, line in enumerate(groups)}
    return sorted(_lines(found, changes), key=lambda line: (rank[line.key], str(line.start)))


def _lines(found: Sums, changes: Sums) -> list[Line]:
    lines: list[Line] = []
    for key, start in {**found, **changes}:
        sums = found.get((key, start), {})
        more = changes.get((key, start), {})
        measures = {name: sums.get(name, 0) + more.get(name, 0) for name in MEASURES}
        if any(measures.values()):
            lines.append(Line(key=key, start=start, measures=measures))
    return lines


def _changes(question: Question, signed: Sequence[tuple[int, Contribution]]) -> Sums:
    """What the tail adds to each line."""
    changes: Sums = defaultdict(lambda: dict.fromkeys(MEASURES, 0))
    for sign, one in signed:
        start = question.span.first_day(one.day) if question.span else None
        for key in _keys_of(question.group, one):
            for name, value in zip(MEASURES, one.measures, strict=True):
                changes[key, start][name] += sign * value
    return dict(changes)


def _keys_of(group: Group, one: Contribution) -> list[Key]:
    match group:
        case Group.AGENCY:
            return [(one.organ.code,)]
        case Group.OFFICER:
            return [(certificate_no, one.organ.code) for certificate_no, _name in one.officers]
        case Group.ENTERPRISE:
            return [(one.credit_code, one.region_code)]
        case Group.REGION:
            return [(one.region_code[:COUNTY_DIGITS],)]
        case Group.CATEGORY:
            return [(one.category,)]
        case Group.ALL:
            return [()]


def _top(question: Question, *, limit: int) -> set[Key]:
    """The keys of the groups with most, by the one measure that ranks. One statement."""
    pieces = cover(question.first, question.last, Span.YEAR)
    if question.group is Group.ENTERPRISE and not question.by_agency_only and len(pieces) == 1 and pieces[0].is_one_sum:
        # One kept stretch: each of its rows is a group, and an index has them in this order.
        some = Q(span=pieces[0].span, start=pieces[0].first, **{f"{question.measure}__gt": 0})
        rows = EnterpriseTotal.objects.filter(some, _asked(question))
        ranked = rows.order_by(f"-{question.measure}", "credit_code", "region_code")
        return set(ranked.values_list("credit_code", "region_code")[:limit])
    keys = ", ".join(_keys(question))
    found = _summed(
        _sources(question, [question.measure]),
        f"{keys}, SUM({question.measure}) AS value",
        f"{keys} ORDER BY value DESC, {keys} LIMIT {limit}",
    )
    return {tuple(row[:-1]) for row in found}


def _sums(question: Question, *, only: set[Key] | None = None) -> Sums:
    """Every measure of these groups (None: of all). One statement."""
    narrowed = None if only is None else sorted({key[0] for key in only if key}) or None
    columns = [*_keys(question), *(["bucket"] if question.span else [])]
    grouped = ", ".join(columns) or "one"
    sums = ", ".join(f"SUM({name}) AS {name}" for name in MEASURES)
    found: Sums = {}
    for row in _summed(_sources(question, MEASURES, only=narrowed), f"{grouped}, {sums}", grouped):
        key = tuple(row[: len(KEYS[question.group])])
        if only is None or key in only:
            start = _day(row[len(key)]) if question.span else None
            found[key, start] = dict(zip(MEASURES, map(int, row[-len(MEASURES) :]), strict=True))
    return found


def _day(value: Any) -> date:
    """SQLite knows days as texts; PostgreSQL cuts a day off to a moment, midnight in the session's zone."""
    if isinstance(value, str):
        return date.fromisoformat(value)
    found: date = value.date() if isinstance(value, datetime) else value
    return found


Source = tuple[str, tuple[Any, ...]]


def _summed(sources: Sequence[Source], columns: str, grouped: str) -> list[Any]:
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


def _keys(question: Question) -> list[str]:
    return [f"k{place}" for place in range(len(KEYS[question.group]))]


def _sources(question: Question, measures: Sequence[str], *, only: Sequence[str] | None = None) -> list[Source]:
    """The rows that make up the answer: kept sums of whole months and years, single visits of the days around them."""
    stretches = days = Q(pk__in=())
    for piece in cover(question.first, question.last, question.span or Span.YEAR):
        if piece.span is Span.DAY:
            days |= Q(day__gte=piece.first, day__lt=piece.end)
        else:
            within = Q(start=piece.first) if piece.is_one_sum else Q(start__gte=piece.first, start__lt=piece.end)
            stretches |= Q(span=piece.span) & within
    if question.group is Group.ENTERPRISE and question.by_agency_only:  # the sums by enterprise know no agency
        whole = Q(day__gte=question.first, day__lte=question.last)
        alone = VisitNow.objects.filter(whole, _asked(question)).annotate(start=F("day"))
        return _source(question, alone, measures, only)
    tables: dict[Group, Any] = {Group.ENTERPRISE: EnterpriseTotal, Group.OFFICER: OfficerTotal}
    kept = tables.get(question.group, Total).objects.filter(stretches, _asked(question))
    visits = VisitNow.objects.filter(days, _asked(question)).annotate(start=F("day"))
    return [
        *_source(question, kept, measures, only),
        *(_by_officer if question.group is Group.OFFICER else _source)(question, visits, measures, only),
    ]


def _source(question: Question, rows: Any, measures: Sequence[str], only: Sequence[str] | None) -> list[Source]:
    keys: dict[str, Any] = dict(zip(_keys(question), map(F, KEYS[question.group]), strict=True)) or {"one": Value(1)}
    if question.group is Group.REGION:
        keys = {"k0": Substr("region_code", 1, COUNTY_DIGITS)}
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


def _asked(question: Question) -> Q:
    """The rows that are in the question, whenever they were."""
    asked = Q(purpose=question.purpose)
    if question.agency_code:
        asked &= Q(agency__in=CountedAgency.objects.filter(below(question.agency_code)))
    if question.group is not Group.OFFICER:
        asked &= _region(question.region_prefix)
    if question.group is Group.ENTERPRISE and not question.by_agency_only:
        return asked & (Q() if question.sees.everything else _region(question.sees.region_prefix))
    return asked & _by_agency(question.seen)


def _by_agency(sees: Sees) -> Q:
    """The rows that the account reaches."""
    if sees.everything:
        return Q()
    found = Q(pk__in=())
    if sees.branch or sees.supervised_by:
        found |= Q(agency__in=CountedAgency.objects.filter(_competent(sees)))
    return found | _region(sees.region_prefix) if sees.region_prefix else found


def _competent(sees: Sees, *, path: str = "path") -> Q:
    """The agencies that the account reaches as such, wherever they went."""
    found = Q(pk__in=())
    if sees.branch:
        found |= below(sees.branch, path=path)
    return found | Q(supervised_by=sees.supervised_by) if sees.supervised_by else found


def below(code: str, *, path: str = "path") -> Q:
    """Does an agency's path lead through this one? (No LIKE: SQLite's takes a for A.)"""
    return Q(GreaterThan(StrIndex(path, Value(f"/{code}/")), 0))


def _region(prefix: str) -> Q:
    """Codes that begin so, as a range that an index can answer under any collation: digits on both ends."""
    if not prefix:
        return Q()
    after = str(int(prefix) + 1).zfill(len(prefix))
    return Q(region_code__gte=prefix) & (Q(region_code__lt=after) if len(after) == len(prefix) else Q())


def _bucket(span: Span) -> Any:
    return {Span.DAY: F("start"), Span.MONTH: TruncMonth("start"), Span.YEAR: TruncYear("start")}[span]


def _new_names(group: Group, signed: Sequence[tuple[int, Contribution]]) -> dict[str, str]:
    """Of those whom only the tail knows."""
    if group is Group.AGENCY:
        return {one.organ.code: one.agency_name for _sign, one in signed}
    return dict(officer for _sign, one in signed for officer in one.officers) if group is Group.OFFICER else {}


def _names(group: Group, lines: Sequence[Line]) -> dict[str, str]:
    """What the groups are called now, by the first part of their keys. At most one statement."""
    first = {line.key[0] for line in lines if line.key}
    if group is Group.AGENCY:
        return dict(CountedAgency.objects.filter(code__in=first).order_by("pk").values_list("code", "name"))
    if group is Group.OFFICER:
        rows = OfficerTotal.objects.filter(certificate_no__in=first, span=Span.YEAR).order_by("start", "pk")
        return dict(rows.values_list("certificate_no", "name"))
    if group is Group.ENTERPRISE:
        facts = VisitFact.objects.filter(credit_code__in=first).values("credit_code")
        newest = facts.annotate(newest=Max("pk")).order_by().values("newest")
        return dict(VisitFact.objects.filter(pk__in=newest).values_list("credit_code", "enterprise_name"))
    return {}
