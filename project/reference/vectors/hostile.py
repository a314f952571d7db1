"""What no reader may accept or stumble over: broken texts and bytes, signed by the right keys wherever that can be."""

from collections.abc import Iterator
from typing import Any

import cbor2

from officers import base45, cose, presentation
from officers.credential import read as read_credential
from officers.es256 import Es256Signer
from officers.presentation import PREFIX, STEP
from officers.reasons import Reason
from project.reference.vectors.cast import (
    CREDIT_CODE,
    HOUR,
    ISSUER,
    NOW,
    PHONE,
    SCAN_ID,
    ZHANG_WEI,
    day_credential,
    shown,
    shown_by_issuer,
)
from project.reference.vectors.vector import Vector

DAY = day_credential()
GOOD = shown(DAY)
DATA = base45.decode(GOOD[len(PREFIX) :])
PHONES_HEADER = cbor2.dumps({1: -7})
ISSUERS_HEADER = cbor2.dumps({1: -7, 4: ISSUER[0].kid})
STEP_NOW = NOW // STEP
SIGNATURE = b"\x58\x40"


def vectors() -> Iterator[Vector]:
    for name, text in _texts():
        yield Vector(name=f"text: {name}", text=text, reason=Reason.MALFORMED)
    for name, data in (*_encodings(), *_envelopes()):
        yield Vector(name=f"bytes: {name}", text=presentation.written(data), reason=Reason.MALFORMED)
    for name, payload in _phones_payloads():
        yield Vector(name=f"presentation: {name}", text=_by_phone(payload), reason=Reason.MALFORMED)
    for name, payload in _issuers_payloads():
        yield Vector(name=f"by the issuer: {name}", text=_by_issuer(payload), reason=Reason.MALFORMED)
    for name, payload in _credentials():
        text = shown(_signed(ISSUERS_HEADER, payload, ISSUER[0]))
        yield Vector(name=f"credential: {name}", text=text, reason=Reason.MALFORMED)
    yield from _algorithms()


def _signed(protected: bytes, payload: bytes, key: Es256Signer, *, unprotected: bytes = b"\xa0") -> bytes:
    """A COSE_Sign1 around any bytes, rightly signed."""
    signature = key.sign(cbor2.dumps(["Signature1", protected, b"", payload]))
    return b"\x84" + cbor2.dumps(protected) + unprotected + cbor2.dumps(payload) + SIGNATURE + signature


def _by_phone(payload: bytes) -> str:
    return presentation.written(_signed(PHONES_HEADER, payload, PHONE))


def _by_issuer(payload: bytes) -> str:
    return presentation.written(_signed(ISSUERS_HEADER, payload, ISSUER[0]))


def _texts() -> Iterator[tuple[str, str]]:
    body = GOOD[len(PREFIX) :]
    yield "empty", ""
    yield "nothing but the prefix", PREFIX
    yield "no prefix", body
    yield "another version", "LZ2:" + body
    yield "the prefix in small letters", "lz1:" + body
    yield "the prefix of a health certificate", "HC1:" + body
    yield "the prefix twice", PREFIX + GOOD
    yield "all in small letters", GOOD.lower()
    yield "a blank before it", " " + GOOD
    yield "a line feed after it", GOOD + "\n"
    yield "a full-width colon", "LZ1：" + body
    yield "a character that base45 has not", PREFIX + body[:-1] + "_"
    yield "a digit that is no ASCII", PREFIX + body[:-1] + "٣"
    yield "three characters above two bytes", PREFIX + ":::" + body[3:]
    yield "two characters above one byte", PREFIX + body + "::"
    yield "one character left over", PREFIX + body + ("0" if len(body) % 3 == 0 else "00"[: (1 - len(body)) % 3])
    for length in (1, 4, 10, 100, len(GOOD) - 3, len(GOOD) - 1):
        yield f"the first {length} characters", GOOD[:length]
    yield "700 characters", PREFIX + "0" * 696
    yield "701 characters, longer than allowed", PREFIX + base45.encode(DATA + bytes(600))[:697]
    yield "five thousand characters", PREFIX + "A" * 4_996
    yield "an address", "https://ruqi.example.gov.cn/v/1AAAA"
    yield "only NUL", PREFIX + "\x00" * 30


