"""Whoever guesses addresses of officers' screens and pictures learns nothing, and soon has to wait."""

import random
import struct
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from audit.models import FirstView, Knock
from officers.electronic_id import PHOTO_PURPOSE, PURPOSE
from officers.models import Photo
from officers.signing import HmacSigner
from tests.checkins.looks import Browser, look, screen_of
from tests.officers.people import change, picture
from tests.parallel import at_once
from tests.town import Town, build

NINE = datetime(2026, 7, 1, 1, tzinfo=UTC)
SIGNS = "ABCDEFGHabcdefgh0123456789-_"
CHANCE = random.Random(6)
LIMIT = settings.OFFICER_POLICY.new_views


@pytest.fixture(autouse=True)
def clock(time_machine: Any) -> Any:
    time_machine.move_to(NINE, tick=False)
    return time_machine


def guesses(town: Town, *, count: int) -> Iterator[tuple[str, str]]:
    """(kind, token) of screens: what our own key has signed, and what it has not."""
    wei, now = town.zhang_wei.officer.pk, int(timezone.now().timestamp())

    def said(officer: int, visit: str, *, age: int = 0) -> bytes:
        return struct.pack(">QII", officer, now - age, now - age + 600) + visit.encode()

    kinds: dict[str, Callable[[], bytes]] = {
        "of nobody": lambda: said(CHANCE.randrange(10**9, 10**12), ""),
        "of no visit": lambda: said(wei, f"RQ20260701-{text()}"),
        "expired": lambda: said(wei, "", age=CHANCE.randrange(600, 10**6)),
        "cut": lambda: text().encode()[: CHANCE.randrange(10)],
    }
    signer = settings.OFFICER_SIGNER
    signed = {kind: lambda make=make: signer.sign(make(), purpose=PURPOSE) for kind, make in kinds.items()}
    return _in_turn({**signed, **_useless(lambda: said(wei, ""), purpose=PURPOSE)}, count=count)


def guessed_pictures(known: Photo, *, count: int) -> Iterator[tuple[str, str]]:
    """The same of pictures' addresses."""
    now = int(timezone.now().timestamp())

    def said(sha256: bytes, *, expires: int = now + 300) -> bytes:
        return struct.pack(">I32s", expires, sha256)

    face = bytes.fromhex(known.sha256)
    kinds: dict[str, Callable[[], bytes]] = {
        "of nothing": lambda: said(CHANCE.randbytes(32)),
        "expired": lambda: said(face, expires=now - CHANCE.randrange(10**6)),
        "cut": lambda: said(face)[: CHANCE.randrange(36)],
    }
    signer = settings.OFFICER_SIGNER
    signed = {kind: lambda make=make: signer.sign(make(), purpose=PHOTO_PURPOSE) for kind, make in kinds.items()}
    return _in_turn({**signed, **_useless(lambda: said(face), purpose=PHOTO_PURPOSE)}, count=count)


def _useless(genuine: Callable[[], bytes], *, purpose: str) -> dict[str, Callable[[], str]]:
    """Tokens that nobody here has signed, or not for this."""
    signer, other = settings.OFFICER_SIGNER, HmacSigner.from_secrets("another house")
    return {
        "made up": lambda: "1" + "".join(CHANCE.choices(SIGNS, k=CHANCE.choice((4, 71, 95)))),
        "altered": lambda: _altered(signer.sign(genuine(), purpose=purpose)),
        "garbled": lambda: CHANCE.choice(("张伟", "%00", " ", "=", "..", "ÿ")) + text(),
        "foreign": lambda: other.sign(genuine() + text().encode(), purpose=purpose),
        "of another purpose": lambda: signer.sign(genuine() + text().encode(), purpose="enrolment"),
    }


def _in_turn(kinds: dict[str, Callable[[], str]], *, count: int) -> Iterator[tuple[str, str]]:
    for number in range(count):
        kind = list(kinds)[number % len(kinds)]
        yield kind, kinds[kind]()


def text() -> str:
    return "".join(CHANCE.choices(SIGNS, k=10))


def _altered(token: str) -> str:
    place = CHANCE.randrange(1, len(token))
    return token[:place] + CHANCE.choice([sign for sign in SIGNS if sign != token[place]]) + token[place + 1 :]


