"""Make all statistics again from the facts: after a restore, or when they are doubted."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection, transaction

from audit.lane import hold
from audit.models import (
    MEASURES,
    EnterpriseTotal,
    OfficerTotal,
    PendingDocument,
    PendingFact,
    Span,
    Total,
    VisitFact,
    VisitNow,
)
from audit.services.fold import LANE
from audit.tally import DIMENSIONS, present

MEASURED = ", ".join(MEASURES)
TABLES = [table._meta.db_table for table in (Total, EnterpriseTotal, OfficerTotal, VisitNow)]


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
        _agencies()
        visits = _visits()
        _sums()
        _run("ANALYZE" if connection.vendor == "sqlite" else f"ANALYZE {', '.join(TABLES)}")
    return visits


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
    first = (
        f"CASE WHEN row_number() OVER ({group} ORDER BY p.is_visits DESC, p.started_at, p.visit) = 1 THEN 1 ELSE 0 END"
    )
    came = "CASE WHEN p.is_visits = 1 THEN p.agency_code END"
    several = f"CASE WHEN min({came}) OVER ({group}) <> max({came}) OVER ({group}) THEN 1 ELSE 0 END"
    _insert_visits(VisitFact.objects.filter(joint_id=""), {})
    _insert_visits(
        VisitFact.objects.exclude(joint_id=""),
        {"once": f"p.is_visits * {first}", "joint": f"p.is_visits * {several}"},
    )
    return VisitNow.objects.count()


def _insert_visits(facts: Any, instead: Mapping[str, str]) -> None:
    sql, params = present(facts).query.sql_with_params()
    told = ", ".join(f"p.{name}" for name in DIMENSIONS)
    measures = ", ".join(instead.get(name, f"p.is_{name}") for name in MEASURES)
    # S608: names of our own columns; what is compared are parameters
    _run(
        f"INSERT INTO audit_visitnow ({', '.join(DIMENSIONS)}, agency_id, {MEASURED})"  # noqa: S608
        f" SELECT {told}, a.id, {measures} FROM ({sql}) AS p JOIN audit_countedagency AS a"
        " ON a.code = p.agency_code AND a.path = p.agency_path AND a.supervised_by = p.supervised_by",
        params,
    )


OFFICERS = {
    "postgresql": "CROSS JOIN LATERAL (SELECT e->>'certificate_no' AS certificate_no, max(e->>'name') AS name"
    " FROM jsonb_array_elements(f.officers) AS e GROUP BY 1) AS o",
    "sqlite": "JOIN (SELECT i.id, json_extract(e.value, '$.certificate_no') AS certificate_no,"
    " max(json_extract(e.value, '$.name')) AS name FROM audit_visitfact AS i, json_each(i.officers) AS e GROUP BY 1, 2)"
    " AS o ON o.id = f.id",
}
"""Each officer of a fact, once."""


def _sums() -> None:
    visits = "audit_visitnow AS v"
    officers = f"{visits} JOIN audit_visitfact AS f ON f.id = v.fact_id {OFFICERS[connection.vendor]}"
    _sum("audit_total", "v.agency_id, v.region_code, v.category", visits)
    _sum("audit_enterprisetotal", "v.credit_code, v.region_code", visits)
    _sum("audit_officertotal", "o.certificate_no, v.agency_id", officers, named=True)


def _sum(table: str, key: str, visits: str, *, named: bool = False) -> None:
    """Days from the visits; then months from the days, and years from the months."""
    columns = "".join(f", {name}" for name in key.replace("v.", "").replace("o.", "").split(", "))
    name, greatest = (", name", ", max(name)") if named else ("", "")
    into = f"INSERT INTO {table} (span, start, purpose{columns}{name}, {MEASURED})"
    there = " OR ".join(f"v.{measure} <> 0" for measure in MEASURES)
    _run(
        f"{into} SELECT 'd', v.day, v.purpose, {key}{greatest.replace('name', 'o.name')},"  # noqa: S608
        f" {', '.join(f'sum(v.{measure})' for measure in MEASURES)}"
        f" FROM {visits} WHERE {there} GROUP BY v.day, v.purpose, {key}"
    )
    for smaller, larger in ((Span.DAY, Span.MONTH), (Span.MONTH, Span.YEAR)):
        first = FIRST_DAY[connection.vendor][larger]
        _run(
            f"{into} SELECT '{larger}', {first}, purpose{columns}{greatest},"  # noqa: S608
            f" {', '.join(f'sum({measure})' for measure in MEASURES)}"
            f" FROM {table} WHERE span = '{smaller}' GROUP BY {first}, purpose{columns}"
        )


FIRST_DAY = {
    "postgresql": {Span.MONTH: "date_trunc('month', start)::date", Span.YEAR: "date_trunc('year', start)::date"},
    "sqlite": {Span.MONTH: "date(start, 'start of month')", Span.YEAR: "date(start, 'start of year')"},
}


def _run(sql: str, params: Sequence[Any] | None = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
