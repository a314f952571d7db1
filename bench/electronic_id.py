"""What does an electronic ID off the network cost: signing, judging, and the status list of 100,000 officers?

    make bench NAME=electronic_id                  SQLite
    make bench NAME=electronic_id POSTGRES=1       PostgreSQL
    make bench NAME=electronic_id ARGS='--officers 10000'

Microseconds of process time, the fastest of many runs, beside a peer in the same run: bare ES256 by the same library,
as many signatures as the thing has in it. `both` is what the server and a phone do together, the limit 150 µs. The
status list is built from a database with that many officers, each with a place and a credential, a tenth of them out of
office, by the page's own function; its peer is to read as many rows of one column. Exits with 1 above the limits.
"""

import argparse
import gc
import os
import platform
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time
from typing import Any
from uuid import UUID

LIMIT_US = 150.0
LIST_LIMIT_S = 2.0
NOW = 1_798_761_600
DOOR = "91110108551385082Q"


def fastest(call: Callable[[], Any], *, runs: int = 2_000) -> float:
    """Microseconds of process time. A first one warms up; the collector of cycles stays out of it."""
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
    return best * 1e6


def bytes_and_signatures() -> bool:
    """The pure part; is it above the limit?"""
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, generate_private_key
    from cryptography.hazmat.primitives.hashes import SHA256

    from officers import credential, presentation
    from officers.es256 import Es256Signer
    from officers.issuer import IssuerKey
    from officers.verification import check

    issuer, phone = (Es256Signer(generate_private_key(SECP256R1())) for _ in range(2))
    holder = credential.Holder(
        name="张伟", agency_code="130502-SCJG", certificate_no="13050200017", photo=bytes(16), status_index=7
    )
    x, y_is_odd = phone.public.point
    scan_id = UUID(int=1)

    def certify() -> bytes:
        fitting = credential.fitted(holder)
        return credential.make(
            holder=fitting, x=x, y_is_odd=y_is_odd, issued_at=NOW, expires_at=NOW + 43_200, signer=issuer
        )

    def present(body: bytes) -> str:
        step = NOW // presentation.STEP
        return presentation.by_phone(credential=body, scan_id=scan_id, credit_code=DOOR, step=step, key=phone)

    def vouch() -> str:
        fitting = presentation.fitted(holder)
        return presentation.by_issuer(holder=fitting, scan_id=scan_id, credit_code=DOOR, issued_at=NOW, signer=issuer)

    keys = {issuer.kid: IssuerKey(issuer.public, NOW - 10)}

    def judge(text: str) -> str:
        return check(text, credit_code=DOOR, now=NOW, keys=keys, revoked=lambda _: False).reason.value

    body = certify()
    texts = {"a phone": present(body), "the issuer": vouch()}
    assert {judge(text) for text in texts.values()} == {"offline"}
    message, how = b"x" * 150, ECDSA(SHA256())
    signed = issuer.key.sign(message, how)
    sign = fastest(lambda: issuer.key.sign(message, how))
    verify = fastest(lambda: issuer.key.public_key().verify(signed, message, how))
    both = fastest(lambda: present(certify()))
    print("| what | µs | limit µs | bare ES256 µs | ratio |")
    print("| --- | --- | --- | --- | --- |")
    for name, spent, limit, bare in (
        ("credential, signed", fastest(certify), None, sign),
        ("presentation, signed by a phone", fastest(lambda: present(body)), None, sign),
        ("both", both, LIMIT_US, 2 * sign),
        ("presentation, signed by the issuer", fastest(vouch), None, sign),
        ("judged, by a phone", fastest(lambda: judge(texts["a phone"])), None, 2 * verify),
        ("judged, by the issuer", fastest(lambda: judge(texts["the issuer"])), None, verify),
        ("judged, one bit changed", fastest(lambda: judge(texts["a phone"][:-9] + "A" * 9)), None, 2 * verify),
    ):
        print(f"| {name} | {spent:.0f} | {limit or ''} | {bare:.0f} | {spent / bare:.2f} |", flush=True)
    return both > LIMIT_US


