"""What an officer's screen shows off the network, and what a stranger makes of it: never green, never an exception."""

import base64
import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cbor2
import cwt
import pytest
import segno
from cwt import COSE, COSEKey
from hypothesis import example, given, settings
from hypothesis import strategies as st

from officers import base45, cose, credential, presentation
from officers.credential import Holder, NameDoesNotFit
from officers.es256 import Es256Verifier, kid_of
from officers.issuer import IssuerKey
from officers.presentation import PREFIX, STEP
from officers.reasons import Colour, Reason
from officers.told import SENTENCES
from officers.verification import Checked, check
from project.reference.vectors import document
from project.reference.vectors.cast import (
    CREDIT_CODE,
    ISSUER,
    ISSUER_BEFORE,
    NOW,
    PHONE,
    PHONE_EVEN,
    SCAN_ID,
    ZHANG_WEI,
    day_credential,
    shown,
    shown_by_issuer,
)

pytestmark = pytest.mark.embedded

VECTORS: dict[str, Any] = json.loads(document())
KEYS = {key.kid: IssuerKey(key.public, usable_from) for key, usable_from in (ISSUER, ISSUER_BEFORE)}
LONG_NAME = credential.fitted(replace(ZHANG_WEI, name="阿卜杜热合曼·阿卜杜克热木·买买提"))


def nobody(index: int) -> bool:
    """A status list in which nothing was taken back."""
    return False


def checked(text: str, *, now: float = NOW, revoked: Callable[[int], bool | None] = nobody) -> Checked:
    return check(text, credit_code=CREDIT_CODE, now=now, keys=KEYS, revoked=revoked)


@pytest.mark.parametrize("vector", VECTORS["vectors"], ids=lambda vector: vector["name"])
def test_every_vector(vector: dict[str, Any]) -> None:
    keys = {
        base64.urlsafe_b64decode(jwk["kid"] + "="): IssuerKey(Es256Verifier.from_jwk(jwk), jwk["nbf"])
        for jwk in VECTORS["jwks"]["keys"]
    }
    taken_back = (lambda index: index in VECTORS["revoked"]) if vector["status_list"] == "known" else lambda _: None
    found = check(vector["text"], credit_code=vector["credit_code"], now=vector["now"], keys=keys, revoked=taken_back)
    assert (found.reason, found.reason.colour) == (vector["reason"], vector["colour"])
    if found.reason.colour is Colour.YELLOW:
        assert found.presentation is not None
        assert found.presentation.holder.name == vector["says"]["name"]
        assert str(found.presentation.scan_id) == vector["says"]["scan_id"]


def test_the_vectors_leave_out_no_reason_that_can_be_found_off_the_network() -> None:
    names = [vector["name"] for vector in VECTORS["vectors"]]
    assert len(set(names)) == len(names)
    online = {Reason.OK, Reason.NOT_YET, Reason.NOT_CONFIRMED, Reason.LEFT}
    assert {vector["reason"] for vector in VECTORS["vectors"]} == {reason.value for reason in set(Reason) - online}


def test_every_reason_has_a_sentence_and_only_the_servers_word_is_green() -> None:
    assert set(SENTENCES) == set(Reason)
    assert [reason for reason in Reason if reason.colour is Colour.GREEN] == [Reason.OK]


FOUR = {
    "zhang wei's phone": shown(),
    "a long name on another phone": shown(day_credential(LONG_NAME, phone=PHONE_EVEN), phone=PHONE_EVEN),
    "the issuer": shown_by_issuer(),
    "the issuer, without a photo": shown_by_issuer(replace(ZHANG_WEI, photo=b"")),
}


@pytest.mark.parametrize("text", FOUR.values(), ids=FOUR)
def test_every_single_bit_flip_of_a_presentation_is_red(text: str) -> None:
    assert checked(text).reason.colour is Colour.YELLOW
    data = base45.decode(text[len(PREFIX) :])
    found = {checked(presentation.written(flipped)).reason for flipped in flips(data)}
    found |= {checked(flipped.decode("latin-1")).reason for flipped in flips(text.encode())}
    assert {reason.colour for reason in found} == {Colour.RED}
    assert Reason.BAD_SIGNATURE in found


