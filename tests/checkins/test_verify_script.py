"""The page's JavaScript, run by Node: it gives the same reasons as Python, and no altered code is anything but red."""

import base64
import random
import subprocess
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from playwright._impl._driver import compute_driver_executable

from officers import base45, strict_cbor
from officers.issuer import IssuerKey
from officers.verification import check
from tests.checkins.verifying import SCRIPTS, base64url, in_node, signer, status_list, vectors

pytestmark = pytest.mark.embedded

NOW = 1_798_761_600
BEYOND_THE_LIST = {"status index 4294967295"}
"""A list with this place in it would be half a gigabyte; on a shorter one it is unknown."""


def cases_of_the_vectors() -> list[dict[str, Any]]:
    return [{**vector, "list": vector["status_list"] == "known"} for vector in vectors()["vectors"]]


def list_of_the_vectors() -> str:
    return status_list(revoked=vectors()["revoked"], iat=NOW - 60, ttl=10**9)


def test_every_vector_has_the_reason_and_the_colour_that_it_names() -> None:
    cases = cases_of_the_vectors()
    told = in_node(cases, status_list=list_of_the_vectors())["answers"]
    assert len(cases) > 200
    wrong = [
        (case["name"], case["reason"], answer)
        for case, answer in zip(cases, told, strict=True)
        if (answer.get("reason"), answer.get("verdict")) != (case["reason"], case["colour"])
        and case["name"] not in BEYOND_THE_LIST
    ]
    assert wrong == []
    assert [answer["reason"] for case, answer in zip(cases, told, strict=True) if case["name"] in BEYOND_THE_LIST] == [
        "status_unknown"
    ]


def test_what_a_true_one_says_is_what_python_reads_in_it() -> None:
    cases = [case for case in cases_of_the_vectors() if case["colour"] == "yellow"]
    told = in_node(cases, status_list=list_of_the_vectors())["answers"]
    for case, answer in zip(cases, told, strict=True):
        about, says = answer["about"], case["says"]
        assert about["name"] == says["name"]
        assert (about["agencyCode"], about["certificateNo"]) == (says["agency_code"], says["certificate_no"])
        assert about["statusIndex"] == says["status_index"]


