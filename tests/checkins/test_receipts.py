"""The record that can be believed in court: promise, receipt, and a reader that needs nothing of ours."""

import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from audit.canonical import leaf_hash
from audit.log_keys import LogKeys
from audit.models import Entry
from audit.note import COSIGNATURE, Head, Verifier, cosigned, signed
from audit.promise import Promise
from audit.receipt import BadReceipt, Receipt
from audit.services.sequence import sequence
from audit.tree import receipt
from tests.audit.test_note import edwards
from tests.town import BEARINGS, Phone, Town, scan_body

ROOT = Path(__file__).resolve().parents[2]
LOG = settings.LOG
KEYS = cast(LogKeys, LOG.keys)
VERIFIERS = [key.verifier for key in KEYS.note_keys(f"{LOG.origin}/1")]
PROMISES = KEYS.promise_key(LOG.origin).verifier


@pytest.fixture
def sequenced(transactional_db: None) -> Any:
    """Everything recorded so far is in a signed checkpoint."""

    def now() -> None:
        while sequence(keys=KEYS, origin=LOG.origin, at=datetime.now(UTC)):
            pass

    return now


def test_a_scan_is_promised_to_be_in_the_log_and_a_replay_is_promised_the_same(town: Town) -> None:
    body = scan_body()
    said = town.zhang_wei.post("/scans", body).json()["filing"]["promise"]
    promise = Promise.of(said, verifier=PROMISES)
    entry = Entry.objects.get(kind="scan", subject=body["scan_id"])
    assert (promise.leaf, promise.at) == (bytes(entry.leaf), entry.at)
    assert town.zhang_wei.post("/scans", body).json()["filing"]["promise"] == said


def test_an_unresolved_scan_is_promised_too(town: Town) -> None:
    answer = town.zhang_wei.post("/scans", scan_body(code="https://www.szcredit.org.cn/?rid=zz")).json()
    entry = Entry.objects.get(kind="scan", subject=answer["scan_id"])
    assert Promise.of(answer["filing"]["promise"], verifier=PROMISES).leaf == bytes(entry.leaf)


def test_a_house_without_keys_promises_nothing(town: Town, settings: Any) -> None:
    settings.LOG = type(LOG)(origin=LOG.origin, keys=None)
    assert town.zhang_wei.scan().json()["filing"]["promise"] is None


