"""A photo of a licence as bytes from a stranger: what may be opened, how it is looked at, what is kept of it."""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

import pillow_heif
from PIL import Image, ImageChops, ImageFilter

SMALLEST_SIDE, LARGEST_SIDE = 40, 12_000
MOST_PIXELS = 50_000_000
BASE_EDGE = 2_016
DRAFT_EDGE = 1_900  # a JPEG is decoded at 1/2, 1/4, 1/8 only: 4,000 pixels at 1/2 are enough
MUCH_LARGER = 1.5
LARGEST_DOUBLE = 4_032
COPY_QUALITY = 82
MOST_PASSES = 600_000_000
"""Pixels times scans of one JPEG. Phones write 1 scan or about 10; with thousands libjpeg works for minutes."""

# Bomb warnings are errors; our own limit, on the header, is stricter.
Image.MAX_IMAGE_PIXELS = MOST_PIXELS
pillow_heif.register_heif_opener(thumbnails=False)

_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1"})


class PictureRefused(Exception):
    """Not a picture that we open. `reason`: type, size, costly or unreadable."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def format_of(data: bytes) -> str | None:
    """Which of the four formats does it begin as? Pillow's name for it; None for any other."""
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp" and data[8:12] in _HEIC_BRANDS:
        return "HEIF"
    return None


CONTENT_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "HEIF": "image/heic"}


@contextmanager
def _refusing() -> Iterator[None]:
    """Whatever Pillow raises on bad bytes is a refusal. MemoryError passes: it is the process's limit."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            yield
    except (PictureRefused, MemoryError):
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PictureRefused("size") from error
    except Exception as error:  # broken files raise anything: OSError, SyntaxError, struct.error, ZeroDivisionError …
        raise PictureRefused("unreadable") from error


@dataclass(frozen=True)
class Picture:
    """A photo whose header has been checked: its format and its size in pixels. Views of it are made when asked for.

    All views are grey, turned as EXIF says, with transparent parts white. Raise PictureRefused.
    """

    data: bytes
    format: str
    width: int
    height: int

    @classmethod
    def open(cls, data: bytes) -> "Picture":
        """Look at the header only. Raises PictureRefused."""
        kind = format_of(data)
        if kind is None:
            raise PictureRefused("type")
        with _refusing(), Image.open(io.BytesIO(data), formats=[kind]) as opened:
            width, height = opened.size
        if not (min(width, height) >= SMALLEST_SIDE and max(width, height) <= LARGEST_SIDE):
            raise PictureRefused("size")
        if width * height > MOST_PIXELS:
            raise PictureRefused("size")
        if kind == "JPEG" and width * height * data.count(b"\xff\xda") > MOST_PASSES:
            raise PictureRefused("costly")
        return cls(data=data, format=kind, width=width, height=height)

    @property
    def content_type(self) -> str:
        return CONTENT_TYPES[self.format]

    @property
    def _edge(self) -> int:
        return max(self.width, self.height)

    def _opened(self, mode: str, *, edge: int | None) -> Image.Image:
        """Decoded, at least `edge` pixels long where the file is. A JPEG is decoded as small as it can be."""
        if self.format != "JPEG":
            return self._decoded
        with _refusing(), Image.open(io.BytesIO(self.data), formats=[self.format]) as opened:
            if edge is not None and self._edge > edge:
                opened.draft(mode, (self.width * edge // self._edge, self.height * edge // self._edge))
            opened.load()
            return opened

    @cached_property
    def _decoded(self) -> Image.Image:
        """The other formats are decoded whole, and once."""
        with _refusing(), Image.open(io.BytesIO(self.data), formats=[self.format]) as opened:
            opened.load()
            return opened

    def _pixels(self, mode: str, *, draft: int | None, edge: int) -> Image.Image:
        """At most `edge` pixels long; upright, opaque, in this mode."""
        opened = self._opened(mode, edge=draft)
        with _refusing():
            factor = max(opened.size) // edge
            found = _opaque(opened.reduce(factor) if factor > 1 and opened.mode in _REDUCIBLE else opened, mode)
            found.thumbnail((edge, edge), Image.Resampling.BILINEAR)
            return _upright(found, turn=_turn(opened))

    @cached_property
    def base(self) -> Image.Image:
        """At most 2,016 pixels long."""
        return self._pixels("L", draft=DRAFT_EDGE, edge=BASE_EDGE)

    @property
    def half(self) -> Image.Image:
        return self.base.reduce(2)

    @property
    def blurred(self) -> Image.Image:
        return self.base.filter(ImageFilter.GaussianBlur(1.3))

    @property
    def full(self) -> Image.Image | None:
        """As taken; None where that is not much larger than the base."""
        if self._edge <= MUCH_LARGER * max(self.base.size):
            return None
        return self._pixels("L", draft=None, edge=self._edge)

    @property
    def adaptive(self) -> Image.Image:
        """Black where a pixel is more than 6 darker than the mean of the 25×25 around it."""
        darker = ImageChops.subtract(self.base.filter(ImageFilter.BoxBlur(12)), self.base)
        return darker.point([255] * 7 + [0] * 249)

    @property
    def sharp(self) -> Image.Image:
        return self.base.filter(ImageFilter.UnsharpMask(radius=2, percent=200, threshold=0))

    @property
    def double(self) -> Image.Image | None:
        """Twice as large; None where that would be too large."""
        width, height = self.base.size
        if 2 * max(width, height) > LARGEST_DOUBLE:
            return None
        return self.base.resize((2 * width, 2 * height), Image.Resampling.BICUBIC)

    def copy(self, *, edge: int) -> bytes:
        """What is kept: a JPEG at most `edge` pixels long with nothing in it but the picture (no EXIF, no GPS)."""
        picture = self._pixels("RGB", draft=edge * 9 // 10, edge=edge)
        with _refusing():
            clean = Image.new("RGB", picture.size)
            clean.paste(picture)
            out = io.BytesIO()
            clean.save(out, "JPEG", quality=COPY_QUALITY)
        return out.getvalue()


_REDUCIBLE = frozenset({"L", "RGB", "CMYK"})  # Pillow reduces transparent ones slowly


def _opaque(opened: Image.Image, mode: str) -> Image.Image:
    """On white where it was transparent, in this mode. May be the picture itself."""
    if opened.mode in {"RGBA", "LA", "PA", "RGBa", "La"} or "transparency" in opened.info:
        rgba = opened if opened.mode == "RGBA" else opened.convert("RGBA")
        found = Image.new("RGB", rgba.size, "white")
        found.paste(rgba, mask=rgba.getchannel("A"))
        return found if mode == "RGB" else found.convert(mode)
    if opened.mode.startswith("I"):
        return opened.convert("I").point(lambda value: value / 256).convert("L").convert(mode)  # 16 bits a pixel
    if opened.mode == mode:
        return opened.copy()
    return opened.convert(mode if opened.mode in {"L", "RGB", "1"} else "RGB").convert(mode)


def _turn(opened: Image.Image) -> int:
    """EXIF's orientation, 1 to 8; a broken EXIF turns nothing."""
    try:
        return int(opened.getexif().get(0x0112, 1))
    except Exception:  # broken EXIF raises anything, and no photo is refused for it
        return 1


_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def _upright(picture: Image.Image, *, turn: int) -> Image.Image:
    return picture.transpose(_TURNS[turn]) if turn in _TURNS else picture
