"""How long does a list of 100,000 rows take as a file, and how much memory?

    python -m bench.export                              SQLite, in memory
    DATABASE_URL=postgres://… python -m bench.export    a migrated database of its own: it fills it

Four files, each taken through the whole house (log-in, filters, reach, read log): the board's visits and the desk of
enterprises, XLSX and CSV. Memory is the whole process's peak while the file is made.
"""

import argparse
import os
import resource
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import django

os.environ.setdefault("RUQI_ENV", "test")
os.environ.setdefault("DATABASE_URL", "sqlite://:memory:")
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
SECONDS, MEGABYTES = 30.0, 300.0


def main() -> None:
    parser = argparse.ArgumentParser(description="Lists as files, beside their limits.")
    parser.add_argument("--rows", type=int, default=100_000)
    rows = parser.parse_args().rows
    django.setup()
    from django.core.management import call_command
    from django.test.utils import setup_test_environment

    setup_test_environment()
    call_command("migrate", verbosity=0)
    _fill(rows)
    from tests.audit.past import account

    client = account(region="13")
    print(f"{rows:,} rows; limits {SECONDS:.0f} s, {MEGABYTES:.0f} MB; load average {os.getloadavg()[0]:.1f}")
    print("| file | s | limit s | s of CPU here | MB | limit MB | file MB |\n|" + " --- |" * 7)
    missed = []
    for file in ("/board/files/visits.", "/admin/enterprises/enterprise/list."):
        for form in ("csv", "xlsx"):
            seconds, cpu, memory, size = _taken(client, f"{file}{form}", rows)
            limits = f"{SECONDS:.0f} | {cpu:.1f} | {memory:.0f} | {MEGABYTES:.0f}"
            print(f"| {file}{form} | {seconds:.1f} | {limits} | {size:.1f} |", flush=True)
            if seconds > SECONDS or memory > MEGABYTES:
                missed.append(f"{file}{form}")
    if missed:
        sys.exit(f"beyond the limit: {', '.join(missed)}")


def _taken(client: Any, address: str, rows: int) -> tuple[float, float, float, float]:
    """Seconds, seconds of this process's CPU, MB of memory, MB of file."""
    _forget_peak()
    began, worked = time.perf_counter(), time.process_time()
    response = client.get(f"{address}?period=2026" if "board" in address else address)
    size = sum(len(part) for part in response.streaming_content)
    took, cpu = time.perf_counter() - began, time.process_time() - worked
    response.close()
    from audit.models import ReadLog

    assert ReadLog.objects.latest("pk").shown == rows
    return took, cpu, _status("VmHWM") / 1024, size / 1e6


def _forget_peak() -> None:
    with open("/proc/self/clear_refs", "w") as control:
        control.write("5")


def _status(name: str) -> int:
    """KB, as Linux tells it; else the peak of the whole run."""
    try:
        with open("/proc/self/status") as told:
            return next(int(line.split()[1]) for line in told if line.startswith(name))
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _fill(rows: int) -> None:
    from audit.models import VisitFact
    from audit.services.refold import refold
    from enterprises.models import Enterprise

    began = datetime(2026, 1, 1, 1, tzinfo=UTC)
    for start in range(0, rows, 5_000):
        numbers = range(start, min(start + 5_000, rows))
        Enterprise.objects.bulk_create(
            Enterprise(credit_code=f"E{n:017d}", name=f"邢台市第{n}机械制造有限公司", region_code="130502")
            for n in numbers
        )
        VisitFact.objects.bulk_create(
            VisitFact(
                visit=f"RQ{n:012d}", version=1, known_from=began, state="open", origin="scanned",
                credit_code=f"E{n % 9_000:017d}", enterprise_name=f"邢台市第{n % 9_000}机械制造有限公司",
                region_code="130502", industry="C34", risk_grade="B", agency_code=f"130502-{n % 40:02d}",
                agency_path=f"/130502-{n % 40:02d}/", agency_name=f"襄都区第{n % 40}执法大队",
                supervised_by="130502-SFJ", purpose="inspection", category="routine", reason="", source_no="",
                superior_ordered=False, joint_id="", started_at=began + timedelta(minutes=4 * n),
                officers=[{"certificate_no": f"1305020{n % 400:04d}", "name": f"执法员{n % 400}"}],
                agency_level="district", items=[],
            )
            for n in numbers
        )  # fmt: skip
    refold()


if __name__ == "__main__":
    main()
