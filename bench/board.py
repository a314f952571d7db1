"""How long do figures take over ten million visit facts, beside the same question put to the facts?

    make bench NAME=board POSTGRES=1                            10,000,000 facts: some 12 GB of disk
    make bench NAME=board POSTGRES=1 ARGS='--facts 1000000'     smaller
    DATABASE_URL=… python -m bench.board                        keeps the database; a filled one is asked again

The facts are made by the database, the sums by `manage.py fold --anew`; then 5,000 visits are folded and a hundred
happen that no sum contains. Each question is asked as the API asks it (audit.board.ask, that tail included), and as one
SELECT over the facts. Their answers must be the same. Median of five, after one that is not counted; raw: once. Pages:
their wall clock, and the CPU of Python and of the database's process, which other programs do not lengthen.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
LIMIT = 20
STATEMENTS = 12  # of a page
PAGE = 300  # ms: the supervisors' board as a page, whole, with today's list, the read log and its HTML
# ms: rankings, trends, windows that no month or year bounds (17 March 2024 to 5 August 2025)
RANKING, TREND, WINDOW = 50, 250, 3_000


def main() -> None:
    parser = argparse.ArgumentParser(description="Figures over visit facts, beside raw SQL.")
    parser.add_argument("--facts", type=int, default=10_000_000)
    parser.add_argument("--tail", type=int, default=100, help="visits that are queued when the questions are asked")
    parser.add_argument("--pages", action="store_true", help="only the board's pages, not the questions one by one")
    asked = parser.parse_args()
    if not os.environ.get("DATABASE_URL", "").startswith("postgres"):
        raise SystemExit("a PostgreSQL of its own is needed: make bench NAME=board POSTGRES=1")
    django.setup()
    from django.core.management import call_command

    from audit.models import VisitFact
    from audit.services.fold import fold
    from audit.services.refold import refold
    from bench._board_past import found, happens

    call_command("migrate", verbosity=0)
    if not VisitFact.objects.exists():
        _timed("facts made", lambda: found(asked.facts))
        _timed("fold --anew", refold)
    _timed("VACUUM ANALYZE", _sizes)
    last = VisitFact.objects.latest("pk").pk  # visits of their own, however often a database is asked
    happens(5_000, series=last, facts=asked.facts)
    _timed("5,000 visits folded in batches", lambda: _drain(fold))
    happens(asked.tail, series=last + 1, facts=asked.facts)
    print(f"load average before the questions {os.getloadavg()[0]:.1f}")
    missed = []
    if not asked.pages:
        print("\n| question | limit ms | ms | fastest | raw SQL ms | raw ÷ ours | lines |" + "\n|" + " --- |" * 7)
        missed = [told for told in map(_measure, _questions()) if told]
    print("\n| page | limit ms | ms | fastest | CPU ms | of Python | of the database | statements |", end="")
    print("\n|" + " --- |" * 8)
    missed += [told for told in (_page(*one) for one in _pages()) if told]
    _timed("\nthe tail folded", lambda: _drain(fold))
    if missed:
        sys.exit("; ".join(missed))


def _drain(fold: Callable[[], int]) -> int:
    folded = 0
    while some := fold():
        folded += some
    return folded


def _timed(what: str, deed: Callable[[], Any]) -> None:
    began = time.perf_counter()
    done = deed()
    print(f"{what}: {time.perf_counter() - began:.1f} s{f' ({done:,})' if isinstance(done, int) else ''}", flush=True)


def _sizes() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute(
            "SELECT relname, pg_total_relation_size(oid) >> 20, reltuples::bigint FROM pg_class WHERE relname IN"
            " ('audit_visitfact', 'audit_visitnow', 'audit_total', 'audit_enterprisetotal', 'audit_officertotal')"
        )
        print("; ".join(f"{name} {rows:,} rows {size:,} MB" for name, size, rows in cursor.fetchall()), flush=True)
        cursor.execute("SELECT current_setting('shared_buffers'), current_setting('work_mem'), version()")
        print(
            "shared_buffers {}, work_mem {}, {:.20}".format(*cursor.fetchone()), f"{os.cpu_count()} cores", flush=True
        )


def _questions() -> list[tuple[str, int, Any]]:
    from audit.figures import Group, Question
    from audit.models import Span

    year = Question(group=Group.ALL, first=date(2025, 1, 1), last=date(2025, 12, 31), limit=LIMIT)
    month = replace(year, first=date(2026, 7, 1), last=date(2026, 7, 31))
    five = replace(year, first=date(2022, 1, 1), last=date(2026, 12, 31), span=Span.MONTH)
    window = replace(year, first=date(2024, 3, 17), last=date(2025, 8, 5))
    county, city, province = "130505", "1305", "13"
    door, agency, officer = Group.ENTERPRISE, Group.AGENCY, Group.OFFICER
    return [
        ("enterprises of a county, year", RANKING, replace(year, group=door, region_prefix=county)),
        ("enterprises of a city, year", RANKING, replace(year, group=door, region_prefix=city)),
        ("enterprises of the province, year", RANKING, replace(year, group=door, region_prefix=province)),
        ("enterprises of a city, month", RANKING, replace(month, group=door, region_prefix=city)),
        ("agencies in a city, year", RANKING, replace(year, group=agency, region_prefix=city)),
        ("agencies in the province, month", RANKING, replace(month, group=agency, region_prefix=province)),
        ("officers of a branch, year", RANKING, replace(year, group=officer, agency_code="C4")),
        ("officers everywhere, year", RANKING, replace(year, group=officer)),
        ("an agency by month, five years", TREND, replace(five, group=agency, agency_code="A77")),
        ("a branch's first 20 agencies by month, five years", TREND, replace(five, group=agency, agency_code="C4")),
        ("the first 20 agencies by month, five years", TREND, replace(five, group=agency)),
        ("joint share of a city by month, five years", TREND, replace(five, region_prefix=city)),
        ("a city by day, a year", TREND, replace(year, region_prefix=city, span=Span.DAY)),
        ("window: everything", WINDOW, window),
        ("window: agencies of the province", WINDOW, replace(window, group=agency)),
        ("window: categories of a county", WINDOW, replace(window, group=Group.CATEGORY, region_prefix=county)),
        ("window: enterprises of a city", WINDOW, replace(window, group=door, region_prefix=city)),
        ("window: enterprises of the province", WINDOW, replace(window, group=door)),
        ("window: officers of a branch", WINDOW, replace(window, group=officer, agency_code="C4")),
        ("window: officers everywhere", WINDOW, replace(window, group=officer)),
    ]


def _measure(asked: tuple[str, int, Any]) -> str:
    from audit.board import ask

    name, limit, question = asked
    answer = ask(question)
    times = []
    for _ in range(5):
        began = time.perf_counter()
        again = ask(question)
        times.append((time.perf_counter() - began) * 1000)
    assert again == answer
    ours = statistics.median(times)
    began = time.perf_counter()
    theirs = _raw(question)
    raw = (time.perf_counter() - began) * 1000
    mine = sorted((line.measures[question.measure] for line in answer.lines), reverse=True)
    mine = [value for value in mine if value]  # a month in which everything was voided has a line too
    assert mine == theirs, (name, mine[:20], theirs[:20])
    print(
        f"| {name} | {limit} | {ours:.1f} | {min(times):.1f} | {raw:.0f} | {raw / ours:.0f} | {len(mine)} |", flush=True
    )
    return f"{name}: {ours:.0f} ms" if ours > limit else ""


def _pages() -> list[tuple[str, str, dict[str, str]]]:
    """Addresses, and who asks for them: a role and its reach."""
    province = {"role": "supervisor", "region_prefix": "13", "agency_code": "SFJ1"}
    city = {"role": "supervisor", "region_prefix": "1305", "agency_code": "SFJ64"}
    county = {"role": "discipline", "region_prefix": "130505"}
    leader = {"role": "agency_leader", "agency_code": "A77"}
    return [
        ("/board/?period=2025", "supervisor of the province, a year", province),
        ("/board/?period=2026-07", "supervisor of the province, a month", province),
        ("/board/", "supervisor of a city, this year", city),
        ("/board/?period=2025&region=130505", "supervisor of a city, a county's year", city),
        ("/board/?period=2025", "discipline of a county, a year", county),
        ("/board/?period=2025", "leader of an agency, a year", leader),
        ("/board/visits?period=2025&of=joint", "supervisor of the province, joint visits of a year", province),
    ]


def _page(address: str, who: str, account: dict[str, str]) -> str:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from audit.models import Account
    from audit.services.account import create_account
    from tests.house.admin_world import AT, SETUP, signed_in

    name = f"bench{Account.objects.count()}"
    reader = signed_in(create_account(username=name, name=who[:40], password=None, actor=SETUP, at=AT, **account))
    assert reader.get(address).status_code == 200
    with CaptureQueriesContext(connection) as seen:
        reader.get(address)
    statements = sum(not one["sql"].startswith(("BEGIN", "COMMIT", "SET TRANSACTION")) for one in seen)
    times, processor, server = [], [], _server_ms()
    for _ in range(5):
        began, used = time.perf_counter(), time.process_time()
        reader.get(address)
        times.append((time.perf_counter() - began) * 1000)
        processor.append((time.process_time() - used) * 1000)
    ours, python, theirs = statistics.median(times), statistics.median(processor), (_server_ms() - server) / 5
    print(
        f"| {address} {who} | {PAGE} | {ours:.0f} | {min(times):.0f} | {python + theirs:.0f} | {python:.0f} |"
        f" {theirs:.0f} | {statements} |",
        flush=True,
    )
    return f"{address} {who}: {ours:.0f} ms, {statements} statements" if ours > PAGE or statements > STATEMENTS else ""


def _server_ms() -> float:
    """What this connection's process has used of the processor (parallel workers are others); nan: another machine."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        stat = Path(f"/proc/{cursor.fetchone()[0]}/stat")
    if not stat.exists():
        return float("nan")
    user, system = stat.read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) * 1000 / os.sysconf("SC_CLK_TCK")


