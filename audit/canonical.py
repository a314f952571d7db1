"""One spelling for one fact: the bytes that digests and leaves are made of.

Format 1 is JSON after RFC 8785 for the types we admit: keys sorted by code point, no white space,
UTF-8, no floats (two machines may print one float in two ways; write metres and degrees as text).
"""

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

FORMAT = 1


_PLAIN = frozenset({str, int, bool, type(None)})
_HOLDERS = frozenset({dict, list, tuple})
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, check_circular=False)


def _speller() -> Callable[[Any], str]:
    """What spells a value as `_ENCODER` does. That builds the encoder of C anew for each value, which costs half as
    much as encoding an entry; so it is built once here, where the interpreter has one."""
    make = getattr(json.encoder, "c_make_encoder", None)
    if make is None:
        return _ENCODER.encode
    text = json.encoder.encode_basestring
    encode = make(
        None, _ENCODER.default, text, None, _ENCODER.key_separator, _ENCODER.item_separator,
        _ENCODER.sort_keys, _ENCODER.skipkeys, _ENCODER.allow_nan,
    )  # fmt: skip
    return lambda value: "".join(encode(value, 0))


spell: Callable[[Any], str] = _speller()
"""JSON with sorted keys and no white space, of what JSON has."""


def _is_plain(value: Any) -> bool:
    """Is it made of what JSON has, all through? Then it is spelt as it is: asking costs half as much as copying."""
    todo = [value]
    for some in todo:
        if type(some) is dict:
            for key in some:
                if type(key) is not str:
                    return False
            some = some.values()
        for item in some:
            kind = type(item)
            if kind in _HOLDERS:
                todo.append(item)
            elif kind not in _PLAIN:
                return False
    return True


def _checked(value: Any) -> Any:
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is dict:
        return {
            key if type(key) is str else str(key): item if type(item) in _PLAIN else _checked(item)
            for key, item in value.items()
        }
    if kind is list or kind is tuple:
        return [item if type(item) in _PLAIN else _checked(item) for item in value]
    if isinstance(value, datetime):
        return utc_text(value)
    return _of_a_kind(value)


def _of_a_kind(value: Any) -> Any:
    """What is a text, a number, a mapping or a list by descent."""
    if isinstance(value, (int, str)):
        return value
    if isinstance(value, dict):
        return {str(key): _checked(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_checked(item) for item in value]
    raise TypeError(f"{type(value).__name__} has no canonical form")


def utc_text(moment: datetime) -> str:
    """An aware moment as `2026-11-22T01:02:03.000456Z`. Raises ValueError for a naive one."""
    if moment.tzinfo is None:
        raise ValueError("a moment without an offset means nothing")
    here = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return here.isoformat(timespec="microseconds")[: -len("+00:00")] + "Z"


def canonical(value: Any) -> bytes:
    """The canonical bytes of a fact. Raises TypeError for a float or a foreign type."""
    plain = type(value) in _HOLDERS and _is_plain(value)
    return spell(value if plain else _checked(value)).encode()


def digest(value: Any) -> bytes:
    """SHA-256 of the canonical bytes, 32 bytes."""
    return hashlib.sha256(canonical(value)).digest()


def leaf_hash(*, salt: bytes, body: bytes) -> bytes:
    """The Merkle leaf after RFC 9162 §2.1.1 (SHA-256 over 0x00 ‖ leaf), the leaf being salt ‖ body.

    The random salt keeps a wiped body unguessable from its leaf.
    """
    return hashlib.sha256(b"\x00" + salt + body).digest()