def fill(officers: int) -> None:
    """A register of this many officers, a tenth out of office, each with a phone, a place and a credential of now."""
    from datetime import UTC, date, datetime, timedelta

    from django.conf import settings
    from django.db import transaction

    from audit.actor import Actor
    from audit.bulk import columns, insert_rows, new_ids
    from audit.history import save_as
    from officers.models import Agency, Credential, Device, Officer, StatusPlace
    from officers.services.rotate_keys import ensure_key

    actor, at, chance = Actor.command("bench"), datetime.now(UTC), random.Random(6)
    key = ensure_key(policy=settings.ISSUER_POLICY, actor=actor, at=at - timedelta(days=1))
    with transaction.atomic():
        agency = Agency(code="B", name="某局", path="/B/", region_code="1305", level="city", supervised_by="S")
        save_as(agency, actor=actor, at=at, new=True)
        ids = {model: new_ids(model, officers) for model in (Officer, Device, StatusPlace, Credential)}
        rows: dict[Any, list[Any]] = {model: [] for model in ids}
        for number, (officer, device, place, issued) in enumerate(zip(*ids.values(), strict=True)):
            out = chance.random() < 0.1
            rows[Officer].append(
                Officer(
                    id=officer,
                    certificate_no=f"B{number:07d}",
                    name="张伟",
                    agency=agency,
                    valid_from=date(2020, 1, 1),
                    valid_until=date(2099, 1, 1),
                    status="revoked" if out else "active",
                    status_since=at - timedelta(days=1) if out else None,
                )
            )
            token = number.to_bytes(32)
            rows[Device].append(
                Device(
                    id=device,
                    officer_id=officer,
                    name="手机",
                    token_hash=token,
                    enrolled_at=at,
                    enrolled_by="b",
                    revoked_at=at if chance.random() < 0.01 else None,
                )
            )
            rows[StatusPlace].append(StatusPlace(id=place, officer_id=officer, made_at=at))
            rows[Credential].append(
                Credential(
                    id=issued,
                    device_id=device,
                    place_id=place,
                    key=key,
                    issued_at=at,
                    expires_at=at + timedelta(hours=12),
                    sha256=token,
                    body=bytes(200),
                )
            )
        for model, some in rows.items():
            fields = columns(model)
            for start in range(0, officers, 5_000):
                part = some[start : start + 5_000]
                insert_rows(model, [[getattr(one, field) for field in fields] for one in part])


def the_list(officers: int) -> bool:
    """From the database to the signed text; is it above the limit?"""
    from django.conf import settings
    from django.db import connection
    from django.utils import timezone

    from officers.models import StatusPlace
    from officers.published import _made
    from officers.taken_back import taken_back

    fill(officers)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    spent = []
    text = ""
    for _run in range(5):
        started = perf_counter()
        text = _made(settings.ISSUER_POLICY, address="https://ruqi.example/status-lists/1")
        spent.append(perf_counter() - started)
    started = perf_counter()
    read = len(list(StatusPlace.objects.values_list("pk", flat=True)))
    bare = perf_counter() - started
    found = taken_back(at=timezone.now())
    assert read == officers
    columns = (
        f"{connection.vendor}: officers",
        "taken back",
        "list s (5 runs)",
        "limit s",
        "bare read s",
        "ratio",
        "bytes",
    )
    print(f"\n| {' | '.join(columns)} |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    runs = ", ".join(f"{each:.2f}" for each in sorted(spent))
    ratio = f"{min(spent) / bare:.2f}"
    print(f"| {officers:,} | {len(found.places):,} | {runs} | {LIST_LIMIT_S} | {bare:.2f} | {ratio} | {len(text):,} |")
    return min(spent) > LIST_LIMIT_S


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--officers", type=int, default=100_000)
    officers = parser.parse_args().officers
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("DATABASE_URL", f"sqlite:///{Path(folder) / 'bench.sqlite3'}")
        os.environ["RUQI_ENV"] = "test"
        os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

        import django
        from django.core.management import call_command
        from django.db import connections

        django.setup()
        commit = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False)
        load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
        print(f"commit {commit.stdout.strip() or 'unknown'}, Python {platform.python_version()}, load {load}\n")
        over = bytes_and_signatures()
        call_command("migrate", verbosity=0)
        over |= the_list(officers)
        connections.close_all()
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
