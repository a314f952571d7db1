"""Which licence is on this photo? Attempts in the order that measured best, until a text is a licence's.

The order and what each attempt adds: docs/guides/photos.md; measured by bench/photos.py.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from PIL import Image

from enterprises.decoders import DECODERS, Decoder, text_of, usable, zxing_every_kind
from enterprises.licence import Scheme, read
from enterprises.picture import Picture

# (which of the decoders in the order set, view). The second one looks where the first one saw nothing.
_ATTEMPTS = (
    (0, "base"),
    (0, "half"),
    (0, "blurred"),
    (0, "full"),
    (1, "base"),
    (0, "adaptive"),
    (0, "sharp"),
    (0, "double"),
    (1, "half"),
)
_SURE = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """The text that counts, how it was read (`pyzbar base`), and the other texts on the photo, likeliest first."""

    text: str
    attempt: str
    others: tuple[str, ...] = ()


def worth(text: str) -> int:
    """How likely is this a licence's text? 3: a code in clear; 2: an opaque id; 1: some address; 0: no."""
    reading = read(text)
    if reading.credit_code or reading.registration_no or reading.candidates:
        return 3
    if reading.scheme is Scheme.UNKNOWN:
        return 0
    return 1 if reading.scheme is Scheme.URL else 2


def decode(picture: Picture, *, decoders: Sequence[str], budget: float) -> Found | None:
    """Read the photo; None if it shows no code that can be read.

    Stops at a text that is a licence's, not at any text: a photo may show a payment code beside the licence. After
    `budget` seconds, or when it has used seven eighths as much CPU, no further attempt begins. Raises PictureRefused.
    """
    end, cpu_end = time.monotonic() + budget, time.process_time() + budget * 7 / 8
    best: Found | None = None
    for attempt, decoder, view in _attempts(picture, usable(decoders)):
        found = _read(view, decoder, attempt=attempt)
        if found is not None and (best is None or worth(found.text) > worth(best.text)):
            best = found
        if best is not None and worth(best.text) >= _SURE:
            break
        if time.monotonic() > end or time.process_time() > cpu_end:
            break
    return best


def _attempts(picture: Picture, names: Sequence[str]) -> Iterator[tuple[str, Decoder, Image.Image]]:
    for place, view in _ATTEMPTS:
        if place < len(names):
            seen: Image.Image | None = getattr(picture, view)
            if seen is not None:
                yield f"{names[place]} {view}", DECODERS[names[place]], seen
    if "zxing-cpp" in names:
        yield "zxing-cpp every kind", zxing_every_kind, picture.base


def _read(view: Image.Image, decoder: Decoder, *, attempt: str) -> Found | None:
    texts = sorted(dict.fromkeys(map(text_of, decoder(view))), key=worth, reverse=True)
    if not texts:
        return None
    codes = dict.fromkeys(code for text in texts if (code := read(text).credit_code))
    if len(codes) > 1:  # two licences on one photo: the officer chooses
        return Found(text="；".join(codes), attempt=attempt, others=tuple(texts))
    return Found(text=texts[0], attempt=attempt, others=tuple(texts[1:]))
