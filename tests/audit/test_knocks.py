"""Who knocks too often at doors that need no log-in is asked to wait; nobody else is."""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import RequestFactory, override_settings
from pytest_django import DjangoAssertNumQueries

from audit.address import network
from audit.allowance import Allowance, address_of, take_all, turned_away
from audit.models import Knock
from audit.sealed import NoSecretAddresses
from audit.services.knock import forget_knocks
from tests.parallel import at_once

NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)


def shop(*, at: datetime = NOW, what: str = "electronic-id", who: str = "192.0.2.7", limit: int = 30) -> Allowance:
    """What a shop's router may ask for."""
    return Allowance(what=what, who=who, at=at, limit=limit)


@pytest.mark.django_db
def test_the_31st_time_in_a_minute_is_one_too_many_until_the_minute_is_over() -> None:
    assert [shop().take() for _ in range(30)] == [True] * 30
    late = shop(at=NOW + timedelta(seconds=59.5))
    assert (late.take(), late.seconds_left) == (False, 1)
    first = shop()
    assert (first.take(), first.seconds_left) == (False, 60)
    assert shop(at=NOW + timedelta(minutes=1)).take()


@pytest.mark.django_db
def test_looking_whether_it_is_used_up_takes_nothing() -> None:
    for _ in range(29):
        shop().take()
    assert [shop().is_used_up for _ in range(3)] == [False] * 3
    shop().take()
    later = shop(at=NOW + timedelta(seconds=50))
    assert (later.is_used_up, later.seconds_left) == (True, 10)
    assert not shop(at=NOW + timedelta(minutes=1)).is_used_up


@pytest.mark.django_db
def test_another_address_and_another_thing_are_counted_apart() -> None:
    for _ in range(31):
        shop().take()
    assert not shop().take()
    assert shop(who="192.0.2.8").take()
    assert shop(what="door").take()


@pytest.mark.django_db
def test_several_cost_one_statement_and_a_refusal_names_what_is_used_up_and_gives_the_others_back(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    token = Allowance(what="token", who="x", at=NOW, limit=1, window=timedelta(seconds=20))
    with django_assert_num_queries(1):
        assert take_all([shop(), token]) is None
    with django_assert_num_queries(2):
        assert take_all([shop(), token]) is token
    assert token.seconds_left == 20
    with django_assert_num_queries(0):
        assert take_all([]) is None


def everybody() -> Allowance:
    """What all callers of one door share."""
    return shop(what="door-of-all", who="all", limit=20)


@pytest.mark.django_db
def test_what_one_caller_is_refused_does_not_use_up_what_is_everybodys() -> None:
    """Else one phone could shut a door's page for the whole street."""
    for _ in range(50):
        take_all([shop(what="door", limit=3), everybody()])
    assert take_all([shop(what="door", who="198.51.100.4", limit=3), everybody()]) is None
    assert sorted(Knock.objects.values_list("count", flat=True)) == [1, 4, 50]


@pytest.mark.django_db
def test_the_table_holds_no_address_and_is_forgotten_once_the_minute_is_over() -> None:
    take_all([shop(), shop(who="张三\udcff")])
    assert "192.0.2.7" not in str([bytes(row.bucket) for row in Knock.objects.all()])
    assert forget_knocks(at=NOW + timedelta(seconds=59)) == 0
    assert forget_knocks(at=NOW + timedelta(seconds=60)) == 2
    assert not Knock.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_where_nothing_can_be_counted_nobody_is_refused() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_knock RENAME TO audit_knock_away")
        try:
            assert [shop().take() for _ in range(31)] == [True] * 31
        finally:
            cursor.execute("ALTER TABLE audit_knock_away RENAME TO audit_knock")


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_a_hundred_at_once_thirty_may() -> None:
    answers = at_once([shop().take] * 100)
    assert answers.count(True) == 30
    assert Knock.objects.get().count == 100


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_several_taken_in_either_order_never_wait_in_a_circle() -> None:
    addresses = [f"192.0.2.{last}" for last in range(20)]

    def take(some: Sequence[str]) -> Allowance | None:
        return take_all([shop(who=address, limit=1000) for address in some])

    assert set(at_once([lambda: take(addresses), lambda: take(addresses[::-1])] * 60)) == {None}
    assert [row.count for row in Knock.objects.all()] == [120] * 20


@pytest.mark.postgres
@pytest.mark.django_db
def test_counting_waits_for_no_disk() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relpersistence FROM pg_class WHERE relname = 'audit_knock'")
        assert cursor.fetchone() == ("u",)


@pytest.mark.parametrize(
    ("remote", "forwarded", "proxies", "asker"),
    [
        ("192.0.2.1", "", 0, "192.0.2.1"),
        ("192.0.2.1", "203.0.113.9", 0, "192.0.2.1"),
        ("10.0.0.1", "203.0.113.9", 1, "203.0.113.9"),
        ("10.0.0.1", "1.2.3.4, 203.0.113.9", 1, "203.0.113.9"),
        ("10.0.0.1", "1.2.3.4, 203.0.113.9, 10.0.0.2", 2, "203.0.113.9"),
        ("203.0.113.9", "1.2.3.4", 2, "203.0.113.9"),
        ("10.0.0.1", "", 1, "10.0.0.1"),
        ("10.0.0.1", "203.0.113.9:5123", 1, "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "", 0, "2001:db8:1:2::/64"),
        ("10.0.0.1", "[2001:db8:1:2::9]:443", 1, "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "", 0, "192.0.2.1"),
        ("fe80::1%eth0", "", 0, "fe80::/64"),
        ("", "", 0, "?"),
        ("10.0.0.1", "<script>", 1, "?"),
    ],
)
def test_an_asker_is_an_address_that_nobody_can_choose(remote: str, forwarded: str, proxies: int, asker: str) -> None:
    assert network(remote, forwarded=forwarded, proxies=proxies) == asker


def test_a_door_reads_the_address_behind_the_houses_proxies() -> None:
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR="1.2.3.4, 203.0.113.9")
    assert address_of(request) == "10.0.0.1"
    with override_settings(NINJA_NUM_PROXIES=1):
        assert address_of(request) == "203.0.113.9"


def test_who_is_turned_away_reads_when_to_come_again() -> None:
    over = shop()
    over.seconds_left = 17
    page = turned_away(RequestFactory().get("/"), over)
    assert (page.status_code, page["Retry-After"]) == (429, "17")
    assert "请 17 秒后再试" in page.content.decode()


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Forbidden: /d/abcDEF-_123/owner", "Forbidden: /d/…/owner"),
        ("Too Many Requests: /v/1xyz", "Too Many Requests: /v/…"),
        ("Not Found: /v/photo/1xyz", "Not Found: /v/photo/…"),
        ("Not Found: /verify/photo/1xyz", "Not Found: /verify/photo/…"),
        ("Not Found: /api/v1/scans", "Not Found: /api/v1/scans"),
    ],
)
def test_a_secret_address_stands_in_no_log(said: str, kept: str) -> None:
    record = logging.LogRecord("django.request", logging.WARNING, "", 0, "%s", (said,), None)
    assert NoSecretAddresses().filter(record)
    assert record.getMessage() == kept
