"""Change every single bit of 20 credentials and of what is shown with them: is anything but red said, or raised?

    make bench NAME=forgery
    make bench NAME=forgery ARGS='--credentials 2'

Twenty officers with other names, codes, photos, places and keys, each with a phone; three forgers. One changes a bit of
what a phone shows, one a bit of the credential and has the phone sign it, one a bit of what the issuer signs for a
phone without a key. Each text is judged in Python (officers/verification.py) and, with the page's own scripts, in Node
(Playwright's wheel brings one), with a status list in which nothing is taken back, at the moment at which it was made.
The honest ones are judged first: they must be yellow. Exits with 1 where a text is not red, where somebody raises, or
where the two do not give the same reason.
"""

import argparse
import hashlib
import platform
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, derive_private_key

from officers import base45, credential, presentation, status_list
from officers.credential import Holder
from officers.es256 import ORDER, Es256Signer, kid_text
from officers.issuer import IssuerKey
from officers.verification import check
from tests.checkins.verifying import in_node

NOW = 1_798_761_600
DOOR = "91110108551385082Q"
TOGETHER = 20_000
NAMES = ("张伟", "李娜", "欧阳震华", "阿卜杜热合曼·阿卜杜克热木·买买提", "𠮷野家", "Ann", "")


def key(words: str) -> Es256Signer:
    secret = int.from_bytes(hashlib.sha256(words.encode()).digest()) % (ORDER - 1) + 1
    return Es256Signer(derive_private_key(secret, SECP256R1()))


ISSUER = key("bench issuer")
KEYS = {ISSUER.kid: IssuerKey(ISSUER.public, NOW - 10**6)}


def holders(count: int) -> Iterator[Holder]:
    """Officers that differ in every member."""
    for number in range(count):
        yield credential.fitted(
            Holder(
                name=NAMES[number % len(NAMES)],
                agency_code=f"1305{number:02d}-SCJG"[: 4 + number % 9],
                certificate_no=f"1305020{number:04d}",
                photo=b"" if number % 4 == 3 else hashlib.sha256(bytes((number,))).digest()[:16],
                status_index=(1, 30, 300, 60_000)[number % 4] + number,
            )
        )


def flips(data: bytes) -> Iterator[bytes]:
    number = int.from_bytes(data)
    for bit in range(8 * len(data)):
        yield (number ^ (1 << bit)).to_bytes(len(data))


def shown(holder: Holder) -> tuple[bytes, Es256Signer, UUID]:
    """A day credential, the key of its phone, and a scan."""
    phone, scan_id = key(f"phone {holder}"), UUID(bytes=hashlib.sha256(repr(holder).encode()).digest()[:16])
    x, y_is_odd = phone.public.point
    body = credential.make(
        holder=holder, x=x, y_is_odd=y_is_odd, issued_at=NOW - 3600, expires_at=NOW + 39_600, signer=ISSUER
    )
    return body, phone, scan_id


def by_phone(body: bytes, phone: Es256Signer, scan_id: UUID) -> str:
    return presentation.by_phone(
        credential=body, scan_id=scan_id, credit_code=DOOR, step=NOW // presentation.STEP, key=phone
    )


def by_issuer(holder: Holder, scan_id: UUID) -> str:
    return presentation.by_issuer(holder=holder, scan_id=scan_id, credit_code=DOOR, issued_at=NOW, signer=ISSUER)


def bytes_of(text: str) -> bytes:
    return base45.decode(text.removeprefix(presentation.PREFIX))


def honest(count: int) -> Iterator[str]:
    for holder in holders(count):
        body, phone, scan_id = shown(holder)
        yield by_phone(body, phone, scan_id)
        yield by_issuer(holder, scan_id)


def of_a_presentation(count: int) -> Iterator[str]:
    for holder in holders(count):
        yield from map(presentation.written, flips(bytes_of(by_phone(*shown(holder)))))


def of_a_credential(count: int) -> Iterator[str]:
    for holder in holders(count):
        body, phone, scan_id = shown(holder)
        yield from (by_phone(other, phone, scan_id) for other in flips(body))


def of_the_issuers(count: int) -> Iterator[str]:
    for holder in holders(count):
        yield from map(presentation.written, flips(bytes_of(by_issuer(holder, shown(holder)[2]))))


def in_python(text: str) -> str:
    """The reason, or what was raised."""
    try:
        return check(text, credit_code=DOOR, now=NOW, keys=KEYS, revoked=lambda _: False).reason.value
    except Exception as error:  # the bench counts whatever there is
        return f"raised {error!r}"


def in_page(texts: list[str]) -> list[str]:
    """The same from the page's scripts."""
    jwk = {**ISSUER.public.jwk(), "kid": kid_text(ISSUER.kid), "alg": "ES256", "use": "sig", "nbf": NOW - 10**6}
    nobody = status_list.token(status_list.bits([], last=70_000), address="", issued_at=NOW, ttl=3600, signer=ISSUER)
    cases = [{"text": text, "now": NOW, "credit_code": DOOR, "list": True} for text in texts]
    answers = in_node(cases, jwks={"keys": [jwk]}, status_list=nobody)["answers"]
    return [answer["reason"] if "reason" in answer else f"raised {answer['threw']}" for answer in answers]


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--credentials", type=int, default=20)
    count = parser.parse_args().credentials
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False)
    print(f"commit {commit.stdout.strip() or 'unknown'}, Python {platform.python_version()}, {count} credentials\n")
    print("| what is changed | texts | red | yellow | raised | Python s | Node s | other reasons | reasons |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    wrong = judged("nothing", honest(count), honest_ones=True)
    for name, forged in {
        "a bit of what a phone shows": of_a_presentation,
        "a bit of the credential, the phone signs": of_a_credential,
        "a bit of what the issuer signs": of_the_issuers,
    }.items():
        wrong += judged(name, forged(count))
    return 1 if wrong else 0


def judged(name: str, texts: Iterator[str], *, honest_ones: bool = False) -> int:
    """One line of the table; how many texts did not get what they should."""
    reasons: Counter[str] = Counter()
    spent, unlike = {"python": 0.0, "node": 0.0}, 0
    while some := list(islice(texts, TOGETHER)):
        started = time.perf_counter()
        python = [in_python(text) for text in some]
        spent["python"] += time.perf_counter() - started
        started = time.perf_counter()
        node = in_page(some)
        spent["node"] += time.perf_counter() - started
        unlike += sum(one != other for one, other in zip(python, node, strict=True))
        reasons.update(python + node)
    raised = sum(times for reason, times in reasons.items() if reason.startswith("raised"))
    yellow = reasons["offline"] + reasons["no_photo"] + reasons["status_unknown"]
    red = reasons.total() - raised - yellow - reasons["ok"]
    told = ", ".join(f"{reason} {times:,}" for reason, times in reasons.most_common())
    cells = [name, f"2 × {reasons.total() // 2:,}", *(f"{each:,}" for each in (red, yellow, raised))]
    print(
        f"| {' | '.join(cells)} | {spent['python']:.0f} | {spent['node']:.0f} | {unlike} | {told} |",
        flush=True,
    )
    return unlike + reasons.total() - (yellow if honest_ones else red)


if __name__ == "__main__":
    sys.exit(main())