def _encodings() -> Iterator[tuple[str, bytes]]:
    """Other bytes than the deterministic encoding's, or than our part of CBOR."""
    yield "one byte more", DATA + b"\x00"
    yield "one byte less", DATA[:-1]
    yield "the first hundred bytes twice", DATA[:100] * 2
    yield "tagged as COSE_Sign1", b"\xd2" + DATA
    yield "tagged as CBOR", b"\xd9\xd9\xf7" + DATA
    yield "an array of indefinite length", b"\x9f" + DATA[1:] + b"\xff"
    yield "an array with a longer head", b"\x98\x04" + DATA[1:]
    protected = b"\x5f\x43\xa1\x01\x26\xff"
    yield "a byte string of indefinite length", DATA[:1] + protected + DATA[5:]
    yield "a byte string with a longer head", DATA[:1] + b"\x58\x03\xa1\x01\x26" + DATA[5:]
    yield "an unprotected header of indefinite length", DATA[:5] + b"\xbf\xff" + DATA[6:]
    yield "a reserved head", b"\x9c" + DATA[1:]
    yield "a length of four thousand million", b"\x84\x5a\xff\xff\xff\xff" + bytes(60)
    yield "an array of four thousand million", b"\x9a\xff\xff\xff\xff" + bytes(60)
    yield "a map of four thousand million", b"\xba\xff\xff\xff\xff" + bytes(60)
    yield "a length of 64 bits", b"\x84\x5b\xff\xff\xff\xff\xff\xff\xff\xff" + bytes(60)
    yield "nested seven deep", b"\x81" * 7 + b"\x00"
    yield "nested four hundred deep", b"\x81" * 400 + b"\x00"
    yield "maps nested four hundred deep", b"\xa1\x01" * 200 + b"\x00"
    yield "tags nested four hundred deep", b"\xc1" * 400 + b"\x00"
    yield "a date far away", b"\xc1\xfb\x7f\xef\xff\xff\xff\xff\xff\xff"
    yield "a decimal with a vast exponent", b"\xc4\x82\x1b\x7f\xff\xff\xff\xff\xff\xff\xff\x01"
    yield "null", b"\xf6"
    yield "a break", b"\xff"
    yield "zeros", bytes(300)
    yield "ones", b"\xff" * 300


def _envelopes() -> Iterator[tuple[str, bytes]]:
    """Other parts than protected header, {}, payload, signature."""
    payload = read_payload(DATA)
    good = _signed(PHONES_HEADER, payload, PHONE)
    yield "three parts", b"\x83" + good[1:-66]
    yield "five parts", b"\x85" + good[1:] + b"\x00"
    yield "a map instead of the four parts", b"\xa2" + good[1:]
    yield "a detached payload", b"\x84" + cbor2.dumps(PHONES_HEADER) + b"\xa0\xf6" + good[-66:]
    yield "a signature as text", good[:-66] + b"\x78\x40" + b"a" * 64
    yield "a signature of 63 bytes", good[:-66] + b"\x58\x3f" + good[-63:]
    yield "a signature of 65 bytes", good[:-66] + b"\x58\x41" + good[-65:]
    yield "no signature", good[:-66] + b"\x40"
    yield (
        "a kid outside the signature",
        _signed(PHONES_HEADER, payload, PHONE, unprotected=cbor2.dumps({4: ISSUER[0].kid})),
    )
    yield "an algorithm outside the signature", _signed(b"\xa0", payload, PHONE, unprotected=cbor2.dumps({1: -7}))
    yield "an unprotected header of null", _signed(PHONES_HEADER, payload, PHONE, unprotected=b"\xf6")
    yield "an unprotected header that is an array", _signed(PHONES_HEADER, payload, PHONE, unprotected=b"\x80")
    for name, header in {
        "an empty header": b"",
        "a header without an algorithm": b"\xa0",
        "a header that is an array": cbor2.dumps([1, -7]),
        "a header with bytes left over": PHONES_HEADER + b"\x00",
        "a header with the algorithm twice": b"\xa2\x01\x26\x01\x26",
        "a header out of order": b"\xa2\x04\x48" + ISSUER[0].kid + b"\x01\x26",
        "a header with a longer number": b"\xa1\x01\x38\x06",
        "a header with a longer key": b"\xa1\x18\x01\x26",
        "a header with a text key": b"\xa1\x61\x31\x26",
        "a header with `crit`": cbor2.dumps({1: -7, 2: [1]}),
        "a header with a content type": cbor2.dumps({1: -7, 3: "application/cwt"}),
        "an algorithm that is true": b"\xa1\x01\xf5",
        "an algorithm that is a byte string": b"\xa1\x01\x41\x26",
        "an algorithm that is a float": b"\xa1\x01\xf9\xc7\x00",
        "a kid of seven bytes": cbor2.dumps({1: -7, 4: ISSUER[0].kid[:7]}),
        "a kid of 32 bytes": cbor2.dumps({1: -7, 4: bytes(32)}),
        "a kid that is text": cbor2.dumps({1: -7, 4: "12345678"}),
        "a kid that is null": b"\xa2\x01\x26\x04\xf6",
    }.items():
        yield name, _signed(header, payload, PHONE)
    yield "a header that is no byte string", b"\x84" + PHONES_HEADER + good[5:]