class TestReceipts:
    def test_zhang_wei_gets_a_receipt_that_opens_what_he_scanned(self, town: Town, sequenced: Any) -> None:
        answer = town.zhang_wei.scan().json()
        path = f"/receipts/{answer['scan_id']}"
        early = get(town.zhang_wei, path)
        assert (early.status_code, early.json()["type"], early["Retry-After"]) == (
            409,
            "/problems/receipt-not-ready",
            "5",
        )
        sequenced()
        told = get(town.zhang_wei, path)
        assert (told.status_code, told["Content-Type"]) == (200, "text/plain; charset=utf-8")
        entry = Receipt.of(told.content.decode()).check(VERIFIERS)
        assert (entry["kind"], entry["subject"]) == ("scan", answer["scan_id"])
        assert entry["body"]["words"]["location"]
        promise = Promise.of(answer["filing"]["promise"], verifier=PROMISES)
        found = Receipt.of(told.content.decode())
        assert leaf_hash(salt=found.salt, body=found.body) == promise.leaf

    def test_nobody_else_gets_it(self, town: Town, sequenced: Any) -> None:
        answer = town.zhang_wei.scan().json()
        sequenced()
        for scan_id in (answer["scan_id"], uuid4()):
            assert get(town.li_na, f"/receipts/{scan_id}").json()["type"] == "/problems/scan-not-found"

    def test_the_enterprises_receipt_says_who_was_there_and_nothing_of_the_phone(
        self, town: Town, sequenced: Any
    ) -> None:
        answer = town.zhang_wei.scan().json()
        sequenced()
        found = receipt(kind="visit-shown", subject=f"visit:{answer['visit']['number']}")
        assert found is not None
        body = found.check(VERIFIERS)["body"]
        assert body["officers"] == [{"certificate_no": "13050200101", "name": "张伟"}]
        assert body["credit_code"] == BEARINGS
        assert not {"device", "place", "words", "warnings", "findings"} & set(body)

    def test_what_speaks_against_the_place_stands_in_neither(self, town: Town, sequenced: Any) -> None:
        location = {**scan_body()["location"], "mock": True}
        answer = town.zhang_wei.scan(location=location).json()
        sequenced()
        told = get(town.zhang_wei, f"/receipts/{answer['scan_id']}").content.decode()
        assert "grade" not in json.dumps(Receipt.of(told).check(VERIFIERS)["body"])
        assert Entry.objects.filter(kind="place-grades", place__isnull=False).count() == 1

    def test_what_a_receipt_costs(self, town: Town, sequenced: Any) -> None:
        answer = town.zhang_wei.scan().json()
        sequenced()
        with CaptureQueriesContext(connection) as captured:
            assert get(town.zhang_wei, f"/receipts/{answer['scan_id']}").status_code == 200
        assert len(captured) == 8

    def another_house(self, found: Receipt, file: Path) -> None:
        """It holds a record of its own, under a name of its own; a witness that we trust signs for it too."""
        key = LogKeys.made().note_keys("elsewhere.example/log/1")[0]
        witness = edwards("witness.example", COSIGNATURE)
        leaf = leaf_hash(salt=found.salt, body=found.body)
        for origin, signer in (("elsewhere.example/log/1", key), (f"{LOG.origin}/1", key)):
            text = Head(origin, 1, leaf).text()
            note = signed(text, keys=[signer]).with_lines([cosigned(text, key=witness, seconds=1)])
            theirs = replace(found, index=0, proof=[], note=str(note))
            file.write_text(str(theirs), encoding="utf-8", newline="")
            accepted = [
                self.accepts(theirs, file, signer.verifier, None),
                self.accepts(theirs, file, witness.verifier, None),
                self.accepts(theirs, file, witness.verifier, origin),
                self.accepts(theirs, file, witness.verifier, "another.example/log/1"),
            ]
            assert accepted == [origin == signer.verifier.name, False, True, False]

    def accepts(self, one: Receipt, file: Path, verifier: Verifier, origin: str | None) -> bool:
        """By both readers, which must agree."""
        done = run(file, verifier.vkey(), origin=origin)
        try:
            one.check([verifier], origin=origin)
        except BadReceipt:
            assert done.returncode == 1
            return False
        assert done.returncode == 0, done.stderr
        return True

    def test_the_stand_alone_script_proves_it_and_refuses_an_altered_one(
        self, town: Town, sequenced: Any, tmp_path: Path
    ) -> None:
        answer = town.zhang_wei.scan().json()
        sequenced()
        told = get(town.zhang_wei, f"/receipts/{answer['scan_id']}").content.decode()
        file = tmp_path / "scan.tlog-proof"
        file.write_text(told, encoding="utf-8", newline="")
        for verifier in VERIFIERS:
            good = run(file, verifier.vkey())
            assert (good.returncode, json.loads(good.stdout)["subject"]) == (0, answer["scan_id"])
            assert "PROVED: in" in good.stderr
        stranger = LogKeys.made().note_keys(f"{LOG.origin}/1")[0].verifier
        assert "none of the keys" in run(file, stranger.vkey()).stderr
        self.another_house(Receipt.of(told), file)
        file.write_text(told, encoding="utf-8", newline="")
        found = Receipt.of(told)
        altered = Receipt(
            format=1,
            salt=found.salt,
            body=found.body.replace("张伟".encode(), "李四".encode()) + b" ",
            index=found.index,
            proof=found.proof,
            note=found.note,
        )
        file.write_text(str(altered), encoding="utf-8", newline="")
        bad = run(file, VERIFIERS[0].vkey())
        assert (bad.returncode, bad.stdout) == (1, "")
        assert "not the one that the log holds" in bad.stderr
        with pytest.raises(BadReceipt):
            altered.check(VERIFIERS)


def get(phone: Phone, path: str) -> Any:
    return phone.client.get(f"/api/v1{path}", headers={"Authorization": f"Bearer {phone.token}"})


def run(file: Path, *vkeys: str, origin: str | None = None) -> "subprocess.CompletedProcess[str]":
    """In another folder and without our modules, as a court's expert would."""
    script = ROOT / "deploy" / "verify_receipt.py"
    return subprocess.run(
        [sys.executable, "-I", str(script), *(["--origin", origin] if origin else []), str(file), *vkeys],
        cwd=file.parent,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@given(st.text(max_size=400))
def test_any_text_is_a_receipt_or_refused(data: str) -> None:
    try:
        again = str(Receipt.of(data))
    except BadReceipt:
        again = data
    assert again == data