def flipped(text: str) -> Iterator[str]:
    """This presentation with each single bit of its bytes changed, the credential's in it among them."""
    raw = base45.decode(text[4:])
    for bit in range(8 * len(raw)):
        other = bytearray(raw)
        other[bit // 8] ^= 1 << bit % 8
        yield "LZ1:" + base45.encode(bytes(other))


def four_of_each_kind() -> list[dict[str, Any]]:
    """Four by a phone, each with a credential of its own, and those by the issuer, up to four."""
    true = [case for case in cases_of_the_vectors() if case["colour"] == "yellow"]
    found: list[dict[str, Any]] = []
    for kind in ("phone", "issuer"):
        of_kind = {case["text"]: case for case in true if case["says"]["by"] == kind}
        found += list(of_kind.values())[:4]
    return found


def test_no_single_bit_of_a_presentation_or_of_the_credential_in_it_can_be_changed() -> None:
    chosen = four_of_each_kind()
    assert len([case for case in chosen if case["says"]["by"] == "phone"]) == 4
    cases = [{**case, "text": text} for case in chosen for text in flipped(case["text"])]
    told = in_node(cases, status_list=list_of_the_vectors())["answers"]
    assert len(told) > 14_000
    assert [answer for answer in told if answer.get("verdict") != "red"] == []


def test_no_single_bit_of_the_text_can_be_changed() -> None:
    case = four_of_each_kind()[0]
    text = case["text"]
    other = [text[:at] + chr(ord(text[at]) ^ 1 << bit) + text[at + 1 :] for at in range(len(text)) for bit in range(16)]
    told = in_node([{**case, "text": spoilt} for spoilt in other], status_list=list_of_the_vectors())["answers"]
    assert [answer for answer in told if answer.get("verdict") != "red"] == []


def test_a_presentation_broken_off_anywhere_is_red() -> None:
    case = four_of_each_kind()[0]
    raw = base45.decode(case["text"][4:])
    shorter = [case["text"][:end] for end in range(len(case["text"]))]
    shorter += ["LZ1:" + base45.encode(raw[:end]) for end in range(len(raw))]
    told = in_node([{**case, "text": text} for text in shorter], status_list=list_of_the_vectors())["answers"]
    assert {answer.get("reason") for answer in told} == {"malformed"}


def test_it_reads_the_same_bytes_as_cbor_as_python_does() -> None:
    chance = random.Random(4)
    data = [b"\x81" * depth + end for depth in range(10) for end in (b"\x00", b"\x80", b"\xa0", b"\xf4")]
    data += [b"\x81" * 5_000, b"\xa1\x00" * 5_000 + b"\x00"]
    data += [
        bytes((first, *rest)) for first in range(256) for rest in (b"", b"\x00", b"\x17\x18", bytes(9), b"\xff" * 9)
    ]
    data += [chance.randbytes(chance.randint(1, 12)) for _ in range(5_000)]
    whole = base45.decode(four_of_each_kind()[0]["text"][4:])
    data += [bytes(byte if chance.random() > 0.01 else chance.randrange(256) for byte in whole) for _ in range(2_000)]
    told = in_node(cbor=data)["read"]
    assert [(one.hex(), read) for one, read in zip(data, told, strict=True) if read is not python_reads(one)] == []
    assert 500 < sum(told) < len(told) - 500


def python_reads(data: bytes) -> bool:
    try:
        strict_cbor.read(data)
    except ValueError:
        return False
    return True


def test_it_agrees_with_python_on_every_second_around_a_presentations_time() -> None:
    keys = {
        one.kid: IssuerKey(
            one.public, next(jwk["nbf"] for jwk in vectors()["jwks"]["keys"] if jwk["kid"] == base64url(one.kid))
        )
        for one in (signer("issuer"), signer("issuer_before"))
    }
    cases = [
        {**case, "now": case["now"] + late, "list": False}
        for case in four_of_each_kind()
        for late in (-50_000, -3_700, *range(-90, 91), 0.5, 45.4, 3_700, 50_000)
    ]
    told = in_node(cases)["answers"]
    for case, answer in zip(cases, told, strict=True):
        python = check(
            case["text"], credit_code=case["credit_code"], now=case["now"], keys=keys, revoked=lambda place: None
        )
        assert answer["reason"] == python.reason.value, (case["name"], case["now"])
    assert len({answer["reason"] for answer in told}) > 4


@pytest.mark.parametrize(
    ("token", "why"),
    [
        (status_list(revoked=[], iat=NOW, by=signer("stranger")), "unknown_issuer"),
        (status_list(revoked=[], iat=NOW, alg="HS256"), "wrong_algorithm"),
        (status_list(revoked=[], iat=NOW, alg="none"), "wrong_algorithm"),
        (status_list(revoked=[], iat=NOW, typ="JWT"), "wrong_algorithm"),
        (status_list(revoked=[], iat=NOW, by=signer("stranger"), kid=base64url(signer("issuer").kid)), "bad_signature"),
        (status_list(revoked=[7], iat=NOW)[:-6] + "AAAAAA", "bad_signature"),
        ("x.y", "malformed"),
        ("", None),
    ],
)
def test_a_status_list_that_is_not_the_issuers_says_nothing(token: str, why: str | None) -> None:
    case = four_of_each_kind()[0]
    told = in_node([{**case, "list": True}], status_list=token)
    assert (told["list"] or {}).get("threw") == why
    assert told["answers"][0]["reason"] == "status_unknown"


def test_a_browser_of_some_years_ago_unpacks_what_zlib_has_packed_and_refuses_what_is_broken() -> None:
    chance = random.Random(6)
    plain = [
        b"",
        b"\x00" * 200_000,
        chance.randbytes(9_000),
        bytes(chance.choice(b"\x00\x01\x80") for _ in range(70_000)),
    ]
    plain += [
        bytes(chance.randrange(2 ** chance.randrange(9)) for _ in range(chance.randrange(400))) for _ in range(60)
    ]
    ways = [(level, strategy) for level in (0, 1, 9) for strategy in (zlib.Z_DEFAULT_STRATEGY, zlib.Z_FIXED)]
    data = [_packed(one, *way) for one in plain for way in ways]
    told = in_node(packed=data)["unpacked"]
    assert [base64.b64decode(text) for text in told] == [one for one in plain for _way in ways]
    sound = data[-1]
    broken = [sound[:end] for end in range(len(sound) - 5)] + [
        _packed(b"x" * 200_001, 9, zlib.Z_FIXED),
        b"\x79" + sound[1:],
    ]
    broken += [sound[:2] + b"\x07", sound[:2] + b"\x01\x05\x00\x05\x00", sound[:2] + b"\x03\x02\x00"]
    assert set(in_node(packed=broken)["unpacked"]) == {"malformed"}
    spoilt = [
        bytes(byte if chance.random() > 0.02 else chance.randrange(256) for byte in one) for one in data for _ in "12"
    ]
    assert all("Error" not in text for text in in_node(packed=spoilt)["unpacked"])


def _packed(data: bytes, level: int, strategy: int) -> bytes:
    packer = zlib.compressobj(level, strategy=strategy)
    return packer.compress(data) + packer.flush()


CLOCK = """
const [kept, folder] = process.argv.slice(1);
globalThis.localStorage = { getItem: () => kept.replace("now", Date.now()) };
const { now } = await import(folder + "/server.js");
console.log(Math.round(now() - Date.now() / 1000));
"""


@pytest.mark.parametrize(
    ("kept", "ahead"),
    [
        ("10800000 now", 10_800),
        ("10800000 1600000000000", 0),  # found long ago
        ("10800000 9000000000000", 0),  # this clock has been set back since
        ("10800000", 0),  # as it was kept once
        ("", 0),
    ],
)
def test_what_was_found_out_about_the_phones_clock_is_believed_for_some_hours(kept: str, ahead: int) -> None:
    node = compute_driver_executable()[0]
    asked = [node, "--input-type=module", "-e", CLOCK, kept, SCRIPTS.as_uri()]
    assert int(subprocess.run(asked, capture_output=True, text=True, check=True).stdout) == ahead


@pytest.mark.parametrize("older", [False, True], ids=["browsers of today", "of some years ago"])
def test_the_list_speaks_until_its_time_is_over_and_a_revoked_place_stays_revoked(older: bool) -> None:
    case = four_of_each_kind()[0]
    place = case["says"]["status_index"]
    clean, taken_back = (status_list(revoked=places, iat=NOW - 3599, ttl=3600) for places in ([], [place]))
    asked = [{**case, "list": True, "now": now} for now in (NOW, NOW + 1)]
    assert [answer["reason"] for answer in in_node(asked, status_list=clean, older=older)["answers"]] == [
        "offline",
        "status_unknown",
    ]
    assert {answer["reason"] for answer in in_node(asked, status_list=taken_back, older=older)["answers"]} == {
        "revoked"
    }
    short = status_list(revoked=[], iat=NOW, places=place - place % 8)
    assert in_node(asked[:1], status_list=short)["answers"][0]["reason"] == "status_unknown"
