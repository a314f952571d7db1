"""Photos for tests and benches: a licence's code as a picture, and files that mean no good."""

import io
import random
import struct
import zlib
from collections.abc import Callable, Iterator

import segno
from PIL import Image, ImageFilter

BEARINGS_TEXT = "http://www.gsxt.gov.cn/index.html?uniscid=91110108551385082Q"


def code(content: str | bytes = BEARINGS_TEXT, *, scale: int = 8, border: int = 6, mode: str = "L") -> Image.Image:
    """A QR code as it is printed. Bytes are written as bytes, with no charset named."""
    if isinstance(content, bytes):
        made = segno.make_qr(content, mode="byte")
    else:
        made = segno.make_qr(content, encoding="utf-8")
    out = io.BytesIO()
    made.save(out, kind="png", scale=scale, border=border)
    return Image.open(out).convert(mode)


def saved(picture: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def on_table(
    content: str | bytes = BEARINGS_TEXT, *, size: tuple[int, int] = (1200, 900), scale: int = 8
) -> Image.Image:
    """The code in the middle of a grey table."""
    table = Image.new("L", size, 150)
    printed = code(content, scale=scale)
    table.paste(printed, ((size[0] - printed.width) // 2, (size[1] - printed.height) // 2))
    return table


def png_of(width: int, height: int, *, depth: int = 1, kind: int = 0) -> bytes:
    """A well-formed PNG of this size, all black, however large: it costs nothing to send."""
    row = b"\0" + bytes((width * depth * {0: 1, 2: 3, 6: 4}[kind] + 7) // 8)
    squeeze = zlib.compressobj(9)
    parts = [squeeze.compress(row) for _ in range(height)] + [squeeze.flush()]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        _chunk(name, data)
        for name, data in (
            (b"IHDR", struct.pack("!IIBBBBB", width, height, depth, kind, 0, 0, 0)),
            (b"IDAT", b"".join(parts)),
            (b"IEND", b""),
        )
    )


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack("!I", len(data)) + name + data + struct.pack("!I", zlib.crc32(name + data))


def endless_jpeg(passes: int = 3000) -> bytes:
    """A progressive JPEG of 49 megapixels with so many scans: a small file that libjpeg works on for minutes."""
    plain = saved(Image.new("L", (7000, 7000), 128), "JPEG", progressive=True, quality=30)
    scans = [at for at in range(len(plain) - 1) if plain[at : at + 2] == b"\xff\xda"]
    refining = plain[scans[-1] : -2]
    return plain[:-2] + refining * passes + plain[-2:]


def structured_append() -> bytes:
    """The first of three codes that belong together."""
    first = segno.make_sequence("营业执照" * 40, symbol_count=3)[0]
    out = io.BytesIO()
    first.save(out, kind="png", scale=6)
    return out.getvalue()


def fuzzed(count: int, *, seed: int) -> Iterator[bytes]:
    """Good photos with a few bytes changed, a piece cut out, or their end missing."""
    dice = random.Random(seed)
    table = on_table(size=(640, 480), scale=5)
    kinds = ("JPEG", "PNG", "WEBP", "HEIF")
    bases = [saved(table, kind) for kind in kinds]
    bases.append(saved(table.filter(ImageFilter.GaussianBlur(2)), "JPEG", progressive=True))
    for _ in range(count):
        data = bytearray(dice.choice(bases))
        for _change in range(dice.randint(1, 12)):
            at = int(len(data) * dice.random() ** 2)  # headers more often than pixels
            data[at] = dice.randrange(256)
        if dice.random() < 0.3:
            start = dice.randrange(len(data))
            del data[start : start + dice.randint(1, 400)]
        if dice.random() < 0.2:
            del data[dice.randrange(len(data)) :]
        yield bytes(data)


_SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="100" height="100"><rect width="100" height="100"/></svg>'
_EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\n(/etc/passwd) run\n%%EOF\n"


def _jpeg() -> bytes:
    return saved(on_table())


def _png() -> bytes:
    return saved(on_table(), "PNG")


def _sized(width: int, height: int) -> bytes:
    return struct.pack("!II", width, height)


# What a stranger may send, made when asked for.
HOSTILE: dict[str, Callable[[], bytes]] = {
    "nothing": lambda: b"",
    "one byte": lambda: b"\xff",
    "a JPEG's first bytes only": lambda: _jpeg()[:3],
    "truncated JPEG": lambda: _jpeg()[: len(_jpeg()) // 2],
    "truncated PNG": lambda: _png()[: len(_png()) // 2],
    "PNG of 12,000 by 12,000": lambda: png_of(12_000, 12_000),
    "PNG of 20,000 by 20,000": lambda: png_of(20_000, 20_000),
    "PNG whose header lies": lambda: png_of(400, 400).replace(_sized(400, 400), _sized(7000, 7000)),
    "PNG of no width": lambda: _png().replace(_sized(1200, 900), _sized(0, 900)),
    "39 pixels high": lambda: saved(Image.new("L", (400, 39)), "PNG"),
    "GIF": lambda: saved(on_table(), "GIF"),
    "BMP": lambda: saved(on_table(), "BMP"),
    "TIFF": lambda: saved(on_table(), "TIFF"),
    "SVG": lambda: _SVG,
    "EPS": lambda: _EPS,
    "JPEG and then ZIP": lambda: _jpeg() + b"PK\x03\x04" + bytes(2000),
    "GIF before JPEG": lambda: b"GIF89a" + _jpeg(),
    "PNG's name on EPS": lambda: b"\x89PNG\r\n\x1a\n" + _EPS,
    "WebP's name on nothing": lambda: b"RIFF\xff\xff\xff\xffWEBPVP8 " + bytes(100),
    "HEIC's name on nothing": lambda: b"\0\0\0\x18ftypheic" + bytes(200),
    "16 bits a pixel": lambda: saved(Image.new("I;16", (600, 600), 40_000), "PNG"),
    "CMYK": lambda: saved(on_table().convert("CMYK")),
    "49 megapixels with alpha": lambda: png_of(7000, 7000, depth=8, kind=6),
    "49 megapixels, 16 bits, colour": lambda: png_of(7000, 7000, depth=16, kind=2),
    "49 megapixels of WebP": lambda: saved(Image.new("RGB", (7000, 7000), "grey"), "WEBP", lossless=True, method=0),
    "endless JPEG": endless_jpeg,
    "JPEG of many passes": lambda: endless_jpeg(6),
    "part of a structured append": structured_append,
}
