"""Make all statistics again from the facts: after a restore, or when they are doubted."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from audit.board import SUMMED as TABLES
from audit.lane import hold
from audit.models import COUNTY, MEASURES, PendingDocument, PendingFact, VisitFact
from audit.services.fold import LANE
from audit.tally import DIMENSIONS, present

MEASURED = ", ".join(MEASURES)


def refold() -> int:
    """Empty the sums and fill them with what the facts say now, in one transaction. How many visits are there?

    On PostgreSQL whoever asks for a figure waits until it has ended; scans do not. What is queued meanwhile stays
    queued, and folding it again changes nothing.
    """
    with transaction.atomic():
        hold(LANE)
        PendingFact.objects.all().delete()
        PendingDocument.objects.all().delete()
        for table in TABLES:
            _run(f"TRUNCATE {table}" if connection.vendor == "postgresql" else f"DELETE FROM {table}")  # noqa: S608
        with _without_indexes():
            _agencies()
            visits = _visits()
            _sums()
    return visits


@contextmanager
def _without_indexes() -> Iterator[None]:
    """On PostgreSQL an index that is built in the end is built many times as fast; with memory for it."""
    if connection.vendor != "postgresql":
        yield
        return
    _run("SET LOCAL work_mem = '256MB'")
    _run("SET LOCAL maintenance_work_mem = '512MB'")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE conrelid = ANY(%s::regclass[]) AND contype = 'u'",
            [TABLES],
        )
        unique = cursor.fetchall()
        for table, name, _definition in unique:
            cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        cursor.execute(
            "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index"
            " WHERE indrelid = ANY(%s::regclass[]) AND NOT indisprimary",
            [TABLES],
        )
        indexes = cursor.fetchall()
        for name, _definition in indexes:
            cursor.execute(f"DROP INDEX {name}")
        yield
        for table, name, definition in unique:
            cursor.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')
        for _name, definition in indexes:
            cursor.execute(definition)
        cursor.execute(f"ANALYZE {', '.join(TABLES)}")


def _agencies() -> None:
    key = "agency_code, agency_path, supervised_by"
    _run(
        f"INSERT INTO audit_countedagency (code, path, supervised_by, name) SELECT {key}, agency_name"  # noqa: S608
        f" FROM audit_visitfact WHERE id IN (SELECT max(id) FROM audit_visitfact GROUP BY {key})"
        " ON CONFLICT (code, path, supervised_by) DO UPDATE SET name = excluded.name"
    )


def _visits() -> int:
    """Each visit's latest version; of joint ones, which stands for all and whether several agencies really came."""
    group = "PARTITION BY p.credit_code, p.purpose, p.year, p.joint_id"
    order = "p.is_visits DESC, p.started_at, p.visit"
    first = f"CASE WHEN row_number() OVER ({group} ORDER BY {order}) = 1 THEN 1 ELSE 0 END"
    came = "CASE WHEN p.is_visits = 1 THEN p.agency_code END"
    several = f"CASE WHEN min({came}) OVER ({group}) <> max({came}) OVER ({group}) THEN 1 ELSE 0 END"
    alone = _insert_visits(VisitFact.objects.filter(joint_id=""), {})
    return alone + _insert_visits(
        VisitFact.objects.exclude(joint_id=""),
        {"once": f"p.is_visits * {first}", "joint": f"p.is_visits * {several}"},
    )


OFFICERS = {
    "postgresql": "coalesce((SELECT jsonb_object_agg(e->>'certificate_no', e->>'name')"
    " FROM jsonb_array_elements(p.officers) AS e), '{}')",
    "sqlite": "coalesce((SELECT json_group_object(no, name) FROM (SELECT json_extract(e.value, '$.certificate_no')"
    " AS no, max(json_extract(e.value, '$.name')) AS name FROM json_each(p.officers) AS e GROUP BY 1)), '{}')",
}
"""A fact's officers as certificate number → name."""


