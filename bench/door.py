"""What does a look at an enterprise's own page cost, and does a guessed address tell itself by the time it takes?

    make bench NAME=door POSTGRES=1
    make bench NAME=door POSTGRES=1 ARGS='--guesses 1000 --looks 300'

granian with production's settings, one process, asked by one connection on the same machine. Guesses of four kinds are
mixed, so that whatever else the machine does falls on all of them, and one kind is asked for twice: as far apart as
those two medians are, chance alone moves them. Each forwarded address sends 30 a minute at most.
"""

import argparse
import os
import random
import secrets
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django
import httpx

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
SECRET = "a secret of the bench, as long as production wants one to be: 0123456789"  # noqa: S105


def main() -> None:
    asked = argparse.ArgumentParser(description="Guesses and looks at doors.")
    asked.add_argument("--guesses", type=int, default=1000)
    asked.add_argument("--looks", type=int, default=300)
    told = asked.parse_args()
    url = os.environ.get("DATABASE_URL", "")
    if not url.startswith("postgres"):
        raise SystemExit("a PostgreSQL of its own is needed: make bench NAME=door POSTGRES=1")
    django.setup()
    from tests.serving import found_town, serving

    found_town(url)
    old, token = _doors()
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(url, log=Path(folder, "log"), SECRET_KEY=SECRET, TRUSTED_PROXIES="1") as client,
    ):
        client.base_url = httpx.URL(str(client.base_url).rstrip("/").removesuffix("/api/v1"))
        _guess(client, old=old, times=told.guesses)
        _look(client, token=token, times=told.looks)


def _doors() -> tuple[str, str]:
    """邢台轴承's address before its renewal, and the one since."""
    from django.utils import timezone

    from enterprises.door_token import HmacDoorKeys
    from enterprises.models import Enterprise
    from enterprises.services.open_door import open_door
    from enterprises.services.renew_door import renew_door
    from tests.town import BEARINGS, FOUNDER

    keys, at = HmacDoorKeys.from_secrets(SECRET), timezone.now()
    enterprise = Enterprise.objects.get(credit_code=BEARINGS)
    old = open_door(enterprise, actor=FOUNDER, at=at, keys=keys).token
    return old, renew_door(enterprise, reason="bench", actor=FOUNDER, at=at, keys=keys).token


def _timed(
    client: httpx.Client, path: str, address: str = "203.0.113.1", **headers: str
) -> tuple[float, httpx.Response]:
    began = time.perf_counter()
    answer = client.get(path, headers={"X-Forwarded-For": address, **headers})
    return (time.perf_counter() - began) * 1000, answer


def _guess(client: httpx.Client, *, old: str, times: int) -> None:
    kinds: dict[str, Callable[[], str]] = {
        "random": lambda: secrets.token_urlsafe(16),
        "random, once more": lambda: secrets.token_urlsafe(16),
        "renewed": lambda: old,
        "malformed": lambda: secrets.token_hex(5),
        "long": lambda: secrets.token_urlsafe(90),
    }
    took: dict[str, list[float]] = {kind: [] for kind in kinds}
    answers: set[Any] = set()
    for turn in range(times // len(kinds)):
        for kind in random.sample(list(kinds), len(kinds)):
            spent, answer = _timed(client, f"/d/{kinds[kind]()}", f"198.51.{turn // 6}.1")
            took[kind].append(spent)
            heads = tuple(sorted(pair for pair in answer.headers.items() if pair[0] != "date"))
            answers.add((answer.status_code, heads, answer.content))
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    statuses = sorted(status for status, *_ in answers)
    print(f"load {load}; {times} guesses: {len(answers)} sort of answer, status {statuses}")
    medians = {kind: statistics.median(each) for kind, each in took.items()}
    for kind, median in medians.items():
        print(f"  {kind:<18} median {median:6.2f} ms")
    chance = abs(medians["random"] - medians.pop("random, once more"))
    apart = max(medians.values()) - min(medians.values())
    whole = statistics.median(medians.values())
    print(f"  apart by {apart:.2f} ms ({apart / whole:.1%} of one), limit 1.00; two of one kind {chance:.2f}")
    alike = [_timed(client, f"/d/{secrets.token_urlsafe(16)}", "192.0.2.7")[1].status_code for _ in range(31)]
    print(f"  one address: {alike.count(404)} × 404, then {alike[30]}")


def _look(client: httpx.Client, *, token: str, times: int) -> None:
    """The page, and the question of a page that is open, with one officer at the door."""
    from tests.town import scan_body

    phone = {"Authorization": "Bearer token-of-13050200101"}
    scanned = client.post("/api/v1/scans", json=scan_body(), headers=phone)
    assert scanned.status_code == 201, scanned.text
    page = _timed(client, f"/d/{token}")[1].text
    state = page.partition('data-state="')[2][:32]
    assert "张伟" in page
    for name, path, status in (
        ("page", f"/d/{token}", 200),
        ("nothing new", f"/d/{token}/now?seen={state}", 204),
    ):
        took = []
        for turn in range(times):
            spent, answer = _timed(client, path, f"203.0.{turn // 20}.9")
            if answer.status_code == 429:  # everybody together has looked often enough for this minute
                break
            assert answer.status_code == status, answer.status_code
            took.append(spent)
        print(f"{name:<12} {len(took)} times: median {statistics.median(took):6.2f} ms")


if __name__ == "__main__":
    main()
