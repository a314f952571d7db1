"""The statements of one scan, as the server sends them, for pgbench to send.

One scan is made in this process and its SQL captured. What must differ from scan to scan (the scan's id, the visit's
number and id, the enterprise, the agency) becomes a pgbench variable; everything else stays as it was.
"""

import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench._district import AGENCIES, ENTERPRISES, FIRST_AGENCY, FIRST_CODED, FIRST_DIGITS, REGION, credit_code, token

SCAN_ID = "7a7a7a7a-7a7a-4a7a-8a7a-7a7a7a7a7a7a"
LAST_VISIT = 770_077_000


def script() -> tuple[str, int]:
    """A pgbench script that makes a scan, and how many statements it has."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT setval('checkins_visit_id_seq', %s)", [LAST_VISIT])
    body = {
        "scan_id": SCAN_ID,
        "code": f"http://www.gsxt.gov.cn/index.html?uniscid={credit_code(0)}",
        "scanned_at": "2026-07-01T09:00:00+08:00",
        "location": {"longitude": 114.5001, "latitude": 37.0701, "accuracy_m": 20, "datum": "WGS84"},
    }
    with CaptureQueriesContext(connection) as captured:
        response = Client().post(
            "/api/v1/scans",
            json.dumps(body),
            content_type="application/json",
            headers={"authorization": f"Bearer {token(0)}"},
        )
    assert response.status_code == 201, response.content.decode()
    answer: dict[str, Any] = response.json()
    changing = {
        SCAN_ID: f"{SCAN_ID[:24]}:scan",
        SCAN_ID.replace("-", ""): f"{SCAN_ID[:24].replace('-', '')}:scan",
        answer["visit"]["number"]: "RQ-:scan",
        credit_code(0): f"91{REGION}:enterprise",
        str(FIRST_CODED): ":enterprise",
        str(FIRST_AGENCY): f"{str(FIRST_AGENCY)[:-2]}:agency",
        str(LAST_VISIT + 1): ":visit_id",
    }
    either = re.compile("|".join(map(re.escape, changing)))
    statements = [either.sub(lambda found: changing[found[0]], query["sql"]) for query in captured.captured_queries]
    opening = next(place for place, sql in enumerate(statements) if sql.startswith('INSERT INTO "checkins_visit"'))
    lines = [
        r"\set scan random(100000000000, 999999999999)",
        rf"\set enterprise random({FIRST_DIGITS}, {FIRST_DIGITS + ENTERPRISES - 1})",
        rf"\set agency random({FIRST_AGENCY % 100}, {FIRST_AGENCY % 100 + AGENCIES - 1})",
        *(f"{sql};" if place != opening else f"{sql} \\gset visit_" for place, sql in enumerate(statements)),
    ]
    return "\n".join(lines) + "\n", len(statements)


def pgbench(text: str, url: str, *, connections: int, seconds: int) -> dict[str, float]:
    """Transactions a second and latencies (ms) of this script; `connections` clients, two threads."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "scan.sql")
        path.write_text(text)
        parts = urlsplit(url)
        command = [
            str(_program()),
            *("--no-vacuum", "--protocol=simple", "--jobs=2", "--log", f"--log-prefix={folder}/log"),
            *(f"--client={connections}", f"--time={seconds}", f"--file={path}"),
            *("-h", str(parts.hostname), "-p", str(parts.port), "-U", str(parts.username), parts.path[1:]),
        ]
        done = subprocess.run(
            command,
            check=False,
            capture_output=True,
            text=True,
            env={**os.environ, "PGPASSWORD": str(parts.password)},
        )
        if done.returncode:
            raise SystemExit(f"pgbench: {done.stderr}")
        failed = re.search(r"number of failed transactions: (\d+)", done.stdout)
        assert failed is None or failed[1] == "0", done.stdout
        found = re.search(r"^tps = ([\d.]+)", done.stdout, re.MULTILINE)
        assert found is not None, done.stdout
        lines = [line.split() for log in Path(folder).glob("log.*") for line in log.read_text().splitlines()]
    times = sorted(int(line[2]) / 1000 for line in lines)
    return {
        "per_second": float(found[1]),
        "p50_ms": times[len(times) // 2],
        "p99_ms": times[len(times) * 99 // 100],
    }


def _program() -> Path:
    """The newest pgbench, as .ci/postgres finds its server."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pgbench"), key=lambda path: int(path.parts[4]))
    inside = shutil.which("pgbench")
    if found:
        return found[-1]
    if inside:
        return Path(inside)
    raise SystemExit("no pgbench: it comes with PostgreSQL's server package (Debian: postgresql)")
