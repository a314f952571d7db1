"""Who sent a letter, in what envelope, to which address. No database, no network."""

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.addressee import Addressee, BadAddressee, addressees
from audit.envelope import Envelope, NoEnvelope
from audit.log_keys import LogKeys
from audit.reachable import Unreachable, judged
from audit.webhook import BadKey, BadSignature, Seal, Trust, public_text, secret_key

NOW = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)
KEYS = LogKeys.derived("the house under test")
KEY = KEYS.filing_key()
LETTER = Envelope(
    number="RQ20261122-H180WH9J4E-1",
    event="visit.filed",
    lane="91110108551385082Q",
    subject="RQ20261122-H180WH9J4E",
    time=NOW,
    data={"agency": "襄都区市场监督管理局"},
    sequence=42,
    source="https://ruqi.example.gov.cn",
)


def test_the_standards_own_example_holds() -> None:
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'
    at = datetime.fromtimestamp(1614265330, UTC)
    headers = Seal(secret=secret_key(secret)).headers(message="msg_p5jXN8AQM9LWM0D4loKWxJek", at=at, body=body)
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert Trust.read(secret=secret).check(headers, body=body, at=at) == "msg_p5jXN8AQM9LWM0D4loKWxJek"


def test_a_letter_is_a_cloud_event_and_the_same_bytes_at_every_try() -> None:
    said = json.loads(LETTER.body())
    assert said == {
        "specversion": "1.0",
        "id": "RQ20261122-H180WH9J4E-1",
        "source": "https://ruqi.example.gov.cn",
        "type": "visit.filed",
        "partitionkey": "91110108551385082Q",
        "sequence": "00000000000000000042",
        "subject": "RQ20261122-H180WH9J4E",
        "time": "2026-11-22T01:30:00.000000Z",
        "datacontenttype": "application/json",
        "data": {"agency": "襄都区市场监督管理局"},
    }
    assert LETTER.body() == replace(LETTER).body()
    assert Envelope.read(LETTER.body()) == LETTER


def test_content_is_told_apart_by_what_it_says_and_not_by_how_it_travels() -> None:
    """A letter whose earlier form a platform holds already is the same letter in the new envelope."""
    assert replace(LETTER, sequence=43, source="urn:other").mark() == LETTER.mark()
    assert replace(LETTER, data={"agency": "信都区市场监督管理局"}).mark() != LETTER.mark()


@given(st.binary(max_size=300))
def test_whatever_is_posted_is_a_letter_or_none(content: bytes) -> None:
    with pytest.raises(NoEnvelope):
        Envelope.read(content)


def test_each_flipped_bit_of_body_id_time_or_signature_is_noticed() -> None:
    trust, body = Trust.read(public=public_text(KEY)), LETTER.body()
    sound = Seal(private=KEY).headers(message=LETTER.number, at=NOW, body=body)
    assert trust.check(sound, body=body, at=NOW) == LETTER.number
    for at in range(0, len(body), 17):
        with pytest.raises(BadSignature):
            trust.check(sound, body=body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :], at=NOW)
    later = str(int(sound["webhook-timestamp"]) + 1)
    for changed in (
        {"webhook-id": "another"},
        {"webhook-timestamp": later},
        {"webhook-timestamp": "x"},
        {"webhook-timestamp": "9" * 30},
        {"webhook-signature": ""},
        {"webhook-signature": "v1a"},
        {"webhook-signature": sound["webhook-signature"].replace("v1a", "v1")},
        {"webhook-signature": "v1a," + base64.b64encode(b"0" * 64).decode()},
        {"webhook-signature": "v1a,é"},
    ):
        with pytest.raises(BadSignature):
            trust.check(sound | changed, body=body, at=NOW)


def test_a_recording_is_believed_for_five_minutes() -> None:
    trust, body = Trust.read(public=public_text(KEY)), LETTER.body()
    sound = Seal(private=KEY).headers(message=LETTER.number, at=NOW, body=body)
    assert trust.check(sound, body=body, at=NOW + timedelta(minutes=5))
    for away in (timedelta(minutes=5, seconds=1), -timedelta(minutes=5, seconds=1)):
        with pytest.raises(BadSignature, match="时间"):
            trust.check(sound, body=body, at=NOW + away)


def test_a_secret_does_not_pass_where_the_public_key_is_set() -> None:
    """Who reads the receiver's settings knows the secret: where there is a public key, only it counts."""
    secret = "whsec_" + base64.b64encode(b"s" * 32).decode()
    trust = Trust.read(public=public_text(KEY), secret=secret)
    headers = Seal(secret=b"s" * 32).headers(message="m", at=NOW, body=b"{}")
    with pytest.raises(BadSignature):
        trust.check(headers, body=b"{}", at=NOW)


