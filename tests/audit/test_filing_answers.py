"""What a platform's answer is worth. No database, no network."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.addressee import is_address
from audit.patience import Breaker, is_given_up, is_platforms_own, rest_after
from audit.supervision import NotDelivered, Receipt, read_answer, retry_after


def _read(status: int, content: bytes) -> Receipt | NotDelivered:
    try:
        return read_answer(status, content)
    except NotDelivered as failure:
        return failure


def test_stored_and_duplicate_with_a_number_are_receipts() -> None:
    for status in ("stored", "duplicate"):
        content = json.dumps({"status": status, "receipt": "邢司督〔2026〕7号", "more": 1}).encode()
        assert read_answer(200, content) == Receipt(status=status, number="邢司督〔2026〕7号", http_status=200)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\x00\x1b[2J",
        b"[" * 60_000,
        b"[]",
        b'"stored"',
        b'{"status": "stored"}',
        b'{"status": "accepted", "receipt": "R1"}',
        b'{"status": ["stored"], "receipt": "R1"}',
        b'{"status": "stored", "receipt": ""}',
        b'{"status": "stored", "receipt": 7}',
        b'{"status": "stored", "receipt": "\\u0000"}',
        b'{"status": "stored", "receipt": "' + b"R" * 121 + b'"}',
    ],
)
def test_nonsense_is_no_receipt(content: bytes) -> None:
    outcome = _read(200, content)
    assert isinstance(outcome, NotDelivered)
    assert "不是回执" in outcome.detail


@pytest.mark.parametrize("status", [199, 302, 401, 404, 500])
def test_a_receipt_under_another_status_than_2xx_is_none(status: int) -> None:
    outcome = _read(status, b'{"status": "stored", "receipt": "R1"}')
    assert isinstance(outcome, NotDelivered)
    assert str(status) in outcome.detail


@given(st.integers(6, 10_000), st.text(max_size=20))
def test_rests_grow_to_an_hour_give_or_take_a_fifth_and_are_the_same_when_asked_again(failures: int, n: str) -> None:
    rests = [rest_after(one, number=n).total_seconds() for one in range(1, 6)]
    assert rests == [5, 30, 120, 600, 1800]
    rest = rest_after(failures, number=n)
    assert timedelta(minutes=48) <= rest <= timedelta(minutes=72)
    assert rest == rest_after(failures, number=n)


def test_letters_of_one_outage_do_not_all_come_back_in_one_minute() -> None:
    minutes = {int(rest_after(6, number=f"RQ-{n}").total_seconds() // 60) for n in range(500)}
    assert len(minutes) >= 20


def test_a_letter_is_given_up_ten_days_after_its_first_failure() -> None:
    first = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
    assert not is_given_up(failing_since=first, at=first + timedelta(days=10, microseconds=-1))
    assert is_given_up(failing_since=first, at=first + timedelta(days=10))


def test_a_platform_is_left_alone_when_three_lanes_fail_and_asked_by_one_letter() -> None:
    at, breaker = datetime(2026, 11, 22, 1, 0, tzinfo=UTC), Breaker()
    for _again in range(9):
        assert not breaker.failed("one enterprise's trouble", at=at)
    assert breaker.room(lanes=4, under_way=1, at=at) == 3
    assert not breaker.failed("second", at=at)
    assert breaker.failed("third", at=at)
    assert breaker.room(lanes=4, under_way=0, at=at + timedelta(seconds=9)) == 0
    later = at + timedelta(seconds=10)
    assert breaker.room(lanes=4, under_way=0, at=later) == 1
    assert breaker.room(lanes=4, under_way=1, at=later) == 0
    assert not breaker.failed("fourth", at=later)
    assert breaker.room(lanes=4, under_way=0, at=later + timedelta(seconds=29)) == 0
    assert breaker.room(lanes=4, under_way=0, at=later + timedelta(seconds=30)) == 1
    breaker.succeeded()
    assert breaker.room(lanes=4, under_way=0, at=at) == 4


def test_a_platform_that_is_busy_is_left_alone_for_as_long_as_it_said() -> None:
    at, breaker = datetime(2026, 11, 22, 1, 0, tzinfo=UTC), Breaker()
    assert breaker.failed("one", at=at, busy_for=timedelta(minutes=20))
    assert breaker.room(lanes=4, under_way=0, at=at + timedelta(minutes=19)) == 0
    assert breaker.room(lanes=4, under_way=0, at=at + timedelta(minutes=20)) == 1


@pytest.mark.parametrize(
    ("status", "own"),
    [(None, True), (200, True), (302, True), (400, False), (404, False), (409, False), (422, False), (429, True)],
)
def test_what_speaks_of_the_platform_and_what_of_the_letter(status: int | None, own: bool) -> None:
    assert is_platforms_own(status) is own


@given(
    st.integers(100, 599),
    st.one_of(
        st.binary(max_size=200),
        st.recursive(
            st.none() | st.booleans() | st.text(max_size=130) | st.sampled_from(["stored", "duplicate"]),
            lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["status", "receipt"]), inner),
        ).map(lambda value: json.dumps(value).encode()),
    ),
)
def test_whatever_a_platform_says_is_a_receipt_or_a_failed_try(status: int, content: bytes) -> None:
    outcome = _read(status, content)
    if isinstance(outcome, NotDelivered):
        assert 0 < len(outcome.detail) <= 300
        assert outcome.detail.isprintable()
    else:
        assert 200 <= status < 300
        assert outcome.status in {"stored", "duplicate"}
        assert 0 < len(outcome.number) <= 120


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://jd.example.gov.cn/filings", True),
        ("http://127.0.0.1:8010/filings", True),
        ("http://[::1]:8010/filings", True),
        ("ftp://jd.example.gov.cn/", False),
        ("https:///filings", False),
        ("https://user:password@jd.example.gov.cn/", False),
        ("http://jd.example.gov.cn:99999/", False),
        ("http://[::1/", False),
        ("jd.example.gov.cn", False),
    ],
)
def test_an_address_is_http_with_a_host_and_without_a_password(url: str, expected: bool) -> None:
    assert is_address(url) is expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("120", timedelta(minutes=2)),
        ("0", timedelta()),
        ("999999999999", timedelta(hours=1)),
        ("Sun, 22 Nov 2026 01:05:00 GMT", timedelta(minutes=5)),
        ("Sun, 22 Nov 2026 00:05:00 GMT", timedelta()),
        ("Tue, 22 Nov 2033 01:05:00 GMT", timedelta(hours=1)),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("１２", None),
    ],
)
def test_a_platform_is_left_alone_for_as_long_as_it_asks_and_an_hour_at_most(
    said: str, expected: timedelta | None
) -> None:
    assert retry_after(said, now=datetime(2026, 11, 22, 1, 0, tzinfo=UTC)) == expected