def _insert_visits(facts: Any, instead: Mapping[str, str]) -> int:
    sql, params = present(facts).query.sql_with_params()
    told = ", ".join(f"p.{name}" for name in DIMENSIONS)
    measures = ", ".join(instead.get(name, f"p.is_{name}") for name in MEASURES)
    # S608: names of our own columns; what is compared are parameters
    return _run(
        f"INSERT INTO audit_visitnow ({', '.join(DIMENSIONS)}, agency_id, officers, {MEASURED})"  # noqa: S608
        f" SELECT {told}, a.id, {OFFICERS[connection.vendor]}, {measures} FROM ({sql}) AS p"
        " JOIN audit_countedagency AS a"
        " ON a.code = p.agency_code AND a.path = p.agency_path AND a.supervised_by = p.supervised_by",
        params,
    )


COUNTIES = {"region_code": f"substr(v.region_code, 1, {COUNTY})", "supervised_by": "a.supervised_by"}
AND_AGENCIES = "audit_visitnow AS v JOIN audit_countedagency AS a ON a.id = v.agency_id"

EACH_OFFICER = {
    "postgresql": "audit_visitnow AS v CROSS JOIN LATERAL jsonb_each_text(v.officers) AS o",
    "sqlite": "audit_visitnow AS v, json_each(v.officers) AS o",
}


def _sums() -> None:
    _sum("audit_total", {"agency_id": "v.agency_id", "region_code": "v.region_code", "category": "v.category"})
    sum_counties()
    _sum("audit_enterprisetotal", {"credit_code": "v.credit_code", "region_code": "v.region_code"})
    officers = EACH_OFFICER[connection.vendor]
    _sum("audit_officertotal", {"certificate_no": "o.key", "agency_id": "v.agency_id"}, visits=officers, named=True)


def sum_counties() -> None:
    """Fill the counties' sums, which are empty, from what the visits contribute now."""
    _sum("audit_countytotal", COUNTIES, visits=AND_AGENCIES, days=True)


def _sum(
    table: str,
    key: Mapping[str, str],
    *,
    visits: str = "audit_visitnow AS v",
    named: bool = False,
    days: bool = False,
) -> None:
    """Months from the visits (days first, where they are kept: then months from them), then years from the months."""
    columns, values = ", ".join(key), ", ".join(key.values())
    name, of_visit, again = (", name", ", max(o.value)", ", max(name)") if named else ("", "", "")
    into = f"INSERT INTO {table} (span, start, purpose, {columns}{name}, {MEASURED})"
    there = " OR ".join(f"v.{measure} <> 0" for measure in MEASURES)
    month, year = FIRST_DAY[connection.vendor]
    first, begins = ("d", "v.day") if days else ("m", month.format("v.day"))
    _run(
        f"{into} SELECT '{first}', {begins}, v.purpose, {values}{of_visit},"  # noqa: S608
        f" {', '.join(f'sum(v.{measure})' for measure in MEASURES)}"
        f" FROM {visits} WHERE {there} GROUP BY {begins}, v.purpose, {values}"
    )
    larger = [("m", "d", month), ("y", "m", year)] if days else [("y", "m", year)]
    for span, smaller, begin in larger:
        begins = begin.format("start")
        _run(
            f"{into} SELECT '{span}', {begins}, purpose, {columns}{again},"  # noqa: S608
            f" {', '.join(f'sum({measure})' for measure in MEASURES)}"
            f" FROM {table} WHERE span = '{smaller}' GROUP BY {begins}, purpose, {columns}"
        )


FIRST_DAY = {
    "postgresql": ("date_trunc('month', {}::timestamp)::date", "date_trunc('year', {}::timestamp)::date"),
    "sqlite": ("date({}, 'start of month')", "date({}, 'start of year')"),
}


def _run(sql: str, params: Sequence[Any] | None = None) -> int:
    """How many rows did it write?"""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return int(cursor.rowcount)
