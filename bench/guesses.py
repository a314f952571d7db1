"""A thousand guessed addresses of each kind: can a guesser tell by the clock what kind of wrong it was?

    make bench NAME=guesses                     SQLite
    make bench NAME=guesses POSTGRES=1          PostgreSQL
    make bench NAME=guesses ARGS='--each 200'

A real server (granian, one process) with the small town of the tests, its allowances raised out of the way. Round by
round one token of each kind is asked for, in a random order, on one connection; SQLite lies in memory where the machine
has such a folder, because what a disk takes is nobody's secret. One kind is asked for twice in each round: as far apart
as those two medians are, chance alone moves them. Fails when the medians of what is unknown, foreign and expired differ
by more than the limit, or two answers by anything but their date.
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
WARM_UP = 20
AGAIN = "unknown: made up, once more"
MEMORY = Path("/dev/shm")  # noqa: S108 (a database of made up tokens, for a minute)
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
        AGAIN: lambda: "1" + "".join(CHANCE.choices(SIGNS, k=71)),
        "unknown: no such visit": lambda: signer.sign(said(1), purpose=PURPOSE),
        "foreign: another house's": lambda: other.sign(said(1), purpose=PURPOSE),
        "foreign: of another purpose": lambda: signer.sign(said(1), purpose=PHOTO_PURPOSE),
        "expired": lambda: signer.sign(said(1, age=CHANCE.randrange(601, 10**6)), purpose=PURPOSE),
    }


def rounds(each: int) -> Iterator[tuple[str, str]]:
    """(kind, token), round by round one of each kind: what else the machine does falls on all of them."""
    makers = list(kinds().items())
    for _ in range(each):
        for kind, make in CHANCE.sample(makers, len(makers)):
            yield kind, make()


def measured(client: httpx.Client, *, each: int) -> tuple[dict[str, list[float]], set[object]]:
    """Milliseconds by kind, and every different answer."""
    took: dict[str, list[float]] = {}
    answers: set[object] = set()
    base = str(client.base_url).removesuffix("/api/v1/")
    for kind, token in rounds(WARM_UP + each):
        asked = time.perf_counter()
        answer = client.get(f"{base}/v/{token}")
        took.setdefault(kind, []).append((time.perf_counter() - asked) * 1000)
        headers = tuple(sorted((name, value) for name, value in answer.headers.items() if name != "date"))
        answers.add((answer.status_code, headers, answer.content))
    return {kind: times[WARM_UP:] for kind, times in took.items()}, answers


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--each", type=int, default=1000, help="guesses of each kind (1000)")
    each = arguments.parse_args().each
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        url = os.environ.get("DATABASE_URL") or f"sqlite:///{folder}/guesses.sqlite3"
        found_town(url)
        with serving(url, log=Path(folder) / "log", NEW_ID_VIEWS="1000000", SECRET_KEY=SECRET) as client:
            took, answers = measured(client, each=each)
    print(f"{url.partition(':')[0]}, {each} guesses of each kind, milliseconds; load before {load}")
    medians = {kind: statistics.median(times) for kind, times in took.items()}
    for kind, median in sorted(medians.items()):
        print(f"  {kind:30} median {median:6.2f}   p95 {statistics.quantiles(took[kind], n=20)[-1]:6.2f}")
    chance = abs(medians["unknown: made up"] - medians[AGAIN])
    sorts: dict[str, list[float]] = {}
    for kind, times in took.items():
        sorts.setdefault(kind.partition(":")[0], []).extend(times)
    of_sorts = {sort: statistics.median(times) for sort, times in sorts.items()}
    print("  " + ", ".join(f"{sort} {median:.2f}" for sort, median in sorted(of_sorts.items())))
    apart = max(of_sorts.values()) - min(of_sorts.values())
    whole = statistics.median(of_sorts.values())
    print(
        f"  these medians apart {apart:.2f} ({apart / whole:.1%}), limit {LIMIT_MS:.2f}; two of one kind {chance:.2f}"
    )
    print(f"  different answers {len(answers)}, limit 1")
    sys.exit(0 if apart <= LIMIT_MS and len(answers) == 1 else 1)


if __name__ == "__main__":
    main()
