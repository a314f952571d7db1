"""What a platform's answer is worth. No database, no network."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.addressee import is_address
from audit.services.deliver import RESTS, rest_after
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


@given(st.integers(1, 10_000))
def test_rests_only_grow_and_end_at_an_hour(attempts: int) -> None:
    assert RESTS[0] <= rest_after(attempts) <= rest_after(attempts + 1) <= timedelta(hours=1)


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
    assert retry_after(said, now=lambda: datetime(2026, 11, 22, 1, 0, tzinfo=UTC)) == expected
