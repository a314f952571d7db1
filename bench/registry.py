"""How long does a register of enterprises take to come in? Seconds and memory, beside a bare load of the same rows.

    make bench NAME=registry                     300,000 enterprises, CSV and XLSX, SQLite and PostgreSQL
    make bench NAME=registry ARGS='--rows 20000 --only sqlite-csv'

Each measurement is the real command in a process of its own on a fresh, migrated database, start-up included. The peer
is the least that could be done: the same file read with csv or calamine, and the same columns of the same four tables
(registers and history, with their indexes) filled by executemany or COPY in chunks of 1,000 lines, one commit each:
no check of any code, no comparison with what is there, no Merkle root, no report.
Without DATABASE_URL a PostgreSQL is started for the run (.ci/postgres).
"""

import argparse
import csv
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import xlsxwriter
from python_calamine import load_workbook
from stdnum.cn import uscc

ROOT = Path(__file__).resolve().parent.parent
LIMITS = {"csv": 90.0, "xlsx": 120.0}
MEMORY_MB = 500
CHUNK = 1_000
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
HEADINGS = ["统一社会信用代码", "名称", "地区代码", "行业代码", "风险等级", "状态", "地址", "经度", "纬度", "坐标系"]
COUNTIES = [f"1305{county:02}" for county in (2, 3, 5, 6, 22, 23, 24, 25, 28, 29, 81, 82)]


@dataclass(frozen=True, slots=True)
class Measured:
    seconds: float
    cpu: float
    peak_mb: float


def rows(count: int) -> Iterator[list[Any]]:
    """Invented enterprises; the serial number is scattered, so that index pages are hit as by a real list."""
    for number in range(count):
        serial = number * 7_919_337 % 31**7
        body = f"91{COUNTIES[number % 12]}MA" + "".join(ALPHABET[serial // 31**place % 31] for place in range(7))
        yield [
            body + uscc.calc_check_digit(body),
            f"邢台市兴旺第{number}商贸有限公司",
            COUNTIES[number % 12],
            "F51",
            "ABCD"[number % 4],
            "存续",
            f"河北省邢台市建设大街{number}号",
            round(114.4 + number % 1_000 / 5_000, 6),
            round(37 + number % 777 / 5_000, 6),
            "WGS-84",
        ]


def write_files(folder: Path, count: int) -> dict[str, Path]:
    """The CSV and the XLSX of the same enterprises."""
    files = {kind: folder / f"enterprises.{kind}" for kind in LIMITS}
    with files["csv"].open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(HEADINGS)
        writer.writerows(rows(count))
    with xlsxwriter.Workbook(files["xlsx"], {"constant_memory": True}) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, HEADINGS)
        for line, row in enumerate(rows(count), start=1):
            page.write_row(line, 0, row)
    return files


def measure(command: Sequence[str], url: str) -> Measured:
    """Run to the end; wall clock, CPU and the largest resident size of that process. Raises when it fails."""
    started = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, env=_environment(url), stdout=subprocess.DEVNULL)
    _pid, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)}: exit {process.returncode}")
    cpu = usage.ru_utime + usage.ru_stime
    return Measured(time.perf_counter() - started, cpu, usage.ru_maxrss / 1024)


def _environment(url: str) -> dict[str, str]:
    return os.environ | {"RUQI_ENV": "test", "DATABASE_URL": url}


@contextmanager
def fresh(database: str, server: str, folder: Path) -> Iterator[str]:
    """The URL of a new, migrated database, gone afterwards."""
    name = f"bench_registry_{os.getpid()}"
    if database == "sqlite":
        url = f"sqlite:///{folder / name}.sqlite3"
    else:
        url = urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
    try:
        migrate = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
        subprocess.run(migrate, cwd=ROOT, env=_environment(url), check=True)
        yield url
    finally:
        if database == "sqlite":
            for path in folder.glob(f"{name}.sqlite3*"):
                path.unlink()
        else:
            with psycopg.connect(server, autocommit=True) as connection:
                connection.execute(f'DROP DATABASE "{name}"')


@contextmanager
def postgres() -> Iterator[str]:
    """The server of DATABASE_URL, or one that lives as long as the bench."""
    given = os.environ.get("DATABASE_URL", "")
    if given.startswith("postgres"):
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="ruqi-bench-", dir="/tmp") as parent:  # a socket's path is short
        home = str(Path(parent) / "server")
        Path(parent).chmod(0o755)
        Path(home).mkdir(mode=0o700)
        started = subprocess.run(
            ["bash", ".ci/postgres", "start", home], cwd=ROOT, check=True, capture_output=True, text=True
        )
        try:
            yield started.stdout.strip()
        finally:
            subprocess.run(["bash", ".ci/postgres", "stop", home], cwd=ROOT, check=True)


