"""Phones in a process of their own: each on one kept connection, scanning again as soon as it has its answer.

    python -m bench._phones PORT CONNECTIONS SECONDS FIRST

A scan is of an enterprise by an officer whose agency has not been there: it opens a visit. Officers take turns, some
metres from where they were. `FIRST` is the number of the first such pair. Prints one JSON object. Bytes and asyncio
only: an HTTP library would take the CPU it measures.
"""

import asyncio
import json
import random
import sys
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

WARM_UP = 2.0
"""Seconds before anything is counted."""


def pairs(first: int, agencies: int, enterprises: int, officers: int) -> Iterator[tuple[int, int]]:
    """Officer and enterprise, each pair of agency and enterprise once: 40,000 of them."""
    for number in range(first, agencies * enterprises):
        enterprise = number % enterprises
        agency = (number // enterprises + enterprise) % agencies
        yield agency + agencies * (number // agencies % (officers // agencies)), enterprise
    raise SystemExit("all pairs of agency and enterprise are used up; measure for less long")


def request(officer: int, enterprise: int, codes: list[str], tokens: list[str]) -> bytes:
    """One scan on the wire."""
    longitude = 114.5001 + random.uniform(-0.0003, 0.0003)  # 26 m either way
    body = json.dumps(
        {
            "scan_id": str(uuid.uuid4()),
            "code": f"http://www.gsxt.gov.cn/index.html?uniscid={codes[enterprise]}",
            "scanned_at": datetime.now(UTC).isoformat(),
            "location": {"longitude": round(longitude, 7), "latitude": 37.0701, "accuracy_m": 20, "datum": "WGS84"},
        }
    )
    return (
        f"POST /api/v1/scans HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {tokens[officer]}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


async def phone(port: int, work: Iterator[bytes], until: float, seen: list[tuple[float, float, int]]) -> None:
    """Scan until the time is over. Keeps when each answer came, how long it took, and its status."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while time.perf_counter() < until:
        asked = time.perf_counter()
        writer.write(next(work))
        head = await reader.readuntil(b"\r\n\r\n")
        length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
        await reader.readexactly(int(length))
        now = time.perf_counter()
        seen.append((now, now - asked, int(head[9:12])))
    writer.close()


async def scan(port: int, connections: int, seconds: float, first: int) -> dict[str, object]:
    """All phones at once; what they saw."""
    words = json.loads(sys.stdin.read())
    made = pairs(first, words["agencies"], len(words["codes"]), len(words["tokens"]))
    work = (request(officer, enterprise, words["codes"], words["tokens"]) for officer, enterprise in made)
    seen: list[tuple[float, float, int]] = []
    counted_from = time.perf_counter() + WARM_UP
    until = counted_from + seconds
    await asyncio.gather(*(phone(port, work, until, seen) for _ in range(connections)))
    counted = [(took, status) for came, took, status in seen if counted_from <= came <= until]
    times = sorted(took for took, _status in counted)
    return {
        "sent": len(seen),
        "per_second": len(counted) / seconds,
        "p50_ms": times[len(times) // 2] * 1000,
        "p99_ms": times[len(times) * 99 // 100] * 1000,
        "statuses": Counter(status for _came, _took, status in seen),
        "cpu_seconds": time.process_time(),
    }


if __name__ == "__main__":
    port, connections, first = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[4])
    print(json.dumps(asyncio.run(scan(port, connections, float(sys.argv[3]), first))))
