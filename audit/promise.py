"""A promise (存证承诺): the log's signed word that a leaf will be in its tree within a minute. Pure.

It is a C2SP signed note, made from the leaf and the moment alone, so that a replay is promised the same. Whoever holds
one and finds no receipt later has proof that the log broke its word.
"""

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Self

from audit.canonical import utc_text
from audit.merkle import HASH_BYTES
from audit.note import BadNote, Note, NoteKey, Verifier, signature

WITHIN: Final = timedelta(seconds=60)
_FORMAT: Final = "ruqi-saoma promise v1"


@dataclass(frozen=True, slots=True)
class Promise:
    """What is promised: this leaf hash, recorded at `at`, in a log of `origin` before `at` + 60 s."""

    origin: str
    leaf: bytes
    at: datetime

    def text(self) -> str:
        """The note's text: format, origin, leaf, moment, moment by which it is merged."""
        return (
            f"{_FORMAT}\n{self.origin}\nleaf {base64.b64encode(self.leaf).decode()}\n"
            f"recorded {utc_text(self.at)}\nmerged-by {utc_text(self.at + WITHIN)}\n"
        )

    def signed(self, key: NoteKey) -> str:
        """The promise as it is handed out."""
        text = self.text()
        return f"{text}\n{signature(text, key=key).line()}"

    @classmethod
    def of(cls, data: str, *, verifier: Verifier) -> Self:
        """Read a promise that this key has signed. Raises BadNote."""
        note = Note.of(data)
        note.signed_by([verifier])
        try:
            _format, origin, leaf, recorded, _merged, _end = note.text.split("\n")
            one = cls(
                origin,
                base64.b64decode(leaf.removeprefix("leaf "), validate=True),
                datetime.fromisoformat(recorded.removeprefix("recorded ")),
            )
        except (ValueError, binascii.Error) as error:
            raise BadNote("not a promise") from error
        if len(one.leaf) != HASH_BYTES or one.at.tzinfo is None or one.text() != note.text:
            raise BadNote("not a promise")
        return one
