"""Proofs of the record's tree, against the vectors of transparency-dev and against trees built whole."""

import base64
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.merkle import (
    BadProof,
    Edge,
    check_consistency,
    check_inclusion,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root_at,
    root_of,
)
from audit.tiles import WIDTH, Place, completed, reader, tiles_of

VECTORS = Path(__file__).resolve().parents[3] / "shared" / "testdata" / "merkle-vectors"
given_vectors = pytest.mark.skipif(not VECTORS.is_dir(), reason="needs ../shared/testdata/merkle-vectors")
INCLUSIONS, CONSISTENCIES = 98, 98
LEAVES = [leaf_hash(str(number).encode()) for number in range(700)]


def whole(level: int, index: int) -> bytes:
    """Reads the tree over LEAVES without tiles."""
    return root_of(LEAVES[index << level : (index + 1) << level])


def load(level: int, number: int, width: int) -> bytes:
    """The tile, made from LEAVES."""
    step = WIDTH**level
    first = number * WIDTH
    return b"".join(root_of(LEAVES[at * step : (at + 1) * step]) for at in range(first, first + width))


def names(kind: str) -> list[str]:
    return [str(path.relative_to(VECTORS)) for path in sorted((VECTORS / kind).rglob("*.json"))]


def decoded(vector: dict[str, object], name: str) -> bytes:
    return base64.b64decode(str(vector[name] or ""))


def holds(check: Callable[..., None], *places: int, **arguments: object) -> bool:
    try:
        check(*places, **arguments)
    except BadProof:
        return False
    return True


@given_vectors
@pytest.mark.parametrize("name", names("inclusion"))
def test_inclusion_as_transparency_dev_judges_it(name: str) -> None:
    vector = json.loads((VECTORS / name).read_text())
    arguments = {
        "size": vector["treeSize"],
        "leaf": decoded(vector, "leafHash"),
        "proof": [base64.b64decode(one) for one in vector["proof"] or ()],
        "root": decoded(vector, "root"),
    }
    assert holds(check_inclusion, vector["leafIdx"], **arguments) is not vector["wantErr"]


@given_vectors
@pytest.mark.parametrize("name", names("consistency"))
def test_consistency_as_transparency_dev_judges_it(name: str) -> None:
    vector = json.loads((VECTORS / name).read_text())
    roots = {"root1": decoded(vector, "root1"), "root2": decoded(vector, "root2")}
    proof = [base64.b64decode(one) for one in vector["proof"] or ()]
    # A root of 12 bytes is none of ours, whatever the vector thinks of the proof beside it.
    wanted = not vector["wantErr"] and all(len(root) == 32 for root in roots.values())
    assert holds(check_consistency, vector["size1"], vector["size2"], proof=proof, **roots) is wanted


@given_vectors
def test_the_vectors_are_all_there() -> None:
    assert (len(names("inclusion")), len(names("consistency"))) == (INCLUSIONS, CONSISTENCIES)


@given(st.data(), st.integers(1, len(LEAVES)))
def test_every_proof_from_tiles_leads_to_the_root_and_no_other_leaf_does(data: st.DataObject, size: int) -> None:
    index = data.draw(st.integers(0, size - 1))
    read = reader(size=size, load=load)
    root = root_of(LEAVES[:size])
    proof = inclusion_proof(index, size=size, read=read)
    assert proof == inclusion_proof(index, size=size, read=whole)
    check_inclusion(index, size=size, leaf=LEAVES[index], proof=proof, root=root)
    with pytest.raises(BadProof):
        check_inclusion(
            index, size=size, leaf=LEAVES[index + 1 if index + 1 < len(LEAVES) else 0], proof=proof, root=root
        )
    with pytest.raises(BadProof):
        check_inclusion(index, size=size, leaf=LEAVES[index], proof=[*proof, root], root=root)


@given(st.data(), st.integers(1, len(LEAVES)))
def test_every_tree_is_shown_to_begin_a_later_one(data: st.DataObject, size2: int) -> None:
    size1 = data.draw(st.integers(1, size2))
    roots = {"root1": root_of(LEAVES[:size1]), "root2": root_of(LEAVES[:size2])}
    proof = consistency_proof(size1, size2, read=reader(size=size2, load=load))
    check_consistency(size1, size2, proof=proof, **roots)
    if size1 < size2:
        for one in range(len(proof)):
            with pytest.raises(BadProof):
                check_consistency(size1, size2, proof=[*proof[:one], bytes(32), *proof[one + 1 :]], **roots)


@given(st.integers(0, len(LEAVES)), st.integers(0, 60))
def test_the_right_edge_grows_as_the_tree_does(size: int, more: int) -> None:
    edge = Edge.of(size, read=whole)
    assert edge.root() == root_of(LEAVES[:size]) == root_at(size, read=reader(size=size, load=load))
    for leaf in LEAVES[size : size + more]:
        edge.append(leaf)
    assert (edge.size, edge.root()) == (min(size + more, len(LEAVES)), root_of(LEAVES[: size + more]))


def test_a_proof_of_what_is_not_there_is_refused() -> None:
    for index, size in ((-1, 3), (3, 3), (0, 0)):
        with pytest.raises(IndexError):
            inclusion_proof(index, size=size, read=whole)
    for size1, size2 in ((0, 3), (4, 3)):
        with pytest.raises(IndexError):
            consistency_proof(size1, size2, read=whole)


@pytest.mark.parametrize(
    ("place", "path"),
    [
        (Place(0, 0), "0/000"),
        (Place(0, 273, 112), "0/273.p/112"),
        (Place(1, 1234067), "1/x001/x234/067"),
        (Place(63, 1000, 1), "63/x001/000.p/1"),
    ],
)
def test_tiles_are_addressed_as_c2sp_spells_them(place: Place, path: str) -> None:
    assert place.path() == path
    assert Place.of(path) == place


@pytest.mark.parametrize(
    "path", ["", "0", "64/000", "00/000", "0/0", "0/x000/001", "0/001.p/0", "0/001.p/256", "0/001.p/012", "0/１23"]
)
def test_another_spelling_is_no_address(path: str) -> None:
    assert Place.of(path) is None


def test_the_tiles_of_seventy_thousand_entries_are_those_of_the_specification() -> None:
    assert list(tiles_of(70_000)) == [Place(0, 273, 112), Place(1, 1, 17), Place(2, 0, 1)]
    full = list(completed(0, 70_000))
    assert (len(full), full[-1], full[272]) == (274, Place(1, 0), Place(0, 272))
    assert list(completed(255, 256)) == [Place(0, 0)]
    assert list(completed(256, 511)) == []
