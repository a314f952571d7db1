"""An enterprise's own address: made once, printed again, renewed; and what the database knows of it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from audit.actor import Actor
from audit.models import Entry
from enterprises.door_token import TOKEN_CHARACTERS, HmacDoorKeys, fingerprint
from enterprises.models import Door, Enterprise
from enterprises.queries import door_at
from enterprises.services.merged import mark_merged
from enterprises.services.open_door import DoorKeyLost, Opened, open_door
from enterprises.services.renew_door import renew_door
from tests.parallel import at_once
from tests.town import BEARINGS, CASHMERE, build

AT = datetime(2026, 11, 27, 2, 0, tzinfo=UTC)
LI_JING = Actor.account("li.jing")
KEYS = HmacDoorKeys.from_secrets("this year's")


def _bearings() -> Enterprise:
    return Enterprise.objects.get(credit_code=BEARINGS)


def _open(keys: HmacDoorKeys = KEYS) -> Opened:
    return open_door(_bearings(), actor=LI_JING, at=AT, keys=keys)


@pytest.mark.django_db
def test_a_door_is_made_when_it_is_first_wanted_and_is_the_same_afterwards() -> None:
    build()
    opened = _open()
    again = open_door(_bearings(), actor=Actor.command("posters"), at=AT + timedelta(days=1), keys=KEYS)
    assert again.token == opened.token
    assert len(opened.token) == TOKEN_CHARACTERS
    found = door_at(opened.token)
    assert found is not None
    assert (found.credit_code, found.name, found.generation) == (BEARINGS, "邢台轴承有限公司", 1)
    [entry] = Entry.objects.filter(kind="door-opened")
    assert entry.subject == f"door:{BEARINGS}"
    assert [row.history_user_id for row in Door.objects.get().history.all()] == [LI_JING]


@pytest.mark.django_db
def test_the_database_does_not_hold_what_opens_a_door() -> None:
    build()
    opened = _open()
    door = Door.objects.get()
    kept = [repr(value) for row in (door, door.history.get()) for value in vars(row).values()]
    kept += [repr(bytes(entry.body or b"")) for entry in Entry.objects.all()]
    assert not any(opened.token in value for value in kept)
    assert bytes(door.token_hash) == fingerprint(opened.token)


@pytest.mark.django_db
def test_a_renewed_door_has_another_address_and_the_old_one_finds_nothing() -> None:
    build()
    old = _open()
    new = renew_door(_bearings(), reason="海报被翻拍", actor=LI_JING, at=AT, keys=KEYS)
    assert new.token != old.token
    assert door_at(old.token) is None
    found = door_at(new.token)
    assert found is not None
    assert (found.id, found.generation) == (old.door.pk, 2)
    assert _open().token == new.token
    [entry] = Entry.objects.filter(kind="door-renewed")
    assert "海报被翻拍".encode() in bytes(entry.body or b"")


@pytest.mark.django_db
def test_renewing_what_was_never_opened_opens_it() -> None:
    build()
    made = renew_door(_bearings(), reason="", actor=LI_JING, at=AT, keys=KEYS)
    assert (made.door.generation, made.token) == (1, _open().token)


@pytest.mark.django_db
def test_two_enterprises_have_two_addresses_and_neither_follows_from_the_other() -> None:
    build()
    cashmere = open_door(Enterprise.objects.get(credit_code=CASHMERE), actor=LI_JING, at=AT, keys=KEYS)
    assert cashmere.token != _open().token
    assert next(HmacDoorKeys.from_secrets("guessed").tokens(BEARINGS, generation=1)) != _open().token


@pytest.mark.django_db
def test_a_poster_is_printed_again_after_the_key_was_changed_and_not_after_it_was_thrown_away() -> None:
    build()
    opened = _open()
    changed = HmacDoorKeys.from_secrets("next year's", "this year's")
    assert _open(changed).token == opened.token
    with pytest.raises(DoorKeyLost):
        _open(HmacDoorKeys.from_secrets("next year's"))
    assert door_at(opened.token) is not None, "the poster on the wall still works"


@pytest.mark.django_db
def test_the_poster_of_a_stall_leads_to_the_enterprise_that_it_turned_out_to_be() -> None:
    build()
    opened = _open()
    cashmere = Enterprise.objects.get(credit_code=CASHMERE)
    with transaction.atomic():
        mark_merged(subject=_bearings(), into=cashmere, actor=LI_JING, at=AT)
    found = door_at(opened.token)
    assert found is not None
    assert (found.credit_code, found.name) == (CASHMERE, "邢台轴承有限公司")


@pytest.mark.django_db
@pytest.mark.parametrize("token", ["", "x", "é" * 22, "\x00", "\ud800", "A" * 5000])
def test_what_is_no_token_finds_nothing(token: str) -> None:
    assert door_at(token) is None


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_desks_that_print_at_once_print_one_address() -> None:
    build()
    tokens = at_once([lambda: _open().token] * 8)
    assert len(set(tokens)) == 1
    assert (Door.objects.count(), Entry.objects.filter(kind="door-opened").count()) == (1, 1)