def answered(client: Client, address: str, number: int) -> tuple[int, tuple[tuple[str, str], ...], bytes]:
    """Everything that an asker gets, but for the date, which the server adds. Each asks from an address of its own.

    Each is somebody new. The client is one because to build the chain of middleware costs as much as a look.
    """
    client.cookies.clear()
    answer = client.get(address, REMOTE_ADDR=f"10.0.{number // 250}.{number % 250}")
    return answer.status_code, tuple(sorted(answer.items())), answer.content


def test_forty_guesses_of_every_kind_get_one_answer(town: Town) -> None:
    tokens, client = list(guesses(town, count=360)), Client()
    assert len({kind for kind, _token in tokens}) == 9
    answers = {answered(client, f"/v/{token}", number) for number, (_kind, token) in enumerate(tokens)}
    assert len(answers) == 1
    assert answers.pop()[0] == 404


def test_guessed_pictures_get_one_answer_too(town: Town) -> None:
    tokens, client = list(guessed_pictures(picture(), count=200)), Client()
    assert len({kind for kind, _token in tokens}) == 8
    answers = {answered(client, f"/v/photo/{token}", number) for number, (_kind, token) in enumerate(tokens)}
    assert len(answers) == 1
    assert answers.pop()[0] == 404


def test_the_31st_wrong_token_of_an_address_has_to_wait_and_other_addresses_have_not(town: Town, clock: Any) -> None:
    tokens = [token for _kind, token in guesses(town, count=LIMIT + 2)]
    shop = {"REMOTE_ADDR": "192.0.2.7"}
    assert {look(token, **shop).status for token in tokens[:LIMIT]} == {404}
    refused = look(tokens[LIMIT], **shop)
    assert (refused.status, refused.answer["Retry-After"]) == (429, "60")
    assert "请 60 秒后再试" in refused.page
    assert "default-src 'none'" in refused.answer["Content-Security-Policy"]
    assert Client().get("/v/photo/x", REMOTE_ADDR="192.0.2.7").status_code == 429
    assert look(tokens[LIMIT], REMOTE_ADDR="192.0.2.8").status == 404
    clock.shift(timedelta(minutes=1))
    assert look("x", **shop).status == 404


def test_first_looks_count_too_and_an_open_page_goes_on(town: Town) -> None:
    token = town.zhang_wei.scan(scanned_at=timezone.now().isoformat()).json()["electronic_id"]["token"]
    owner = Browser()
    assert owner.look(token).status == 200
    assert [look(token).status for _ in range(LIMIT)] == [200] * (LIMIT - 1) + [429]
    assert look("x").status == 429
    assert {owner.look(token).status for _ in range(40)} == {200}
    assert FirstView.objects.count() == LIMIT


def test_one_token_is_looked_at_so_often_a_minute_and_no_more(town: Town) -> None:
    most, browser = settings.OFFICER_POLICY.views, Browser()
    token = screen_of(town.zhang_wei)["token"]
    assert {browser.look(token).status for _ in range(most)} == {200}
    assert browser.look(token).status == 429
    assert browser.look(token, REMOTE_ADDR="203.0.113.9").status == 200, "a stranger shuts nobody else out"
    assert browser.look(screen_of(town.li_na)["token"]).status == 200


def test_an_address_in_a_forged_header_is_nobodys(town: Town) -> None:
    for number in range(LIMIT):
        look("x", HTTP_X_FORWARDED_FOR=f"10.0.0.{number}")
    assert look("x", HTTP_X_FORWARDED_FOR="10.9.9.9").status == 429


def test_a_picture_is_looked_at_so_often_a_minute_and_no_more(town: Town) -> None:
    change(town.zhang_wei.officer, photo_sha256=picture().sha256)
    address = screen_of(town.zhang_wei)["photo"]
    assert address is not None
    path = address.removeprefix(settings.PUBLIC_URL)
    most = settings.OFFICER_POLICY.views
    assert {Client().get(path).status_code for _ in range(most)} == {200}
    assert Client().get(path).status_code == 429
    assert Client().get(path, REMOTE_ADDR="203.0.113.9").status_code == 200


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_sixty_guesses_at_once_thirty_are_answered() -> None:
    build()
    statuses = at_once([lambda: look("x").status] * (2 * LIMIT))
    assert (statuses.count(404), statuses.count(429)) == (LIMIT, LIMIT)
    assert Knock.objects.get().count == 2 * LIMIT
