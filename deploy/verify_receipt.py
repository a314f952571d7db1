#!/usr/bin/env python3
"""Check a receipt (存证回执) of 入企扫码 without asking anybody.

    python3 verify_receipt.py [--origin LOG] RECEIPT VKEY [VKEY ...]

RECEIPT is the file that the officer or the enterprise was given; each VKEY a public key that you trust, as the log's
operator or a witness publishes it (`name+id+base64`). A log's key has the log's name; a witness signs for many logs, so
with witnesses' keys alone LOG must be said (`ruqi.example.gov.cn/log/1`). Prints which log it is and the record that
the receipt proves, and ends with 0; says why it proves nothing and ends with 1. Needs Python 3.11 or later and the
package `cryptography`, nothing of ours.
"""

import base64
import hashlib
import json
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

ED25519, ECDSA_P256, COSIGNATURE = 1, 2, 4


class Refused(Exception):
    """Why the receipt proves nothing."""


def decode(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise Refused("the receipt is damaged") from error


def read_vkey(vkey: str) -> tuple[str, bytes, int, bytes]:
    """Name, key id, kind, key."""
    name, key_id, coded = vkey.split("+", 2)
    raw = decode(coded)
    named = b"" if raw[0] == ECDSA_P256 else name.encode() + b"\n" + raw[:1]
    if hashlib.sha256(named + raw[1:]).hexdigest()[:8] != key_id:
        raise Refused(f"{name} is not a key as operators publish them")
    return name, bytes.fromhex(key_id), raw[0], raw[1:]


def signature_holds(kind: int, key: bytes, signature: bytes, text: str) -> bool:
    message = text.encode()
    try:
        if kind == ECDSA_P256:
            public = load_der_public_key(key)
            if not isinstance(public, ec.EllipticCurvePublicKey):
                return False
            public.verify(signature, message, ec.ECDSA(SHA256()))
            return True
        if kind == COSIGNATURE:
            seconds, signature = int.from_bytes(signature[:8]), signature[8:]
            message = f"cosignature/v1\ntime {seconds}\n{text}".encode()
        ed25519.Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def signers(note: str, vkeys: list[str], origin: str | None) -> list[str]:
    """Who of those you trust has signed this checkpoint, of the log that you mean."""
    text, _gap, tail = note.rpartition("\n\n")
    found = []
    known = [read_vkey(vkey) for vkey in vkeys]
    for line in tail.splitlines():
        dash, _space, rest = line.partition(" ")
        name, _space, coded = rest.rpartition(" ")
        raw = decode(coded)
        for known_name, key_id, kind, key in known:
            if (dash, name, raw[:4]) == ("—", known_name, key_id):
                if not signature_holds(kind, key, raw[4:], text + "\n"):
                    raise Refused(f"the signature of {name} does not hold")
                found.append((name, kind))
    if not found:
        raise Refused("none of the keys given has signed this checkpoint")
    log = text.split("\n")[0]
    names = {name for name, kind in found if kind != COSIGNATURE} | ({origin} if origin else set())
    if not names:
        raise Refused(f"it is of the log {log}, for which witnesses alone vouch: say --origin which log you mean")
    if names != {log}:
        raise Refused(f"it is of the log {log}, not of {' or '.join(sorted(names - {log}))}")
    return [name for name, _kind in found]


def root_from(index: int, size: int, leaf: bytes, proof: list[bytes]) -> bytes:
    """RFC 9162 §2.1.3.2."""
    if not 0 <= index < size:
        raise Refused("the entry is not in the tree")
    at, last, reached = index, size - 1, leaf
    for sibling in proof:
        if last == 0 or len(sibling) != 32:
            raise Refused("the proof does not fit the tree")
        if at & 1 or at == last:
            reached = hashlib.sha256(b"\x01" + sibling + reached).digest()
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            reached = hashlib.sha256(b"\x01" + reached + sibling).digest()
        at, last = at >> 1, last >> 1
    if last:
        raise Refused("the proof does not fit the tree")
    return reached


def verify(receipt: str, vkeys: list[str], origin: str | None = None) -> tuple[dict[str, object], str, list[str]]:
    """The record, the log that holds it and who vouches. Raises Refused."""
    head, gap, note = receipt.partition("\n\n")
    lines = head.split("\n")
    if not gap or len(lines) < 3 or lines[0] != "c2sp.org/tlog-proof@v1":
        raise Refused("this is not a receipt")
    try:
        extra = json.loads(decode(lines[1].removeprefix("extra ")))
        salt, body = decode(extra["salt"]), decode(extra["body"])
        log, size, root = note.split("\n")[:3]
        index, leaves = int(lines[2].removeprefix("index ")), int(size)
        record = json.loads(body)
    except (ValueError, LookupError, TypeError) as error:
        raise Refused("the receipt is damaged") from error
    leaf = hashlib.sha256(b"\x00" + salt + body).digest()
    if root_from(index, leaves, leaf, [decode(line) for line in lines[3:]]) != decode(root):
        raise Refused("the record is not the one that the log holds")
    return record, f"{log}, entry {index} of {leaves}", signers(note, vkeys, origin)


def main(arguments: list[str]) -> int:
    origin = None
    if arguments[:1] == ["--origin"]:
        origin, arguments = arguments[1] if arguments[1:] else None, arguments[2:]
    if len(arguments) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    path, *vkeys = arguments
    try:
        with open(path, encoding="utf-8", newline="") as file:
            record, place, vouching = verify(file.read(), vkeys, origin)
    except (Refused, OSError, ValueError) as error:
        print(f"NOT PROVED: {error}", file=sys.stderr)
        return 1
    print(f"PROVED: in {place}; signed by {', '.join(vouching)}", file=sys.stderr)
    print(json.dumps(record, ensure_ascii=False, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
