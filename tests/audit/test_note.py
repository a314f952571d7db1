"""Notes, checkpoints and cosignatures as C2SP writes them."""

from dataclasses import dataclass

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given
from hypothesis import strategies as st

from audit.note import (
    COSIGNATURE,
    ED25519,
    BadNote,
    Head,
    Note,
    Signature,
    Verifier,
    cosigned,
    cosigned_at,
    ecdsa_verifier,
    signature_lines,
    signed,
)

# The example of Go's golang.org/x/mod/sumdb/note, which C2SP's signed-note describes.
NEUMANN = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
SAYING = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


@dataclass(frozen=True)
class Key:
    """A key in memory, of any of the three types."""

    private: object
    verifier: Verifier

    def sign(self, message: bytes) -> bytes:
        if isinstance(self.private, Ed25519PrivateKey):
            return self.private.sign(message)
        return self.private.sign(message, ECDSA(SHA256()))  # type: ignore[attr-defined, no-any-return]


def edwards(name: str, kind: int = ED25519) -> Key:
    private = Ed25519PrivateKey.generate()
    return Key(private, Verifier(name, kind, private.public_key().public_bytes_raw()))


def p256(name: str) -> Key:
    private = generate_private_key(SECP256R1())
    return Key(private, ecdsa_verifier(name, private.public_key()))


XINGTAI = Head("ruqi.xingtai.example/log/1", 3, bytes(range(32)))


def test_the_note_of_gos_documentation_is_signed_by_peter_neumann() -> None:
    note = Note.of(SAYING)
    assert [one.name for one in note.signed_by([Verifier.of(NEUMANN)])] == ["PeterNeumann"]
    assert str(note) == SAYING


def test_an_altered_word_is_refused_and_a_stranger_is_not_asked() -> None:
    with pytest.raises(BadNote, match="does not hold"):
        Note.of(SAYING.replace("answer", "question")).signed_by([Verifier.of(NEUMANN)])
    with pytest.raises(BadNote, match="nobody"):
        Note.of(SAYING).signed_by([edwards("PeterNeumann").verifier])


def test_a_checkpoint_carries_both_lines_and_either_key_suffices() -> None:
    keys = [edwards(XINGTAI.origin), p256(XINGTAI.origin)]
    note = Note.of(str(signed(XINGTAI.text(), keys=keys)))
    assert Head.of(note.text) == XINGTAI
    for key in keys:
        assert note.signed_by([key.verifier]) == [key.verifier]
        assert Verifier.of(key.verifier.vkey()) == key.verifier


def test_a_witness_cosigns_the_text_at_a_time_and_at_no_other() -> None:
    log, witness = edwards(XINGTAI.origin), edwards("witness.example/sfj", COSIGNATURE)
    line = cosigned(XINGTAI.text(), key=witness, seconds=1_800_000_000)
    assert cosigned_at(line) == 1_800_000_000
    note = signed(XINGTAI.text(), keys=[log]).with_lines(signature_lines(line.line()))
    assert Note.of(str(note)).signed_by([witness.verifier]) == [witness.verifier]
    later = Signature(line.name, line.key_id, (1_800_000_001).to_bytes(8) + line.value[8:])
    with pytest.raises(BadNote, match="does not hold"):
        signed(XINGTAI.text(), keys=[log]).with_lines([later]).signed_by([witness.verifier])


def test_a_cosignature_is_no_signature_of_the_log() -> None:
    log = edwards(XINGTAI.origin)
    posing = Verifier(log.verifier.name, COSIGNATURE, log.verifier.material)
    assert posing.key_id != log.verifier.key_id
    with pytest.raises(BadNote, match="nobody"):
        signed(XINGTAI.text(), keys=[log]).signed_by([posing])


@pytest.mark.parametrize(
    "text",
    [
        "o\n1\n\n",
        "o\n01\n" + "A" * 43 + "=\n",
        "o\n-1\n" + "A" * 43 + "=\n",
        "o\n1\nAA==\n",
        "\n1\n" + "A" * 43 + "=\n",
        "o\n1\n" + "A" * 43 + "=",
        "o\n1\n" + "A" * 42 + "B=\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(BadNote):
        Head.of(text)


@pytest.mark.parametrize(
    "data",
    [
        "",
        "text\n",
        "text\n\n",
        "text\n\n— a\n",
        "text\n\n- a AAAAAAA=\n",
        "text\n\n— a AAAA\n",
        "t\tt\n\n— a AAAAAAA=\n",
        "text\n\n— a+b AAAAAAA=\n",
        "text\n\n— a AAAAAAA=",
        "\n\n— a AAAAAAA=\n",
    ],
)
def test_what_is_no_note_is_refused(data: str) -> None:
    with pytest.raises(BadNote):
        Note.of(data)


@given(st.text(max_size=300))
def test_any_text_is_a_note_or_refused(data: str) -> None:
    try:
        again = str(Note.of(data))
    except BadNote:
        again = data
    assert again == data


@given(st.integers(0, 8 * len(SAYING.encode()) - 1))
def test_no_single_flipped_bit_leaves_a_note_signed(bit: int) -> None:
    raw = bytearray(SAYING.encode())
    raw[bit // 8] ^= 1 << bit % 8
    with pytest.raises((BadNote, UnicodeDecodeError)):
        Note.of(raw.decode()).signed_by([Verifier.of(NEUMANN)])
