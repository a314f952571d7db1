"""Bytes as the 45 characters that a QR code packs two to eleven bits (RFC 9285). Pure.

Strict: one run of bytes has one text, in upper case.
"""

import struct

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_BASE = len(ALPHABET)
# 2,025 of them: the two less significant characters of a group.
_PAIRS = [ALPHABET[low] + ALPHABET[high] for high in range(_BASE) for low in range(_BASE)]
_PLACES = {character: place for place, character in enumerate(ALPHABET)}


def encode(data: bytes) -> str:
    """Two bytes are three characters, the least significant first; a last single byte is two."""
    half = len(data) // 2
    numbers = struct.unpack(f">{half}H", data[: 2 * half])
    text = "".join([_PAIRS[number % 2025] + ALPHABET[number // 2025] for number in numbers])
    return text + _PAIRS[data[-1]] if len(data) % 2 else text


def decode(text: str) -> bytes:
    """The bytes. Raises ValueError: a foreign character, one character left over, a group above its bytes' range."""
    try:
        places = [_PLACES[character] for character in text]
    except KeyError as error:
        raise ValueError("not in the alphabet") from error
    whole, rest = divmod(len(places), 3)
    if rest == 1:
        raise ValueError("a character is left over")
    numbers = [
        places[start] + _BASE * places[start + 1] + _BASE * _BASE * places[start + 2]
        for start in range(0, 3 * whole, 3)
    ]
    if numbers and max(numbers) > 0xFFFF:
        raise ValueError("three characters above two bytes")
    data = struct.pack(f">{whole}H", *numbers)
    if rest:
        last = places[-2] + _BASE * places[-1]
        if last > 0xFF:
            raise ValueError("two characters above one byte")
        data += bytes((last,))
    return data
