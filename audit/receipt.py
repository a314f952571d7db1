"""A receipt (存证回执): one entry, its place in the log and a signed checkpoint over it, in one text. Pure.

The text is a C2SP tlog-proof. Its extra data is the entry itself as JSON: `format`, `salt` and `body` in base64, from
which anybody computes the leaf. It needs no network, no account and none of our programs: deploy/verify_receipt.py is a
reader of its own.
"""

import base64
import binascii
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from audit.canonical import canonical, leaf_hash
from audit.merkle import BadProof, check_inclusion
from audit.note import COSIGNATURE, BadNote, Head, Note, Verifier

HEADER: Final = "c2sp.org/tlog-proof@v1"
MOST_BYTES: Final = 1_048_576


class BadReceipt(ValueError):
    """This text proves nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Receipt:
    """`note`: the checkpoint as it was signed, all lines. `salt` and `body`: of the entry, in canonical bytes."""

    format: int
    salt: bytes
    body: bytes
    index: int
    proof: Sequence[bytes]
    note: str

    def __str__(self) -> str:
        extra = canonical({"format": self.format, "salt": _text(self.salt), "body": _text(self.body)})
        lines = [HEADER, f"extra {_text(extra)}", f"index {self.index}", *map(_text, self.proof), "", self.note]
        return "\n".join(lines)

    @classmethod
    def of(cls, data: str) -> Self:
        """Read a receipt. Raises BadReceipt. Whether it proves anything is `check`'s question."""
        if len(data) > MOST_BYTES:
            raise BadReceipt("too long")
        head, gap, note = data.partition("\n\n")
        lines = head.split("\n")
        try:
            header, extra, index = lines[:3]
            told = json.loads(_bytes(extra.removeprefix("extra ")))
            number = index.removeprefix("index ")
            one = cls(
                format=told["format"],
                salt=_bytes(told["salt"]),
                body=_bytes(told["body"]),
                index=int(number),
                proof=[_bytes(line) for line in lines[3:]],
                note=note,
            )
        except (ValueError, LookupError, TypeError, RecursionError) as error:
            raise BadReceipt("not a receipt") from error
        if not gap or header != HEADER or one.format != 1 or str(one) != data:
            raise BadReceipt("not a receipt")
        return one

    def check(self, verifiers: Iterable[Verifier], *, origin: str | None = None) -> dict[str, Any]:
        """The entry (`kind`, `subject`, `actor`, `at`, `body`), proved to stand in a log that one of these keys signs.

        `origin`: in this log and no other. It must be said where only witnesses vouch: they sign for many houses. A
        log's own key has the log's name. Raises BadReceipt.
        """
        try:
            note = Note.of(self.note)
            signers = note.signed_by(verifiers)
            head = Head.of(note.text)
            names = {one.name for one in signers if one.kind != COSIGNATURE} | ({origin} if origin else set())
            if names != {head.origin}:
                raise BadReceipt(f"it is of the log {head.origin}: not of one that was asked for")
            leaf = leaf_hash(salt=self.salt, body=self.body)
            check_inclusion(self.index, size=head.size, leaf=leaf, proof=self.proof, root=head.root)
            entry = json.loads(self.body)
        except (BadNote, BadProof, ValueError, RecursionError) as error:
            raise BadReceipt(str(error)) from error
        if not isinstance(entry, dict):
            raise BadReceipt("not an entry")
        return entry


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from error
