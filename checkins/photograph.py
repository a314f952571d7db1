"""A photo that came with a scan, by value: opened, read and copied (enterprises/decoding_pool.py). Pure."""

import hashlib
from dataclasses import dataclass
from typing import TypeVar

from checkins.contract import ScanWords
from enterprises.decoding_pool import Taken

Said = TypeVar("Said", bound=ScanWords)


@dataclass(frozen=True, kw_only=True, slots=True)
class Photograph:
    """`sha256`: of the file as it came, in hex, which is its name. `text`: what is on it, None if nothing was read.

    `copy`: what is kept, a JPEG without EXIF; `original`: the file as it came, where the operator keeps it.
    """

    sha256: str
    size: int
    content_type: str
    width: int
    height: int
    text: str | None
    copy: bytes
    original: bytes | None

    @classmethod
    def of(cls, photo: bytes, taken: Taken, *, keep_original: bool) -> "Photograph":
        return cls(
            sha256=name_of(photo),
            size=len(photo),
            content_type=taken.content_type,
            width=taken.width,
            height=taken.height,
            text=taken.text,
            copy=taken.copy,
            original=photo if keep_original else None,
        )

    def beside(self, words: Said) -> Said:
        """The words as they are understood: what the phone read itself, else what is on the photo."""
        return words if words.code or not self.text else words.model_copy(update={"code": self.text})


def name_of(photo: bytes) -> str:
    """SHA-256 in hex: a photo's name, and its part in a scan's content."""
    return hashlib.sha256(photo).hexdigest()