def read_payload(data: bytes) -> bytes:
    return cose.read(data).payload


def _phones_payloads() -> Iterator[tuple[str, bytes]]:
    good: list[Any] = [DAY, SCAN_ID.bytes, CREDIT_CODE, STEP_NOW]

    def but(place: int, value: Any) -> bytes:
        return cbor2.dumps([value if place == at else one for at, one in enumerate(good)])

    yield "no payload", b""
    yield "three members", cbor2.dumps(good[:3])
    yield "five members", cbor2.dumps([*good, 0])
    yield "a map", cbor2.dumps(dict(enumerate(good)))
    yield "bytes left over", cbor2.dumps(good) + b"\x00"
    yield "the credential as text", but(0, "credential")
    yield "the credential not wrapped", b"\x84" + DAY + cbor2.dumps(good)[len(DAY) + 3 :]
    yield "an empty credential", but(0, b"")
    yield "a truncated credential", but(0, DAY[:-1])
    yield "a credential with a byte more", but(0, DAY + b"\x00")
    yield "a presentation in the credential's place", but(0, DATA)
    yield "a scan id of 15 bytes", but(1, SCAN_ID.bytes[:15])
    yield "a scan id of 17 bytes", but(1, SCAN_ID.bytes + b"\x00")
    yield "a scan id as text", but(1, str(SCAN_ID))
    yield "a credit code of 17 characters", but(2, CREDIT_CODE[:17])
    yield "a credit code of 19 characters", but(2, CREDIT_CODE + "0")
    yield "a credit code of 18 characters in 54 bytes", but(2, "九" * 18)
    yield "a credit code of bytes", but(2, CREDIT_CODE.encode())
    yield "a step below nought", but(3, -1)
    yield "a step of 64 bits", but(3, 2**40)
    yield "a step with a fraction", but(3, STEP_NOW + 0.5)
    yield "a step that is true", but(3, True)
    yield "a step that is a text", but(3, str(STEP_NOW))
    yield "a step with a longer head", cbor2.dumps(good)[:-5] + b"\x1b\x00\x00\x00\x00" + cbor2.dumps(good)[-4:]


def _issuers_payloads() -> Iterator[tuple[str, bytes]]:
    good: dict[int, Any] = {4: NOW + 60, 6: NOW, -65537: ZHANG_WEI.told(), -65538: [SCAN_ID.bytes, CREDIT_CODE]}
    yield "a life of 61 seconds", cbor2.dumps({**good, 4: NOW + 61})
    yield "a life of 12 hours", cbor2.dumps({**good, 4: NOW + 12 * HOUR})
    yield "an end before its beginning", cbor2.dumps({**good, 4: NOW - 1})
    yield "no visit", cbor2.dumps({key: value for key, value in good.items() if key != -65538})
    yield "one claim more", cbor2.dumps({**good, -65539: 0})
    yield "a phone's key", read_credential(DAY).signed.payload
    yield "a visit of three members", cbor2.dumps({**good, -65538: [SCAN_ID.bytes, CREDIT_CODE, 0]})
    yield "a phone's payload under the issuer's name", cbor2.dumps([DAY, SCAN_ID.bytes, CREDIT_CODE, STEP_NOW])


