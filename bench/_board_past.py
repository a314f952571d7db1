"""The past that statistics are measured over: a province's visits of five years, made by the database itself.

12 cities of 15 counties, 2,000 agencies of ten officers, an enterprise for each ten visits; some are visited often. One
in ten visits is joint with another agency, one in twenty is exempt, one in fifty has a second version that voids it.
"""

from django.db import connection

from audit.board import SUMMED

YEARS = (2022, 2026)
COUNTIES, AGENCIES, OFFICERS_EACH = 180, 2_000, 10
FACT = (
    "visit, version, known_from, state, origin, credit_code, enterprise_name, region_code, industry, risk_grade,"
    " agency_code, agency_path, agency_name, supervised_by, purpose, category, reason, source_no, superior_ordered,"
    " joint_id, started_at, officers, agency_level, items, claim"
)
COUNTY = "'13' || lpad((a %% 180 / 15 + 1)::text, 2, '0') || lpad((a %% 15 + 1)::text, 2, '0')"


LOADED = ("audit_pendingfact", "audit_visitfact", "audit_countedagency", *SUMMED)
"""Tables that are filled at one go: in a database that is thrown away nothing of them goes through the log."""


def found(facts: int) -> None:
    """Fill a migrated, empty PostgreSQL database; nothing is queued for folding or sealing."""
    with connection.cursor() as cursor:
        for table in LOADED:
            cursor.execute(f"ALTER TABLE {table} SET UNLOGGED")
        cursor.execute("SET maintenance_work_mem = '1GB'")
        triggers = ("audit_visitfact_pending", "audit_visitfact_seal")
        for trigger in triggers:
            cursor.execute(f"ALTER TABLE audit_visitfact DISABLE TRIGGER {trigger}")
        # What is built afterwards is built many times as fast; the key stays.
        cursor.execute("ALTER TABLE audit_visitfact DROP CONSTRAINT visit_fact_version")
        cursor.execute("SELECT indexdef, indexname FROM pg_indexes WHERE tablename = 'audit_visitfact'")
        indexes = [(made, name) for made, name in cursor.fetchall() if "UNIQUE" not in made]
        for _made, name in indexes:
            cursor.execute(f'DROP INDEX "{name}"')
        cursor.execute(_visits(1, facts, enterprises=facts // 10))
        cursor.execute(
            f"INSERT INTO audit_visitfact ({FACT}) SELECT "  # noqa: S608 (our own columns)
            + FACT.replace("version,", "2,", 1).replace("state,", "'voided',", 1)
            + " FROM audit_visitfact WHERE id %% 50 = 0".replace("%%", "%")
        )
        cursor.execute("ALTER TABLE audit_visitfact ADD CONSTRAINT visit_fact_version UNIQUE (visit, version)")
        for made, _name in indexes:
            cursor.execute(made)
        for trigger in triggers:
            cursor.execute(f"ALTER TABLE audit_visitfact ENABLE TRIGGER {trigger}")
        cursor.execute("RESET maintenance_work_mem")
        cursor.execute("ANALYZE audit_visitfact")


def happens(visits: int, *, series: int, facts: int) -> None:
    """So many further visits of this year at the same doors, which queue themselves as scans do."""
    with connection.cursor() as cursor:
        cursor.execute(_visits(series, visits, enterprises=facts // 10, since=f"{YEARS[1]}-06-01"))


def _visits(series: int, many: int, *, enterprises: int, since: str = f"{YEARS[0]}-01-01") -> str:
    first = f"timestamptz '{since} 00:00+08'"
    per_county = max(enterprises // COUNTIES, 10)

    def drawn(which: int) -> str:  # by lot, evenly from 0 to 1, the same for both of a joint visit
        return f"((hashint8extended(p, {series * 10 + which}) & 2147483647) / 2147483648.0::float8)"

    officer = (
        "jsonb_build_object('certificate_no', 'Z' || (a * 10 + (n + {0}) %% 10), 'name', '执法员' || (n + {0}) %% 10)"
    )
    return (
        f"INSERT INTO audit_visitfact ({FACT})"  # noqa: S608 (numbers of our own)
        f" SELECT 'RQ-{series}-' || n, 1, now(), 'open', 'scanned', 'E' || lpad(e::text, 17, '0'), '企业' || e,"
        f" {COUNTY}, 'C34', 'B', 'A' || a, '/P13/C' || a %% 180 / 15 || '/A' || a || '/', '第' || a || '大队',"
        f" 'SFJ' || a %% 180, CASE WHEN n %% 25 = 0 THEN 'service' ELSE 'inspection' END,"
        f" CASE WHEN n %% 5 = 0 THEN 'special' WHEN n %% 7 = 0 THEN 'case' ELSE 'routine' END,"
        f" CASE WHEN n %% 20 = 7 THEN 'complaint' ELSE '' END, CASE WHEN n %% 20 = 7 THEN '12345' ELSE '' END,"
        f" n %% 15 = 0, CASE WHEN j THEN 'J{series}-' || n / 2 ELSE '' END,"
        f" {first} + w * (timestamptz '{YEARS[1]}-11-01 00:00+08' - {first}),"
        f" jsonb_build_array({officer.format(0)}, {officer.format(1)}), 'district', '[]'::jsonb, NULL"
        # The two of a joint visit are two agencies of one county on one day at one door: `p` is the first of them.
        f" FROM (SELECT n, j, w, CASE WHEN j THEN (b + n %% 2 * 180) %% 1980 ELSE b END AS a,"
        f" floor(r * r * {per_county})::int * 180 + b %% 180 AS e"
        f" FROM (SELECT n, j, floor({drawn(1)} * {AGENCIES - 20})::int AS b, {drawn(2)} AS r,"
        f" least((p + {drawn(3)} * {many // 500}) / {many}, 1) AS w"
        f" FROM (SELECT n, n %% 20 < 2 AS j, CASE WHEN n %% 20 < 2 THEN n - n %% 2 ELSE n END AS p"
        f" FROM generate_series(0, {many - 1}) AS n) AS told OFFSET 0) AS drawn) AS picked"
    ).replace("%%", "%")
