"""A thousand guessed addresses of each kind: can a guesser tell by the clock what kind of wrong it was?

    make bench NAME=guesses                     SQLite
    make bench NAME=guesses POSTGRES=1          PostgreSQL
    make bench NAME=guesses ARGS='--each 200'

A real server (granian, one process) with the small town of the tests, its allowances raised out of the way. Tokens of
all kinds are asked for in a shuffled order on one connection. Fails when two kinds' medians differ by more than the
limit, or two answers by anything but their date.
"""

import argparse
import os
import random
import statistics
import struct
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx

from officers.electronic_id import PHOTO_PURPOSE, PURPOSE
from officers.signing import HmacSigner
from tests.serving import found_town, serving

SECRET = "the one of this bench, for as long as it runs"  # noqa: S105 (of a house that lives for minutes)
LIMIT_MS = 1.0
SIGNS = "ABCDEFGHabcdefgh0123456789-_"
CHANCE = random.Random(6)


def kinds() -> dict[str, Callable[[], str]]:
    """How each kind of wrong token is made."""
    signer, other = HmacSigner.from_secrets(SECRET), HmacSigner.from_secrets("another house")
    now = int(time.time())

    def said(officer: int, *, age: int = 0) -> bytes:
        visit = "RQ20260701-" + "".join(CHANCE.choices(SIGNS, k=10))
        return struct.pack(">QII", officer, now - age, now - age + 600) + visit.encode()

    return {
        "unknown: made up": lambda: "1" + "".join(CHANCE.choices(SIGNS, k=71)),
        "unknown: no such visit": lambda: signer.sign(said(1), purpose=PURPOSE),
        "foreign: another house's": lambda: other.sign(said(1), purpose=PURPOSE),
        "foreign: of another purpose": lambda: signer.sign(said(1), purpose=PHOTO_PURPOSE),
        "expired": lambda: signer.sign(said(1, age=CHANCE.randrange(601, 10**6)), purpose=PURPOSE),
    }


def shuffled(each: int) -> Iterator[tuple[str, str]]:
    """(kind, token), so many of each kind, in one order for nobody to profit from."""
    found = [(kind, make()) for kind, make in kinds().items() for _ in range(each)]
    CHANCE.shuffle(found)
    yield from found


def measured(client: httpx.Client, *, each: int) -> tuple[dict[str, list[float]], set[object]]:
    """Milliseconds by kind, and every different answer."""
    took: dict[str, list[float]] = {}
    answers: set[object] = set()
    base = str(client.base_url).removesuffix("/api/v1/")
    for kind, token in [*shuffled(20), *shuffled(each)]:
        asked = time.perf_counter()
        answer = client.get(f"{base}/v/{token}")
        took.setdefault(kind, []).append((time.perf_counter() - asked) * 1000)
        headers = tuple(sorted((name, value) for name, value in answer.headers.items() if name != "date"))
        answers.add((answer.status_code, headers, answer.content))
    return {kind: times[20:] for kind, times in took.items()}, answers


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--each", type=int, default=1000, help="guesses of each kind (1000)")
    each = arguments.parse_args().each
    with tempfile.TemporaryDirectory() as folder:
        url = os.environ.get("DATABASE_URL") or f"sqlite:///{folder}/guesses.sqlite3"
        found_town(url)
        with serving(url, log=Path(folder) / "log", NEW_ID_VIEWS="1000000", SECRET_KEY=SECRET) as client:
            took, answers = measured(client, each=each)
    print(f"{url.partition(':')[0]}, {each} guesses of each kind, milliseconds")
    medians = {kind: statistics.median(times) for kind, times in took.items()}
    for kind, median in medians.items():
        print(f"  {kind:30} median {median:6.2f}   p95 {statistics.quantiles(took[kind], n=20)[-1]:6.2f}")
    apart = max(medians.values()) - min(medians.values())
    print(f"  medians apart {apart:.2f}, limit {LIMIT_MS:.2f}; different answers {len(answers)}, limit 1")
    sys.exit(0 if apart <= LIMIT_MS and len(answers) == 1 else 1)


if __name__ == "__main__":
    main()
