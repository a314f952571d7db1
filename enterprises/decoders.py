"""The two readers of QR codes: zxing-cpp (in its wheel) and zbar (the system's libzbar0, through pyzbar).

Both give bytes, because their own guesses of the charset mangle Chinese; `text_of` turns bytes into text.
"""

import ctypes
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import zxingcpp
from PIL import Image

Decoder = Callable[[Image.Image], list[bytes]]

_GREY = int.from_bytes(b"Y800", "little")
_BINARY = 4  # ZBAR_CFG_BINARY of zbar 0.23.90 and later: bytes as they stand in the code
_KANA = range(0xA1, 0xE0)
_VOICED_AFTER = frozenset(range(0xB3, 0xB4)) | frozenset(range(0xB6, 0xC5)) | frozenset(range(0xCA, 0xCF))


def zxing(picture: Image.Image) -> list[bytes]:
    """The QR codes that zxing-cpp reads in this grey picture. Each part of a structured append is a text of its own."""
    return _zxing(picture, zxingcpp.BarcodeFormat.QRCodeModel2)


def zxing_every_kind(picture: Image.Image) -> list[bytes]:
    """As zxing, also Model 1, Micro QR and rMQR."""
    return _zxing(picture, zxingcpp.BarcodeFormat.QRCode)


def _zxing(picture: Image.Image, kind: Any) -> list[bytes]:
    found = zxingcpp.read_barcodes(picture, formats=kind, text_mode=zxingcpp.TextMode.Plain)
    return [code.bytes for code in found if code.valid]


def pyzbar(picture: Image.Image) -> list[bytes]:
    """The QR codes that zbar reads in this grey picture.

    Not through `pyzbar.decode`: it cannot ask for bytes, and it fails on parts of a structured append.
    """
    from pyzbar import wrapper as zbar  # ImportError without libzbar0: asked for when used

    pixels = picture.tobytes()
    scanner = zbar.zbar_image_scanner_create()
    image = zbar.zbar_image_create()
    try:
        for symbol, option, value in (
            (zbar.ZBarSymbol.NONE, zbar.ZBarConfig.CFG_ENABLE, 0),  # NONE stands for all
            (zbar.ZBarSymbol.QRCODE, zbar.ZBarConfig.CFG_ENABLE, 1),
            (zbar.ZBarSymbol.QRCODE, _BINARY, 1),
        ):
            zbar.zbar_image_scanner_set_config(scanner, symbol, option, value)
        zbar.zbar_image_set_format(image, _GREY)
        zbar.zbar_image_set_size(image, *picture.size)
        zbar.zbar_image_set_data(image, ctypes.cast(ctypes.c_char_p(pixels), ctypes.c_void_p), len(pixels), None)
        if zbar.zbar_scan_image(scanner, image) <= 0:
            return []
        found = []
        symbol = zbar.zbar_image_first_symbol(image)
        while symbol:
            if symbol.contents.type == zbar.ZBarSymbol.QRCODE:
                found.append(
                    ctypes.string_at(zbar.zbar_symbol_get_data(symbol), zbar.zbar_symbol_get_data_length(symbol))
                )
            symbol = zbar.zbar_symbol_next(symbol)
        return found
    finally:
        zbar.zbar_image_destroy(image)
        zbar.zbar_image_scanner_destroy(scanner)


DECODERS: dict[str, Decoder] = {"zxing-cpp": zxing, "pyzbar": pyzbar}


@cache
def has_zbar() -> bool:
    """Does this machine have libzbar0? Without it the other decoder carries on."""
    try:
        from pyzbar import wrapper
    except ImportError:
        return False
    return wrapper.LIBZBAR is not None


def usable(names: Iterable[str]) -> tuple[str, ...]:
    """These decoders, in this order, without those that this machine does not have."""
    return tuple(name for name in dict.fromkeys(names) if name in DECODERS and (name != "pyzbar" or has_zbar()))


def text_of(data: bytes) -> str:
    """The text that these bytes of a QR code spell: UTF-8, else GB18030, else Shift_JIS; never raises.

    Shift_JIS bytes are nearly always also GB18030 bytes; they are taken as Japanese only where the Chinese would be
    no Chinese (see `_is_chinese`). NUL, which no database text may hold, becomes U+FFFD.
    """
    chinese = _decoded(data, "gb18030")
    japanese = None if chinese is not None and _is_chinese(data, chinese) else _decoded(data, "shift_jis")
    found = next(filter(None, (_decoded(data, "utf-8"), japanese, chinese)), None)
    return (data.decode("utf-8", "replace") if found is None else found).replace("\0", "\ufffd")


def _decoded(data: bytes, charset: str) -> str | None:
    try:
        return data.decode(charset)
    except UnicodeDecodeError:
        return None


def _is_chinese(data: bytes, text: str) -> bool:
    """At least three in four in GB 2312, and not half-width katakana whose voicing marks all stand where one can."""
    beyond_ascii = [symbol for symbol in text if symbol > "\x7f"]
    usual = sum(1 for symbol in beyond_ascii if _in_gb2312(symbol))
    if 4 * usual < 3 * len(beyond_ascii):
        return False
    high = [byte for byte in data if byte > 0x7F]
    marks = [at for at, byte in enumerate(data) if byte in {0xDE, 0xDF}]
    katakana = (
        bool(marks) and all(byte in _KANA for byte in high) and all(data[at - 1] in _VOICED_AFTER for at in marks)
    )
    return not katakana


def _in_gb2312(symbol: str) -> bool:
    try:
        symbol.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True