CREDENTIALS = {
    "zhang wei's": (day_credential(), PHONE),
    "a long name's": (day_credential(LONG_NAME, phone=PHONE_EVEN), PHONE_EVEN),
    "without a photo": (day_credential(replace(ZHANG_WEI, photo=b"")), PHONE),
    "by an older key": (day_credential(signer=ISSUER_BEFORE[0]), PHONE),
}


@pytest.mark.parametrize(("data", "phone"), CREDENTIALS.values(), ids=CREDENTIALS)
def test_every_single_bit_flip_of_a_credential_is_red_though_the_phone_signs_it(data: bytes, phone: Any) -> None:
    assert checked(shown(data, phone=phone)).reason.colour is Colour.YELLOW
    found = {checked(shown(flipped, phone=phone)).reason for flipped in flips(data)}
    assert {reason.colour for reason in found} == {Colour.RED}


def flips(data: bytes) -> list[bytes]:
    number = int.from_bytes(data)
    return [(number ^ (1 << bit)).to_bytes(len(data)) for bit in range(8 * len(data))]


@given(st.text(max_size=800) | st.text(max_size=700).map(lambda text: PREFIX + text))
def test_any_text_gets_a_red_answer(text: str) -> None:
    assert checked(text).reason.colour is Colour.RED


@given(st.binary(max_size=460))
@example(b"\x84")
def test_any_bytes_get_a_red_answer(data: bytes) -> None:
    assert checked(presentation.written(data)).reason.colour is Colour.RED


@given(st.text("\ud800\udfff", min_size=1, max_size=5))
def test_half_a_surrogate_pair_gets_a_red_answer(text: str) -> None:
    assert checked(PREFIX + text).reason is Reason.MALFORMED


@settings(deadline=None)
@given(
    holder=st.builds(
        Holder,
        name=st.text(max_size=40),
        agency_code=st.text(max_size=20),
        certificate_no=st.text(min_size=1, max_size=32),
        photo=st.just(b"") | st.binary(min_size=16, max_size=16),
        status_index=st.integers(0, 2**32 - 1),
    ),
    scan_id=st.uuids(),
)
def test_what_is_shown_is_read_and_fits_the_qr_code(holder: Holder, scan_id: Any) -> None:
    try:
        fitting = credential.fitted(holder)
    except NameDoesNotFit:
        room = len(holder.agency_code.encode()) + len(holder.certificate_no.encode()) + len(holder.photo)
        assert room > 55
        return
    for text in (shown(day_credential(fitting), scan_id=scan_id), shown_by_issuer(fitting, scan_id=scan_id)):
        found = checked(text)
        assert found.reason.colour is Colour.YELLOW
        assert found.presentation is not None
        assert (found.presentation.holder, found.presentation.scan_id) == (fitting, scan_id)
        assert len(text) <= 528
    if fitting != holder:
        longer = replace(fitting, name=holder.name[: len(fitting.name)] + credential.CUT, status_index=2**32 - 1)
        assert len(base45.decode(shown(day_credential(longer))[4:])) > 349
    assert holder.name.startswith(fitting.name.removesuffix(credential.CUT))
    assert fitting.name == holder.name or len(fitting.name.encode()) >= credential.LEAST_NAME_BYTES - 3


def test_the_longest_presentation_is_a_qr_code_of_version_14_m() -> None:
    text = shown(day_credential(replace(LONG_NAME, name=LONG_NAME.name.removesuffix("…") + "abc")))
    drawn = segno.make(text, error="m", boost_error=False, micro=False)
    assert (len(base45.decode(text[4:])) <= 349, drawn.mode, drawn.version) == (True, "alphanumeric", 14)


@pytest.mark.parametrize(("certificate_no", "fits"), [("1" * 19, True), ("1" * 32, False)])
def test_a_long_agency_code_leaves_room_for_a_short_certificate_number_only(certificate_no: str, fits: bool) -> None:
    holder = replace(ZHANG_WEI, agency_code="130502-SCJG-XF-0000000000001", certificate_no=certificate_no)
    if fits:
        assert credential.fitted(holder).name == "张伟"
    else:
        with pytest.raises(NameDoesNotFit):
            credential.fitted(holder)


def test_the_step_of_the_phone_decides_not_the_moment_of_the_scan() -> None:
    text = shown(at=NOW + STEP - 1)
    assert [checked(text, now=NOW + seconds).reason for seconds in (-15.1, -15, 45, 45.1)] == [
        Reason.PHONE_CLOCK,
        Reason.OFFLINE,
        Reason.OFFLINE,
        Reason.STALE,
    ]


