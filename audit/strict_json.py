"""JSON as I-JSON (RFC 7493) has it, because two readers of one body must never see two different scans."""

import json
import math
from typing import Any

DEEPEST = 32
"""Levels of objects and arrays in a body. The contract has three; a thousand would be one too many for somebody."""


def read(text: str) -> Any:
    """The value that this text spells. Raises ValueError.

    No name twice in an object, no NaN, no Infinity, no lone surrogate, no NUL (PostgreSQL could not keep it).
    """
    try:
        data = json.loads(text, parse_constant=_refuse, parse_float=_finite, object_pairs_hook=_named_once)
    except RecursionError as error:
        raise ValueError("too deep") from error
    if "\\u" in text or "\0" in text or text.count("[") + text.count("{") > DEEPEST:
        _storable(data, DEEPEST)
    return data


def _storable(value: Any, levels: int) -> None:
    """Raises ValueError for a text, anywhere in the tree, with a NUL or a lone surrogate, and for a tree too deep."""
    if isinstance(value, str):
        if "\x00" in value:
            raise ValueError("NUL")
        value.encode()
    elif isinstance(value, dict | list):
        if not levels:
            raise ValueError("too deep")
        for item in value:
            _storable(item, levels - 1)
        if isinstance(value, dict):
            for item in value.values():
                _storable(item, levels - 1)


def _named_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name twice")
    return found


def _refuse(name: str) -> float:
    raise ValueError(name)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number