def test_letters_are_signed_with_a_key_of_their_own() -> None:
    assert KEY.public_key().public_bytes_raw() != KEYS.edwards.public_key().public_bytes_raw()
    assert public_text(KEY) == public_text(LogKeys.derived("the house under test").filing_key())


@pytest.mark.parametrize("text", ["", "whsec_", "whsec_c2hvcnQ=", "whsec_!", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])
def test_a_secret_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(BadKey):
        secret_key(text)


@pytest.mark.parametrize("addresses", [
    ["127.0.0.1"], ["10.1.2.3"], ["172.16.0.1"], ["192.168.1.1"], ["169.254.169.254"], ["100.64.0.1"], ["0.0.0.1"],
    ["224.0.0.1"], ["255.255.255.255"], ["::1"], ["::"], ["fe80::1%eth0"], ["fd00::1"], ["ff02::1"],
    ["::ffff:127.0.0.1"], ["::ffff:10.0.0.1"], ["64:ff9b::7f00:1"], ["2002:7f00:1::"], [],
    ["::10.0.0.1"], ["fec0::1"], ["64:ff9b:1::a00:1"],
    ["1.1.1.1", "10.0.0.1"],
])  # fmt: skip
def test_an_address_inside_is_refused_in_every_spelling(addresses: list[str]) -> None:
    with pytest.raises(Unreachable):
        judged(addresses, allowed=())


def test_public_addresses_pass_and_inner_ones_that_the_operator_names() -> None:
    assert judged(["1.1.1.1", "2606:4700::1111"], allowed=()) == ["1.1.1.1", "2606:4700::1111"]
    assert judged(["10.7.0.1", "::ffff:10.7.0.2"], allowed=("10.7.0.0/16",))
    with pytest.raises(Unreachable, match=r"10\.8\.0\.1"):
        judged(["10.8.0.1"], allowed=("10.7.0.0/16",))


PROVINCE = {
    "code": "province",
    "url": "https://jd.hebei.example.gov.cn/filings",
    "events": ["visit.*", "flag.raised"],
    "fields": {"qymc": "enterprise", "zfry": "officers", "who": "agency.name", "none": "agency.code.x"},
}


def test_city_and_province_are_two_platforms_with_words_of_their_own() -> None:
    city, province = addressees(url="http://127.0.0.1:1/filings", token="", secret="", further=[PROVINCE])
    city.check()
    province.check()
    payload = {"enterprise": "邢台轴承有限公司", "officers": ["张伟"], "agency": {"name": "市监局"}}
    assert city.mapped(payload) == payload
    assert province.mapped(payload) == {
        "qymc": "邢台轴承有限公司",
        "zfry": ["张伟"],
        "who": "市监局",
        "none": None,
    }
    assert city.wants("complaint.received")
    assert [
        province.wants(event) for event in ("visit.filed", "flag.raised", "flag.lowered", "complaint.received")
    ] == [
        True,
        True,
        False,
        False,
    ]
    assert province.manifests == "https://jd.hebei.example.gov.cn/manifests"
    for url in ("https://city.example", "https://city.example/", "https://city.example/?to=/filings"):
        nowhere = replace(province, url=url)
        assert nowhere.manifests.startswith("https://city.example/manifests")  # never on another host
        with pytest.raises(BadAddressee):
            nowhere.check()


@pytest.mark.parametrize("further", [
    {}, [1], [{}], [{"code": "a"}], [{**PROVINCE, "more": 1}], [{**PROVINCE, "events": "visit.*"}],
    [{**PROVINCE, "fields": {"a": 1}}], [PROVINCE, PROVINCE], [{**PROVINCE, "code": "platform"}],
])  # fmt: skip
def test_platforms_that_are_none_are_refused(further: object) -> None:
    with pytest.raises(BadAddressee):
        addressees(url="http://127.0.0.1:1/filings", token="", secret="", further=further)


@pytest.mark.parametrize("changes", [{"code": ""}, {"code": "a" * 21}, {"code": "省"}, {"url": "ftp://x/"}])
def test_a_platform_that_could_not_be_filed_with_is_told(changes: dict[str, str]) -> None:
    with pytest.raises(BadAddressee):
        replace(Addressee.read(PROVINCE), **changes).check()  # type: ignore[arg-type]
