"""The CBOR of electronic IDs has one spelling, and nothing else is read."""

from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from officers.strict_cbor import DEEPEST, read

NUMBERS = st.integers(-(2**32), 2**32 - 1)
VALUES = st.recursive(
    NUMBERS | st.booleans() | st.binary(max_size=300) | st.text(max_size=80),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NUMBERS, inner, max_size=4),
    max_leaves=8,
)


def depth(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    return 1 + max(map(depth, value), default=0) if isinstance(value, list) else 0


def written(value: Any) -> bytes:
    """As RFC 8949 §4.2.1 says; cbor2's own canonical order is the older one, by length first."""
    if isinstance(value, dict):
        pairs = sorted((cbor2.dumps(key), written(one)) for key, one in value.items())
        return bytes((0xA0 + len(pairs),)) + b"".join(key + one for key, one in pairs)
    if isinstance(value, list):
        return bytes((0x80 + len(value),)) + b"".join(map(written, value))
    return cbor2.dumps(value)


@given(VALUES.filter(lambda value: depth(value) <= DEEPEST))
def test_what_cbor2_writes_in_order_is_read_as_it_was(value: Any) -> None:
    assert read(written(value)) == value


@given(st.binary(max_size=60))
def test_any_bytes_are_refused_or_are_the_one_spelling_of_what_they_say(data: bytes) -> None:
    try:
        value = read(data)
    except ValueError:
        return
    assert written(value) == data
    assert cbor2.loads(data) == value


@given(VALUES.filter(lambda value: depth(value) <= DEEPEST), st.integers(1, 400))
def test_what_ends_early_is_refused(value: Any, cut: int) -> None:
    data = written(value)
    with pytest.raises(ValueError, match="early"):
        read(data[: max(0, len(data) - cut)])


@pytest.mark.parametrize(
    ("hexed", "why"),
    [
        ("1817", "longer head"),
        ("1900ff", "longer head"),
        ("1a0000ffff", "longer head"),
        ("1b0000000100000000", "above 32 bits"),
        ("1c", "reserved"),
        ("1f", "indefinite"),
        ("5f4101ff", "indefinite"),
        ("9fff", "indefinite"),
        ("bfff", "indefinite"),
        ("a202010101", "out of order"),
        ("a201010101", "one twice"),
        ("a1613101", "no whole number"),
        ("a1f401", "no whole number"),
        ("c001", "tag"),
        ("d9d9f701", "tag"),
        ("f6", "simple"),
        ("f7", "simple"),
        ("f814", "simple"),
        ("f90000", "float"),
        ("fb0000000000000000", "float"),
        ("ff", "simple"),
        ("0000", "left over"),
        ("61ff", "utf-8"),
        ("63eda080", "utf-8"),
        ("62c080", "utf-8"),
        ("81" * 7 + "00", "deeply"),
        ("", "early"),
        ("9affffffff", "early"),
        ("baffffffff", "early"),
        ("5affffffff", "early"),
    ],
)
def test_other_spellings_and_other_cbor_are_refused(hexed: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read(bytes.fromhex(hexed))


def test_six_deep_is_read() -> None:
    assert read(b"\x81" * DEEPEST + b"\x00") == [[[[[[0]]]]]]
