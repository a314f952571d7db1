"""What a log asks of a witness: cosign this checkpoint, which continues that size (C2SP tlog-witness). Pure.

The body is `old <size>`, one line a hash of the consistency proof, an empty line, and the signed checkpoint.
"""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from audit.merkle import HASH_BYTES
from audit.note import MOST_BYTES as NOTE_BYTES

PATH: Final = "/add-checkpoint"
SIZE_TYPE: Final = "text/x.tlog.size"
"""The content type of a 409 that says which size the witness has."""
MOST_HASHES: Final = 63
MOST_BYTES: Final = NOTE_BYTES + 4_096


class BadRequest(ValueError):
    """These bytes ask nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AddCheckpoint:
    """`old`: the size that the witness cosigned last, as the log believes; `note`: the checkpoint with its lines."""

    old: int
    proof: Sequence[bytes]
    note: str

    def body(self) -> bytes:
        """As it is posted."""
        hashes = [base64.b64encode(one).decode() for one in self.proof]
        return ("\n".join([f"old {self.old}", *hashes, "", ""]) + self.note).encode()

    @classmethod
    def read(cls, content: bytes) -> Self:
        """What is asked. Raises BadRequest."""
        if len(content) > MOST_BYTES:
            raise BadRequest("too long")
        try:
            head, gap, note = content.decode().partition("\n\n")
        except UnicodeDecodeError as error:
            raise BadRequest("not UTF-8") from error
        first, *hashes = head.split("\n")
        old = read_size(first.removeprefix("old "))
        if not gap or not first.startswith("old ") or old is None or len(hashes) > MOST_HASHES:
            raise BadRequest("not old <size>, a proof, an empty line and a checkpoint")
        return cls(old=old, proof=tuple(_hash(line) for line in hashes), note=note)


def read_size(text: str) -> int | None:
    """A tree's size in its one spelling; None for anything else."""
    if not (text.isascii() and text.isdigit() and len(text) < 20) or str(int(text)) != text:
        return None
    return int(text)


def _hash(line: str) -> bytes:
    try:
        raw = base64.b64decode(line, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadRequest("not base64") from error
    if len(raw) != HASH_BYTES or base64.b64encode(raw).decode() != line:
        raise BadRequest("not a hash")
    return raw
