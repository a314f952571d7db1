"""JSON as I-JSON (RFC 7493) has it, because two readers of one body must never see two different scans."""

import json
import math
from typing import Any

DEEPEST = 32
"""Levels of objects and arrays in a body. The contract has three; a thousand would be one too many for somebody."""


def read(text: str, *, apart: str = "") -> Any:
    """The value that this text spells. Raises ValueError.

    No name twice in an object, no NaN, no Infinity, no lone surrogate, no NUL (PostgreSQL could not keep it). `apart`:
    a member of the body whose list is not looked into; its reader asks `spoilt` of each element, so that one spoils
    none of the others.
    """
    try:
        data = json.loads(text, parse_constant=_refuse, parse_float=_finite, object_pairs_hook=_named_once)
    except RecursionError as error:
        raise ValueError("too deep") from error
    if "\\u" in text or "\0" in text or text.count("[") + text.count("{") > DEEPEST:
        whole = data
        if apart and isinstance(data, dict) and isinstance(data.get(apart), list):
            whole = {**data, apart: []}
        if spoilt(whole) is not None:
            raise ValueError("no text to keep, or too deep")
    return data


def spoilt(value: Any, *, levels: int = DEEPEST) -> tuple[str | int, ...] | None:
    """Where in the tree is a text with a NUL or a lone surrogate, or a level too deep? None: nowhere."""
    if isinstance(value, str):
        return None if _keepable(value) else ()
    if not isinstance(value, dict | list):
        return None
    if not levels:
        return ()
    for name, item in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(name, str) and not _keepable(name):
            return ()
        inner = spoilt(item, levels=levels - 1)
        if inner is not None:
            return (name, *inner)
    return None


def _keepable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\x00" not in text


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
