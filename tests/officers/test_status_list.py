"""One bit a place, as the draft says."""

import base64
import zlib

from hypothesis import given
from hypothesis import strategies as st

from officers.status_list import bits


@given(st.sets(st.integers(0, 5000)), st.integers(5000, 6000))
def test_each_place_has_its_bit(places: set[int], last: int) -> None:
    found = bits(places, last=last)
    assert {place for place in range(8 * len(found)) if found[place >> 3] >> (place & 7) & 1} == places


def test_the_example_of_the_draft() -> None:
    """draft-ietf-oauth-status-list, §4.1: sixteen places of one bit are b9 a3."""
    given_there = [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1]
    assert bits([place for place, bit in enumerate(given_there) if bit], last=15)[:2] == bytes.fromhex("b9a3")
    assert zlib.decompress(base64.urlsafe_b64decode("eNrbuRgAAhcBXQ==")) == bytes.fromhex("b9a3")