TABLES = {
    "enterprises_enterprise": "id credit_code registration_no name former_names region_code industry risk_grade status"
    " kind responsible",
    "enterprises_premises": "id enterprise_id address longitude latitude datum",
}
HISTORY = "history_id history_date history_type history_user_id"


def bare(file: Path, url: str) -> None:
    """The peer: read, and fill the four tables."""
    lines: Iterator[Sequence[Any]]
    if file.suffix == ".csv":
        lines = csv.reader(file.open(encoding="utf-8-sig", newline=""))
    else:
        lines = iter(load_workbook(file).get_sheet_by_index(0).iter_rows())
    next(lines)
    sqlite = sqlite3.connect(url.removeprefix("sqlite:///")) if url.startswith("sqlite") else None
    if sqlite:
        sqlite.execute("PRAGMA synchronous=FULL")
    server = None if sqlite else psycopg.connect(url)
    first = 1
    while chunk := list(islice(lines, CHUNK)):
        told = ("2026-03-02 01:00:00+00:00", "+", "bench")
        shops = [
            (first + at, line[0], "", line[1], "[]", line[2], line[3], line[4], "open", "licensed", "")
            for at, line in enumerate(chunk)
        ]
        places = [(first + at, first + at, line[6], line[7], line[8], "WGS84") for at, line in enumerate(chunk)]
        loads: list[tuple[str, list[Any]]] = list(zip(TABLES, (shops, places), strict=True))
        for table, values in loads:
            history = table.replace("enterprises_", "enterprises_historical")
            for name, columns, some in (
                (table, TABLES[table], values),
                (history, f"{TABLES[table]} {HISTORY}", [(*row, row[0], *told) for row in values]),
            ):
                listed = ", ".join(columns.split())
                if sqlite:
                    marks = ", ".join("?" * len(columns.split()))
                    sqlite.executemany(f"INSERT INTO {name} ({listed}) VALUES ({marks})", some)  # noqa: S608
                elif server:
                    with server.cursor().copy(f"COPY {name} ({listed}) FROM STDIN") as copy:
                        for row in some:
                            copy.write_row(row)
        (sqlite or server).commit()  # type: ignore[union-attr]
        first += len(chunk)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=300_000)
    parser.add_argument("--only", default="", help="sqlite-csv, sqlite-xlsx, postgresql-csv or postgresql-xlsx")
    parser.add_argument("--bare", nargs=2, metavar=("FILE", "URL"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.bare:
        bare(Path(options.bare[0]), options.bare[1])
        return
    print(f"{options.rows:,} enterprises with one place each; load average {os.getloadavg()[0]:.1f} before", flush=True)
    print(
        "database    file     seconds   rows/s  CPU s  peak MB | again s | bare s  bare CPU s  ratio (s)  ratio (CPU)"
    )
    with tempfile.TemporaryDirectory() as name, postgres() as server:
        folder = Path(name)
        files = write_files(folder, options.rows)
        missed = []
        for database in ("sqlite", "postgresql"):
            for kind, file in files.items():
                if options.only in {"", f"{database}-{kind}"} and not compare(
                    database, kind, file, server, options.rows
                ):
                    missed.append(f"{database}-{kind}")
    if missed and options.rows == 300_000:
        raise SystemExit(f"over the limit ({LIMITS}, {MEMORY_MB} MB): {', '.join(missed)}")


def compare(database: str, kind: str, file: Path, server: str, count: int) -> bool:
    """One line of the table; is it within the limits?"""
    command = [sys.executable, "manage.py", "import_enterprises", str(file)]
    with fresh(database, server, file.parent) as url:
        ours = measure(command, url)
        again = measure(command, url)
    with fresh(database, server, file.parent) as url:
        peer = measure([sys.executable, "-m", "bench.registry", "--bare", str(file), url], url)
    figures = [
        f"{database:<11} {kind:<5} {ours.seconds:10.1f} {count / ours.seconds:8,.0f} {ours.cpu:6.1f}"
        f" {ours.peak_mb:8.0f}",
        f"{again.seconds:7.1f}",
        f"{peer.seconds:6.1f} {peer.cpu:11.1f} {ours.seconds / peer.seconds:10.1f} {ours.cpu / peer.cpu:12.1f}",
    ]
    print(" | ".join(figures), flush=True)
    return ours.seconds <= LIMITS[kind] and max(ours.peak_mb, again.peak_mb) <= MEMORY_MB


if __name__ == "__main__":
    main()
