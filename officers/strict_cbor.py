"""The part of CBOR (RFC 8949) that electronic IDs are written in, read strictly. Pure.

Whole numbers of at most 32 bits, byte and text strings, arrays, maps with whole numbers as keys, false and true; all in
the deterministic encoding (§4.2.1): shortest heads, definite lengths, keys in the order of their bytes, none twice.
What is read is written by cbor2 as the same bytes.
"""

from typing import TypeAlias, cast

Value: TypeAlias = "int | bytes | str | bool | list[Value] | dict[int, Value]"

DEEPEST = 6
"""Arrays and maps in one another, the outermost counted as one."""

_NEGATIVE, _BYTES, _TEXT, _ARRAY, _MAP = 1, 2, 3, 4, 5
_FALSE, _TRUE = 0xF4, 0xF5
# From which value on an argument needs the bytes that follow its head (additional information 24, 25, 26).
_FOLLOWING = {24: (1, 24), 25: (2, 0x100), 26: (4, 0x10000)}


def read(data: bytes) -> Value:
    """What these bytes say, all of them. Raises ValueError for anything else than the above."""
    value, end = _item(data, 0, 1)
    if end != len(data):
        raise ValueError("bytes are left over")
    return value


def _item(data: bytes, at: int, depth: int) -> tuple[Value, int]:
    if at >= len(data):
        raise ValueError("ends early")
    first = data[at]
    if first in {_FALSE, _TRUE}:
        return first == _TRUE, at + 1
    kind = first >> 5
    if kind > _MAP:
        raise ValueError("a tag, a float or another simple value")
    argument, at = _argument(data, at)
    if kind <= _NEGATIVE:
        return (-1 - argument if kind == _NEGATIVE else argument), at
    if kind in {_BYTES, _TEXT}:
        end = at + argument
        if end > len(data):
            raise ValueError("ends early")
        raw = data[at:end]
        return (raw if kind == _BYTES else raw.decode()), end
    if depth > DEEPEST:
        raise ValueError("nested too deeply")
    return _array(data, at, argument, depth) if kind == _ARRAY else _map(data, at, argument, depth)


def _argument(data: bytes, at: int) -> tuple[int, int]:
    """The head's argument and where it ends."""
    information, at = data[at] & 0x1F, at + 1
    if information < 24:
        return information, at
    if information not in _FOLLOWING:
        raise ValueError("above 32 bits, of indefinite length, or reserved")
    width, least = _FOLLOWING[information]
    if at + width > len(data):
        raise ValueError("ends early")
    argument = int.from_bytes(data[at : at + width])
    if argument < least:
        raise ValueError("a longer head than needed")
    return argument, at + width


def _array(data: bytes, at: int, count: int, depth: int) -> tuple[Value, int]:
    values: list[Value] = []
    while len(values) < count:
        value, at = _item(data, at, depth + 1)
        values.append(value)
    return values, at


def _map(data: bytes, at: int, count: int, depth: int) -> tuple[Value, int]:
    pairs: dict[int, Value] = {}
    last = b""
    while len(pairs) < count:
        start = at
        if at < len(data) and data[at] >> 5 > _NEGATIVE:
            raise ValueError("a key that is no whole number")
        key, at = _item(data, at, depth + 1)
        if data[start:at] <= last:
            raise ValueError("keys out of order, or one twice")
        last = data[start:at]
        pairs[cast(int, key)], at = _item(data, at, depth + 1)
    return pairs, at
