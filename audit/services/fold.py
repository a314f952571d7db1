"""Fold what happened into the statistics: a scan writes no sum, it only queues its fact.

What a visit contributes now is worked out from its latest version, and the difference to what the sums contain of it
(VisitNow) is added to them. So it does not matter how often, in which order or in which company a version is folded.
One folder at a time: all of it stands in one transaction behind one lock.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django.db import connection, models, transaction

from audit.lane import hold
from audit.models import (
    COUNTY,
    KEPT,
    MEASURES,
    CountedAgency,
    CountyTotal,
    EnterpriseTotal,
    OfficerTotal,
    PendingDocument,
    PendingFact,
    Span,
    Total,
    VisitNow,
)
from audit.tally import Contribution, Organ, Turn, tail

LANE = "audit.fold"
BATCH = 1_000
ROWS_PER_INSERT = 400

Sums = dict[tuple[Any, ...], list[int]]


def fold(*, limit: int = BATCH) -> int:
    """Fold the oldest queued versions, at most about `limit`, in one transaction. How many were there?

    A second folder waits until the first has committed, and then finds what that one left.
    """
    with transaction.atomic():
        hold(LANE)
        batch = tail(limit=limit)
        apply(batch.turns)
        PendingFact.objects.filter(pk__in=batch.facts).delete()
        PendingDocument.objects.filter(pk__in=batch.documents).delete()
    return len(batch.facts) + len(batch.documents)


def apply(turns: Sequence[Turn]) -> None:
    """Add the differences to the sums and remember what these contain now; inside the caller's transaction and lane."""
    if not turns:
        return
    organs = _organs(one for turn in turns for one in (turn.old, turn.new) if one is not None)
    totals, counties, enterprises, officers = Sums(), Sums(), Sums(), Sums()
    names: dict[str, str] = {}
    for turn in turns:
        for one, sign in ((turn.old, -1), (turn.new, 1)):
            if one is None:
                continue
            organ = organs[one.organ]
            for each in Span:
                county = (str(each), each.first_day(one.day), one.purpose, one.region_code[:COUNTY])
                _add(counties, (*county, one.organ.supervised_by), one.measures, sign)
            for span, start in spans_of(one.day):
                stretch = (span, start, one.purpose)
                _add(totals, (*stretch, organ, one.region_code, one.category), one.measures, sign)
                _add(enterprises, (*stretch, one.credit_code, one.region_code), one.measures, sign)
                for certificate_no, name in one.officers:
                    _add(officers, (*stretch, certificate_no, organ), one.measures, sign)
                    names[certificate_no] = name
    _upsert(Total, ("span", "start", "purpose", "agency_id", "region_code", "category"), totals)
    _upsert(CountyTotal, ("span", "start", "purpose", "region_code", "supervised_by"), counties)
    _upsert(EnterpriseTotal, ("span", "start", "purpose", "credit_code", "region_code"), enterprises)
    key = ("span", "start", "purpose", "certificate_no", "agency_id")
    _upsert(OfficerTotal, key, officers, also={"name": lambda row: names[row[3]]})
    VisitNow.objects.bulk_create(
        [_row(turn.new, organs[turn.new.organ]) for turn in turns],
        update_conflicts=True,
        unique_fields=["visit"],
        update_fields=[field.attname for field in VisitNow._meta.concrete_fields if not field.primary_key],
        batch_size=ROWS_PER_INSERT,
    )


def spans_of(day: date) -> list[tuple[str, date]]:
    """The month and year in whose sums this day stands."""
    return [(str(span), span.first_day(day)) for span in KEPT]


def _add(sums: Sums, key: tuple[Any, ...], measures: Sequence[int], sign: int) -> None:
    found = sums.get(key)
    if found is None:
        sums[key] = [sign * value for value in measures]
        return
    for place, value in enumerate(measures):
        found[place] += sign * value


def _organs(contributions: Iterable[Contribution]) -> dict[Organ, int]:
    """The rows of these agencies; new ones are added, and called as they are called now."""
    named = {one.organ: one.agency_name for one in contributions}
    CountedAgency.objects.bulk_create(
        [
            CountedAgency(code=organ.code, path=organ.path, supervised_by=organ.supervised_by, name=name)
            for organ, name in sorted(named.items(), key=lambda pair: (pair[0].path, pair[0].supervised_by))
        ],
        update_conflicts=True,
        unique_fields=["code", "path", "supervised_by"],
        update_fields=["name"],
    )
    rows = CountedAgency.objects.filter(code__in={organ.code for organ in named})
    return {Organ(code=row.code, path=row.path, supervised_by=row.supervised_by): row.pk for row in rows}


def _upsert(
    table: type[models.Model], key: Sequence[str], sums: Sums, *, also: Mapping[str, Any] | None = None
) -> None:
    """Add to the rows that are there, insert the others: one statement for each 400 rows."""
    quote = connection.ops.quote_name
    name = quote(table._meta.db_table)
    extra = dict(also or {})
    columns = ", ".join(map(quote, (*key, *extra, *MEASURES)))
    grown = [f"{quote(measure)} = {name}.{quote(measure)} + excluded.{quote(measure)}" for measure in MEASURES]
    grown += [f"{quote(column)} = excluded.{quote(column)}" for column in extra]
    dates = connection.ops.adapt_datefield_value
    rows = [
        tuple(dates(value) if isinstance(value, date) else value for value in keys)
        + tuple(made(keys) for made in extra.values())
        + tuple(values)
        for keys, values in sorted(sums.items())
        if any(values)
    ]
    for begin in range(0, len(rows), ROWS_PER_INSERT):
        some = rows[begin : begin + ROWS_PER_INSERT]
        marks = ", ".join(["(" + ", ".join(["%s"] * len(some[0])) + ")"] * len(some))
        with connection.cursor() as cursor:
            # S608: table and columns are the model's own, values are parameters
            cursor.execute(
                f"INSERT INTO {name} ({columns}) VALUES {marks} ON CONFLICT ({', '.join(map(quote, key))})"  # noqa: S608
                f" DO UPDATE SET {', '.join(grown)}",
                [value for row in some for value in row],
            )


def _row(one: Contribution, organ: int) -> VisitNow:
    return VisitNow(
        visit=one.visit,
        fact_id=one.fact_id,
        day=one.day,
        year=one.day.year,
        started_at=one.started_at,
        credit_code=one.credit_code,
        region_code=one.region_code,
        agency_id=organ,
        purpose=one.purpose,
        category=one.category,
        joint_id=one.joint_id,
        officers=dict(one.officers),
        **dict(zip(MEASURES, one.measures, strict=True)),
    )
