"""RFC 9285: bytes as QR codes' characters, one text for one run of bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from officers.base45 import ALPHABET, decode, encode

EXAMPLES = [(b"AB", "BB8"), (b"Hello!!", "%69 VD92EX0"), (b"base-45", "UJCLQE7W581"), (b"ietf!", "QED8WEX0"), (b"", "")]


@pytest.mark.parametrize(("data", "text"), EXAMPLES)
def test_the_standards_examples(data: bytes, text: str) -> None:
    assert (encode(data), decode(text)) == (text, data)


@given(st.binary(max_size=400))
def test_what_is_written_is_read(data: bytes) -> None:
    assert decode(encode(data)) == data


@given(st.text(st.sampled_from(ALPHABET), max_size=30))
def test_what_is_read_is_written_the_same(text: str) -> None:
    try:
        data = decode(text)
    except ValueError:
        return
    assert encode(data) == text


@pytest.mark.parametrize("text", ["bb8", "A", "ABCD", ":::", "GGW", "::", "V5", "B8\u0661", "BB8\ud800", "BB8\n"])
def test_what_is_no_base45_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"alphabet|left over|above"):
        decode(text)