def _credentials() -> Iterator[tuple[str, bytes]]:
    """Payloads that the issuer itself would have signed."""
    x, y_is_odd = PHONE.public.point
    key: dict[int, Any] = {1: 2, -1: 1, -2: x, -3: y_is_odd}
    good: dict[int, Any] = {4: NOW + HOUR, 6: NOW - HOUR, 8: {1: key}, -65537: ZHANG_WEI.told()}

    def but(**changed: Any) -> bytes:
        names = {"exp": 4, "iat": 6, "cnf": 8, "holder": -65537}
        return cbor2.dumps({**good, **{names[name]: value for name, value in changed.items()}})

    yield "a life of more than 12 hours", but(exp=NOW + 11 * HOUR + 1)
    yield "a life of nought", but(exp=NOW - HOUR)
    yield "an end before its beginning", but(exp=NOW - 2 * HOUR)
    yield "times with fractions", but(iat=NOW + 0.5)
    yield "a time below nought", but(iat=-1)
    yield "a time of 64 bits", but(exp=2**32)
    yield "no end", cbor2.dumps({name: value for name, value in good.items() if name != 4})
    yield "one claim more", cbor2.dumps({1: "issuer", **good})
    yield "claims out of order", cbor2.dumps({6: good[6], 4: good[4], 8: good[8], -65537: good[-65537]})
    yield "a claim twice", b"\xa5" + cbor2.dumps(good)[1:7] + cbor2.dumps(good)[1:]
    yield "claims in an array", cbor2.dumps(list(good.values()))
    yield "no key", but(cnf={})
    yield "a key by its name", but(cnf={3: ISSUER[0].kid})
    yield "a point that is not on the curve", but(cnf={1: {**key, -2: (7).to_bytes(32)}})
    yield "a point outside the field", but(cnf={1: {**key, -2: b"\xff" * 32}})
    yield "an x of 31 bytes", but(cnf={1: {**key, -2: x[1:]}})
    yield "a y of 32 bytes", but(cnf={1: {**key, -3: bytes(32)}})
    yield "a y that is a number", but(cnf={1: {**key, -3: 1}})
    yield "another kind of key", but(cnf={1: {**key, 1: 1}})
    yield "another curve", but(cnf={1: {**key, -1: 2}})
    yield "a kind of key that is true", but(cnf={1: {**key, -1: True}})
    yield "a key with an algorithm", but(cnf={1: {1: 2, 3: -7, -1: 1, -2: x, -3: y_is_odd}})
    yield "a holder of four members", but(holder=ZHANG_WEI.told()[:4])
    yield "a holder of six members", but(holder=[*ZHANG_WEI.told(), 0])
    yield "a name of bytes", but(holder=["张伟".encode(), *ZHANG_WEI.told()[1:]])
    yield "a certificate number that is a number", but(holder=[*ZHANG_WEI.told()[:2], 13050200017, b"", 7])
    yield "a photo's fingerprint of 15 bytes", but(holder=[*ZHANG_WEI.told()[:3], bytes(15), 7])
    yield "a place in the list below nought", but(holder=[*ZHANG_WEI.told()[:4], -1])
    yield "a place in the list that is false", but(holder=[*ZHANG_WEI.told()[:4], False])
    for name, raw in {
        "a name that is no UTF-8": b"\xff\xfe",
        "a name with half a surrogate pair": b"\xed\xa0\x80",
        "a name with an overlong zero": b"\xc0\x80",
        "a name that ends in the middle of a character": "张".encode()[:2],
    }.items():
        yield (
            name,
            but(holder=["\x00", *ZHANG_WEI.told()[1:]]).replace(
                b"\x85\x61\x00", b"\x85" + bytes((0x60 + len(raw),)) + raw
            ),
        )


def _algorithms() -> Iterator[Vector]:
    """Rightly signed under another name."""
    wrong = Reason.WRONG_ALGORITHM
    inner, outer = read_credential(DAY).signed.payload, read_payload(DATA)
    for alg in (-8, -9, -35, -36, -37, -47, 0, 5, "none", "ES256"):
        text = presentation.written(_signed(cbor2.dumps({1: alg}), outer, PHONE))
        yield Vector(name=f"algorithm {alg}", text=text, reason=wrong)
        named = cbor2.dumps({1: alg, 4: ISSUER[0].kid})
        yield Vector(
            name=f"credential with algorithm {alg}", text=shown(_signed(named, inner, ISSUER[0])), reason=wrong
        )
    claims = read_payload(base45.decode(shown_by_issuer()[len(PREFIX) :]))
    text = presentation.written(_signed(cbor2.dumps({1: -8, 4: ISSUER[0].kid}), claims, ISSUER[0]))
    yield Vector(name="algorithm -8, by the issuer", text=text, reason=wrong)
    unsigned = b"\x84" + cbor2.dumps(cbor2.dumps({1: "none"})) + b"\xa0" + cbor2.dumps(outer) + b"\x40"
    yield Vector(name="algorithm none, without a signature", text=presentation.written(unsigned), reason=wrong)
