"""The Merkle root is RFC 9162's."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from audit.merkle import root


def standard(leaves: list[bytes]) -> bytes:
    """RFC 9162 §2.1.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\x01" + standard(leaves[:split]) + standard(leaves[split:])).digest()


@given(st.lists(st.binary(max_size=4), max_size=70))
def test_pairing_level_by_level_gives_the_standards_tree(leaves: list[bytes]) -> None:
    assert root(leaves) == standard(leaves)


def test_the_roots_of_certificate_transparencys_reference_tree() -> None:
    leaves = [bytes.fromhex(leaf) for leaf in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657")]
    assert root([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert root(leaves[:1]).hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert root(leaves[:3]).hex() == "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"
    assert root(leaves).hex() == "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"
