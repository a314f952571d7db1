"""The address on the poster: it opens one door, and any other address says the same nothing."""

import random
import secrets
import statistics
import time
from collections.abc import Callable

import pytest
from django.conf import settings
from django.test import Client, override_settings
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from audit.actor import Actor
from enterprises.door_token import HmacDoorKeys
from enterprises.models import Enterprise
from enterprises.services.open_door import open_door
from enterprises.services.renew_door import renew_door
from tests.checkins.doors import token_of
from tests.town import BEARINGS, FOUNDER, LONG_AGO, Town, build

pytestmark = pytest.mark.django_db
KEYS = HmacDoorKeys.from_secrets("this year's")


@pytest.fixture(autouse=True)
def town() -> Town:
    return build()


def poster(token: str) -> str:
    return reverse("door", args=[token])


def _bearings() -> str:
    enterprise = Enterprise.objects.get(credit_code=BEARINGS)
    return open_door(enterprise, actor=Actor.command("test"), at=LONG_AGO, keys=KEYS).token


def test_the_address_on_the_poster_names_the_enterprise_and_is_sealed() -> None:
    answer = Client().get(poster(_bearings()))
    assert answer.status_code == 200
    assert "邢台轴承有限公司" in answer.content.decode()
    policy = answer["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none'; ")
    assert (answer["Cache-Control"], answer["Referrer-Policy"]) == ("private, no-store", "same-origin")
    assert "noindex" in answer["X-Robots-Tag"]


def test_unknown_renewed_and_malformed_addresses_answer_alike() -> None:
    old = _bearings()
    enterprise = Enterprise.objects.get(credit_code=BEARINGS)
    renew_door(enterprise, reason="海报被翻拍", actor=Actor.command("test"), at=LONG_AGO, keys=KEYS)
    answers = {
        (answer.status_code, tuple(sorted(answer.headers.items())), answer.content)
        for token in (old, secrets.token_urlsafe(16), "x", "é", "A" * 300, "%00")
        for answer in [Client().get(poster(token))]
    }
    assert [status for status, _headers, _body in answers] == [404]


@override_settings(DOOR_MISSES=30)
def test_the_thirty_first_wrong_address_in_a_minute_is_told_to_wait_and_the_right_one_is_not() -> None:
    token = _bearings()
    answers = [Client().get(poster(secrets.token_urlsafe(16))) for _ in range(31)]
    assert [answer.status_code for answer in answers] == [404] * 30 + [429]
    assert 1 <= int(answers[-1]["Retry-After"]) <= 60
    assert Client().get(poster(token)).status_code == 200
    elsewhere = Client(REMOTE_ADDR="203.0.113.9").get(poster(secrets.token_urlsafe(16)))
    assert elsewhere.status_code == 404


def test_an_unknown_address_costs_one_statement_and_one_to_count_it(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(2):
        Client().get(poster(secrets.token_urlsafe(16)))


def test_of_a_thousand_guesses_none_is_answered_otherwise_or_noticeably_later(town: Town) -> None:
    """Random ones, the address before the renewal, an officer's screen and scribble, mixed, from a hundred routers.

    The processor's time, because this one is shared with other tests; bench/door.py measures by the clock.
    """
    old = token_of()
    renew_door(
        Enterprise.objects.get(credit_code=BEARINGS),
        reason="海报被翻拍",
        actor=FOUNDER,
        at=LONG_AGO,
        keys=settings.DOOR_KEYS,
    )
    screen = town.zhang_wei.scan().json()["electronic_id"]["token"]
    kinds: dict[str, Callable[[], str]] = {
        "random": lambda: secrets.token_urlsafe(16),
        "renewed": lambda: old,
        "foreign": lambda: screen,
        "scribble": lambda: secrets.token_hex(5),
    }
    took: dict[str, list[float]] = {kind: [] for kind in kinds}
    answers = set()
    client = Client()
    for turn in range(250):
        for kind in random.sample(list(kinds), len(kinds)):
            path = poster(kinds[kind]())
            began = time.process_time()
            answer = client.get(path, REMOTE_ADDR=f"203.0.113.{turn % 100}")
            took[kind].append(time.process_time() - began)
            answers.add((answer.status_code, tuple(sorted(answer.headers.items())), answer.content))
    assert [status for status, _headers, _body in answers] == [404]
    medians = [statistics.median(each) for each in took.values()]
    assert max(medians) - min(medians) < 0.001