def _raw(question: Any) -> list[int]:
    """The same from the facts alone: the values of all lines, the greatest first."""
    from django.db import connection

    from audit.figures import Group

    day = "(f.started_at AT TIME ZONE 'Asia/Shanghai')::date"
    key = {
        Group.ALL: "1",
        Group.AGENCY: "f.agency_code",
        Group.OFFICER: "o->>'certificate_no'",
        Group.ENTERPRISE: "f.credit_code",
        Group.CATEGORY: "f.category",
    }[question.group]
    value = "count(*)"
    if question.measure == "once":
        value = "count(DISTINCT CASE f.joint_id WHEN '' THEN f.visit ELSE f.joint_id END)"
    officers = ", jsonb_array_elements(f.officers) AS o" if question.group is Group.OFFICER else ""
    where = (
        "f.started_at >= %s AND f.started_at < %s AND f.purpose = 'inspection' AND f.state = 'open'"
        " AND f.region_code LIKE %s AND f.agency_path LIKE %s"
        " AND NOT EXISTS (SELECT FROM audit_visitfact n WHERE n.visit = f.visit AND n.version > f.version)"
    )
    found = (
        f"SELECT {key} AS k, {value} AS v FROM audit_visitfact f{officers} WHERE {where}"  # noqa: S608
        f" GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {question.limit}"
    )
    if question.span is not None:
        bucket = f"date_trunc('{question.span.name.lower()}', {day})"
        found = (
            f"WITH top AS ({found}) SELECT {key}, {value}, {bucket} FROM audit_visitfact f"  # noqa: S608
            f" WHERE {where} AND {key}::text IN (SELECT k::text FROM top) GROUP BY 1, 3 ORDER BY 2 DESC"
        )
    agency = f"%/{question.agency_code}/%" if question.agency_code else "%"
    params = [f"{question.first} 00:00+08", f"{question.last + timedelta(days=1)} 00:00+08"]
    params += [f"{question.region_prefix}%", agency]
    with connection.cursor() as cursor:
        cursor.execute(found, params * (2 if question.span is not None else 1))
        return [row[1] for row in cursor.fetchall()]


if __name__ == "__main__":
    main()
