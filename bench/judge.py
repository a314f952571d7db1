"""How much CPU does the judge take for one enterprise's year, inside a scan and of all agencies?

    make bench NAME=judge

Eight rules, one of each kind that a scan asks, over 50 and over 1,000 visits of the year, spread over 20 agencies or
all of one. `in a scan`: judged for the scanning agency and the enterprise as a whole, as checkins/services/judge.py
does; `all agencies`: as the sandbox does. Milliseconds of process time, the best of many runs, with a law read anew
each time. The peers: decoding the same facts from JSON, as the scan's gathering statement hands them over, and a bare
count of the agency's visits. Exits 1 where a scan's is above the limits of 1 ms and 6 ms.
"""

import gc
import json
import platform
import random
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from time import process_time
from typing import Any

from audit.facts import ExemptReason, Fact
from audit.kinds import Kind
from audit.law import Law, Rule, Scope
from audit.rules import judge

LIMITS = {50: 1.0, 1_000: 6.0}
BUSY, AGENCIES = "130502-SCJG", 20
AS_OF = datetime(2026, 12, 31, 12, tzinfo=UTC)
PARAMETERS: dict[Kind, dict[str, Any]] = {
    Kind.ANNUAL_CAP: {"cap": 2},
    Kind.TIER_SUM: {"cap": 4},
    Kind.ROLLING_WINDOW: {"days": 30, "limit": 4},
    Kind.REPEAT_ITEM: {"days": 90},
    Kind.MANY_AGENCIES: {"days": 15, "agencies": 3},
    Kind.REASONABLE_FREQUENCY: {"p95": {"C34/B": 6}},
    Kind.QUIET_DAYS: {},
    Kind.SINGLE_OFFICER: {},
}
LEVELS = {Kind.TIER_SUM: ("district", "city")}


def rules() -> list[Rule]:
    """One rule of each kind, as a city would enact them."""
    return [
        Rule(
            code=f"{kind}-1305",
            version=1,
            kind=kind,
            parameters=parameters,
            scope=Scope(region_prefix="1305", levels=LEVELS.get(kind, ())),
            effective_from=date(2026, 1, 1),
            source="P",
        )
        for kind, parameters in PARAMETERS.items()
    ]


def year(visits: int, *, agencies: int) -> list[Fact]:
    """A year of one enterprise, the same in every run: a tenth exempt, a tenth joint, some withdrawn or claimed."""
    dice = random.Random(visits)
    return [_visit(number, visits=visits, agencies=agencies, dice=dice) for number in range(visits)]


def _visit(number: int, *, visits: int, agencies: int, dice: random.Random) -> Fact:
    agency = BUSY if agencies == 1 else f"130502-{number % agencies}"
    exempt, claimed = dice.random() < 0.1, dice.random() < 0.02
    return Fact(
        visit=f"V2026-{number:05d}",
        version=1,
        state="withdrawn" if dice.random() < 0.02 else "open",
        origin="scanned",
        credit_code="91110108551385082Q",
        region_code="130502",
        industry="C34",
        risk_grade="B",
        agency_code=agency,
        agency_name="襄都区市场监督管理局",
        agency_path=f"/130500/{agency}/",
        agency_level="district",
        supervised_by="130502-SFJ",
        purpose="inspection",
        category=dice.choice(["routine", "routine", "case", "special"]),
        reason=str(ExemptReason.COMPLAINT) if exempt else "",
        source_no="12345-1" if exempt else "",
        superior_ordered=False,
        joint_id=f"J{number // 3}" if dice.random() < 0.1 else "",
        started_at=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=364) * number / visits,
        officers=(("13050200101", "张伟"), ("13050200102", "李娜"))[: dice.choice([1, 2, 2])],
        items=tuple(dice.sample(["A01", "A02", "B01", "B02", "C01"], 2)),
        claim={"purpose": "service"} if claimed else None,
    )


def milliseconds(call: Callable[[], Any], *, runs: int) -> float:
    """Process time of the fastest run. A first one warms up; the collector of cycles stays out of it."""
    call()
    best = float("inf")
    gc.disable()
    try:
        for _run in range(runs):
            before = process_time()
            call()
            best = min(best, process_time() - before)
    finally:
        gc.enable()
    return best * 1000


def main() -> int:
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False)
    print(f"commit {commit.stdout.strip() or 'unknown'}, Python {platform.python_version()}, {len(PARAMETERS)} rules\n")
    print(
        "| visits | of agencies | in a scan ms | all agencies ms | limit ms | from JSON ms | bare count ms | findings |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    over = False
    for visits, limit in LIMITS.items():
        for agencies in (AGENCIES, 1):
            over |= _measure(visits, agencies=agencies, limit=limit)
    return 1 if over else 0


def _measure(visits: int, *, agencies: int, limit: float) -> bool:
    facts, law, runs = year(visits, agencies=agencies), rules(), 400
    own = facts[-1].agency_code
    text = json.dumps([{name: getattr(fact, name) for name in Fact.__slots__} for fact in facts], default=str)

    def ask(agencies: set[str] | None) -> Any:
        return judge(facts, law=Law(law, default_cap=2), as_of=AS_OF, agencies=agencies, years=range(2026, 2027))

    scan = milliseconds(lambda: ask({own}), runs=runs)
    everyone = milliseconds(lambda: ask(None), runs=runs)
    parsed = milliseconds(lambda: json.loads(text), runs=runs)
    bare = milliseconds(lambda: len([fact for fact in facts if fact.agency_code == own]), runs=runs)
    cells = [f"{each:.3f}" for each in (scan, everyone)] + [f"{limit:.0f}"] + [f"{each:.3f}" for each in (parsed, bare)]
    print(f"| {visits:,} | {agencies} | {' | '.join(cells)} | {len(ask(None))} |", flush=True)
    return scan > limit


if __name__ == "__main__":
    sys.exit(main())