def test_the_specifications_walk_through_is_the_first_vector() -> None:
    page = (Path(__file__).parents[2] / "docs/reference/electronic-id.md").read_text(encoding="utf-8")
    walk = "".join(character for character in page.partition("## Walked through")[2] if character in "0123456789abcdef")
    signed = credential.read(day_credential()).signed
    parts = [ISSUER[0].kid, ZHANG_WEI.photo, SCAN_ID.bytes, CREDIT_CODE.encode(), signed.signature[:4]]
    assert [part.hex() for part in parts if part.hex() not in walk] == []
    sizes = (len(day_credential()), len(base45.decode(shown()[len(PREFIX) :])), len(shown()))
    assert sizes == (197, 315, 477)
    assert shown()[:31] in page
    assert {f"`{reason.value}`" for reason in Reason if f"`{reason.value}`" not in page} == set()


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_what_is_written_by_hand_is_what_cbor2_writes(protected: bytes, payload: bytes) -> None:
    assert cose.assembled(protected, payload, bytes(64)) == cbor2.dumps([protected, {}, payload, bytes(64)])
    made = cose.Sign1(kid=None, payload=payload, protected=protected, signature=bytes(64))
    heard: list[bytes] = []

    class Ear:
        def verifies(self, message: bytes, signature: bytes) -> bool:
            heard.append(message)
            return True

    assert made.signed_by(Ear())
    assert heard == [cbor2.dumps(["Signature1", protected, b"", payload])]


class TestAnotherReader:
    """The library `cwt` (COSE and CWT), which shares no code with ours."""

    def test_reads_our_credential_and_finds_the_issuers_signature_right(self) -> None:
        at = int(time.time()) // STEP * STEP
        data = day_credential(issued_at=at - 60)
        claims = cwt.decode(b"\xd2" + data, COSEKey.new(self._named(ISSUER[0])))
        x, y_is_odd = PHONE.public.point
        assert claims == {
            4: at - 60 + 12 * 3600,
            6: at - 60,
            8: {1: {1: 2, -1: 1, -2: x, -3: y_is_odd}},
            -65537: ["张伟", "130502-SCJG", "13050200017", ZHANG_WEI.photo, 7],
        }

    def test_reads_our_presentation_and_finds_the_phones_signature_right(self) -> None:
        data = base45.decode(shown()[len(PREFIX) :])
        payload = COSE.new().decode(b"\xd2" + data, COSEKey.new(self._named(PHONE)))
        assert cbor2.loads(payload) == [day_credential(), SCAN_ID.bytes, CREDIT_CODE, NOW // STEP]

    def test_refuses_what_another_key_signed(self) -> None:
        with pytest.raises(cwt.VerifyError):
            COSE.new().decode(b"\xd2" + day_credential(), COSEKey.new(self._named(PHONE, kid=ISSUER[0].kid)))

    def _named(self, signer: Any, kid: bytes = b"") -> dict[int, Any]:
        numbers = signer.key.public_key().public_numbers()
        members = {1: 2, 3: -7, 4: [2], -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        return {**members, 2: kid or signer.kid}


def test_a_keys_name_follows_from_its_thumbprint() -> None:
    """The example of RFC 7638 is an RSA key; this one was computed with joserfc."""
    from joserfc.jwk import ECKey

    jwk = ISSUER[0].public.jwk()
    thumbprint = ECKey.import_key({**jwk}).thumbprint()
    assert base64.urlsafe_b64decode(thumbprint + "=")[:8] == kid_of(jwk) == ISSUER[0].kid


def test_the_private_key_stays_out_of_texts() -> None:
    assert "key=" not in repr(PHONE)


def test_public_keys_are_published_as_points_that_can_be_found_again() -> None:
    for signer in (*(key for key, _ in (ISSUER, ISSUER_BEFORE)), PHONE, PHONE_EVEN):
        x, y_is_odd = signer.public.point
        assert Es256Verifier.from_point(x, y_is_odd=y_is_odd).jwk() == signer.public.jwk()
    assert [PHONE.public.point[1], PHONE_EVEN.public.point[1]] == [True, False]
