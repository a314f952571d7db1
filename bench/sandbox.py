"""How long does a replay of a year's visits under draft rules take? Seconds and memory, beside only reading them.

    make bench NAME=sandbox                              1,000,000 visits, SQLite and PostgreSQL
    make bench NAME=sandbox ARGS='--visits 100000 --only sqlite'

The real command (`manage.py sandbox`, with `--csv`) in a process of its own, start-up included, under the default set
with another cap: six of its rules are decided by visits. `--local` adds quiet days and two officers, which here raise a
flag for almost every visit. A year of visits at a tenth as many enterprises by 240 agencies, a tenth of them exempt.
The peer reads the same rows in the same order, makes facts of them, and judges nothing. Exits 1 above 120 s or 1 GB at
1,000,000 visits.
Without DATABASE_URL a PostgreSQL is started for the run (.ci/postgres).
"""

import argparse
import os
import random
import sys
import tempfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from audit.rule_file import DEFAULT, LOCAL
from bench.registry import fresh, measure, postgres

SECONDS, MEMORY_MB = 120.0, 1_000
CHUNK = 20_000
YEAR = 2025
DAYS = ("--from", f"{YEAR}-01-01", "--to", f"{YEAR}-12-31")
AGENCIES = 240


def rules(local: bool = False) -> str:
    """The file that is tried."""
    default = DEFAULT.read_text(encoding="utf-8").replace("{ cap = 2 }", "{ cap = 3 }")
    examples = LOCAL.read_text(encoding="utf-8").split("[[rule]]")[1:3] if local else []
    return "[[rule]]".join([default, *examples])


def fill(visits: int) -> None:
    """Invented visits, in chunks."""
    from django.db import transaction

    from audit.bulk import columns, insert_rows, new_ids
    from audit.models import VisitFact

    names = columns(VisitFact)
    dice = random.Random(1)
    for first in range(0, visits, CHUNK):
        told = [_visit(number, visits=visits, dice=dice) for number in range(first, min(first + CHUNK, visits))]
        with transaction.atomic():
            ids = new_ids(VisitFact, len(told))
            insert_rows(
                VisitFact, [[pk, *(row[name] for name in names[1:])] for pk, row in zip(ids, told, strict=True)]
            )


def _visit(number: int, *, visits: int, dice: random.Random) -> dict[str, Any]:
    door, agency = dice.randrange(max(visits // 10, 1)), dice.randrange(AGENCIES)
    region = f"1305{door % 18 + 1:02d}"
    started_at = datetime(YEAR, 1, 1, tzinfo=UTC) + timedelta(minutes=dice.randrange(365 * 24 * 60))
    exempt = dice.random() < 0.1
    return {
        "visit": f"V{number:09d}",
        "version": 1,
        "known_from": started_at + timedelta(minutes=1),
        "state": "open",
        "origin": "scanned",
        "credit_code": f"91{region}MA{door:08d}",
        "enterprise_name": f"邢台市兴旺第{door}商贸有限公司",
        "region_code": region,
        "industry": "C34",
        "risk_grade": "ABCD"[door % 4],
        # an enterprise knows a few agencies, not all of the city's
        "agency_code": f"{region}-A{agency % 6}",
        "agency_path": f"/130500-A{agency % 6}/{region}-A{agency % 6}/",
        "agency_name": f"第{agency % 6}执法单位",
        "supervised_by": f"{region}-SFJ",
        "purpose": "inspection",
        "category": dice.choice(["routine", "routine", "case", "special"]),
        "reason": "complaint" if exempt else "",
        "source_no": "12345-1" if exempt else "",
        "superior_ordered": False,
        "joint_id": "",
        "started_at": started_at,
        "officers": [
            {"certificate_no": f"1305{agency:07d}{each}", "name": "张伟"} for each in range(dice.choice([1, 2]))
        ],
        "agency_level": "district",
        "items": dice.sample(["A01", "A02", "B01", "B02", "C01"], 2),
        "claim": None,
    }


def bare() -> None:
    """The peer: the same rows, made into facts, enterprise by enterprise."""
    from audit.moment import one_moment
    from audit.replay import Span, trial
    from audit.rule_file import read_toml
    from audit.sandbox import Question, enterprises

    drafts = read_toml(rules(), since=date.min)
    span = Span(first=date(YEAR, 1, 1), last=date(YEAR, 12, 31))
    question = Question(drafts=drafts, span=span, annual_cap=2)
    with one_moment():
        tried = trial(drafts, enacted=[], annual_cap=2)
        print(sum(len(facts) for _code, facts, _name in enterprises(question, tried=tried)))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--visits", type=int, default=1_000_000)
    parser.add_argument("--only", choices=["sqlite", "postgresql"], help="one database only")
    parser.add_argument("--local", action="store_true", help="with the first two of the local examples")
    parser.add_argument("--child", choices=["fill", "bare"], help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child:
        _child(asked)
        return 0
    print(f"{asked.visits:,} visits; load average {os.getloadavg()[0]:.1f} before", flush=True)
    print("| database | seconds | visits/s | CPU s | peak MB | only reading s | its CPU s | its peak MB |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |", flush=True)
    over = False
    with tempfile.TemporaryDirectory() as name, postgres() as server:
        file = Path(name, "rules.toml")
        file.write_text(rules(asked.local), encoding="utf-8")
        for database in ("sqlite", "postgresql"):
            if asked.only in {None, database}:
                over |= _compare(database, server, file, visits=asked.visits)
    return int(over and asked.visits == 1_000_000)


def _child(asked: argparse.Namespace) -> None:
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    django.setup()
    fill(asked.visits) if asked.child == "fill" else bare()


def _compare(database: str, server: str, file: Path, *, visits: int) -> bool:
    """One line of the table; is it over the limits?"""
    this = [sys.executable, "-m", "bench.sandbox", "--visits", str(visits), "--child"]
    with fresh(database, server, file.parent) as url:
        measure([*this, "fill"], url)
        command = [sys.executable, "manage.py", "sandbox", str(file), *DAYS, "--csv", str(file.with_suffix(".csv"))]
        ours, peer = measure(command, url), measure([*this, "bare"], url)
    cells = [
        database, f"{ours.seconds:.1f}", f"{visits / ours.seconds:,.0f}", f"{ours.cpu:.1f}", f"{ours.peak_mb:.0f}",
        f"{peer.seconds:.1f}", f"{peer.cpu:.1f}", f"{peer.peak_mb:.0f}",
    ]  # fmt: skip
    print(f"| {' | '.join(cells)} |", flush=True)
    return ours.seconds > SECONDS or ours.peak_mb > MEMORY_MB


if __name__ == "__main__":
    sys.exit(main())
