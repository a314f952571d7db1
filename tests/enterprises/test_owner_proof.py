"""刘洋 proves that 邢台轴承 is hers: by a code on her phone, or by her PIN. Others guess."""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, ClassVar
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher, identify_hasher
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from audit.actor import Actor
from audit.models import Entry
from audit.problem import Problem
from enterprises.models import Contact, OwnerCode, OwnerPin
from enterprises.owner_code import HmacCodeKeys, digits, is_code, is_weak, new_code, wait_after
from enterprises.queries import DoorFacts
from enterprises.services.choose_pin import PinsDiffer, PinTooEasy, PinUnfit, choose_pin
from enterprises.services.contact import save_contact
from enterprises.services.prove_owner import CodeWrong, PinClosed, PinWrong, prove_by_code, prove_by_pin
from enterprises.services.send_code import CodeNotSent, NobodyToReach, Sent, TooManyCodes, send_code
from tests.enterprises.owners import CODE, KEYS, NOW, PHONE, POLICY, Letterbox, another, bearings, door_of, with_contact
from tests.parallel import at_once

PIN = "407195"
STRANGER = Actor.door(CODE)
LIU_YANG = Actor.owner(CODE)


def hers() -> DoorFacts:
    enterprise = bearings()
    with_contact(enterprise)
    return door_of(enterprise)


def ask(door: DoorFacts, box: Letterbox, *, at: datetime = NOW, **policy: Any) -> Sent:
    return send_code(door, sender=box, keys=KEYS, actor=STRANGER, at=at, policy=replace(POLICY, **policy))


def by_code(door: DoorFacts, code_id: UUID | None, typed: str, *, at: datetime = NOW, keys: HmacCodeKeys = KEYS) -> str:
    """`proved`, or the refusal's code."""
    return outcome(lambda: prove_by_code(door, code_id=code_id, typed=typed, keys=keys, at=at, policy=POLICY))


def by_pin(door: DoorFacts, typed: str = PIN, *, at: datetime = NOW) -> str:
    return outcome(lambda: prove_by_pin(door, typed=typed, at=at, policy=POLICY))


def outcome(deed: Callable[[], Any]) -> str:
    try:
        deed()
    except Problem as refusal:
        return refusal.code
    return "proved"


def choose(door: DoorFacts, pin: str = PIN, again: str | None = None) -> DoorFacts:
    return choose_pin(door, typed=pin, again=pin if again is None else again, actor=LIU_YANG, at=NOW)


def deeds() -> list[tuple[str, str]]:
    entries = Entry.objects.filter(subject=f"contact:{CODE}").order_by("pk")
    return [(entry.kind, json.loads(bytes(entry.body or b""))["actor"]) for entry in entries]


@pytest.mark.django_db
class TestCode:
    def test_liu_yang_types_the_code_from_her_phone_and_has_proved_it_once(
        self, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        door, box = hers(), Letterbox()
        # savepoint, contact (locked), recent codes, the code, entry, release
        with django_assert_num_queries(6):
            sent = ask(door, box)
        (message,) = box.messages
        assert (message.phone, message.enterprise, message.minutes) == (PHONE, "邢台轴承有限公司", 5)
        assert message.code in message.text()
        # savepoint, the code (locked), its try, entry, release
        with django_assert_num_queries(5):
            assert by_code(door, sent.code_id, f" {box.code[:3]} {box.code[3:]} ") == "proved"
        assert by_code(door, sent.code_id, box.code) == "owner-code-wrong"
        assert deeds() == [("owner-code", STRANGER), ("owner-proved", LIU_YANG)]

    def test_neither_table_nor_record_holds_the_code_or_the_phone(self) -> None:
        door, box = hers(), Letterbox()
        ask(door, box)
        kept = OwnerCode.objects.get()
        assert bytes(kept.code_hash) == KEYS.digest(box.code, of=kept.pk)
        record = b"".join(bytes(entry.body or b"") for entry in Entry.objects.all())
        assert box.code.encode() not in record
        assert PHONE.encode() not in record

    def test_a_code_is_over_after_five_minutes_and_after_five_tries(self) -> None:
        door, box = hers(), Letterbox()
        sent = ask(door, box)
        late = NOW + POLICY.code_lifetime
        assert by_code(door, sent.code_id, box.code, at=late) == "owner-code-wrong"
        for _ in range(4):
            assert by_code(door, sent.code_id, another(box.code)) == "owner-code-wrong"
        assert by_code(door, sent.code_id, box.code) == "proved"
        sent = ask(door, box)
        for _ in range(5):
            assert by_code(door, sent.code_id, another(box.code)) == "owner-code-wrong"
        assert by_code(door, sent.code_id, box.code) == "owner-code-wrong"
        assert OwnerCode.objects.get(pk=sent.code_id).tries == 5

    def test_a_code_proves_nothing_in_another_browser_or_at_another_door(self) -> None:
        door, box = hers(), Letterbox()
        sent = ask(door, box)
        glass = door_of(bearings("91350100M000100Y43", "襄都区明亮玻璃店"))
        assert by_code(glass, sent.code_id, box.code) == "owner-code-wrong"
        assert by_code(door, None, box.code) == by_code(door, uuid4(), box.code) == "owner-code-wrong"
        assert by_code(door, sent.code_id, box.code) == "proved"

    def test_the_sixth_code_in_an_hour_and_the_eleventh_in_a_day_are_refused_and_say_until_when(self) -> None:
        door, box = hers(), Letterbox()
        for minute in range(5):
            ask(door, box, at=NOW + timedelta(minutes=minute))
        with pytest.raises(TooManyCodes) as refused:
            ask(door, box, at=NOW + timedelta(minutes=30))
        assert refused.value.headers["Retry-After"] == "1800"
        assert "30 分钟后" in refused.value.detail
        for hour in range(1, 6):
            ask(door, box, at=NOW + timedelta(hours=hour, minutes=1))
        with pytest.raises(TooManyCodes) as refused:
            ask(door, box, at=NOW + timedelta(hours=20))
        assert refused.value.headers["Retry-After"] == str(4 * 3600)
        ask(door, box, at=NOW + timedelta(hours=24))
        assert len(box.messages) == 11
        with pytest.raises(TooManyCodes):
            ask(door, box, at=NOW + timedelta(days=9), codes_an_hour=0)

    def test_without_a_contact_or_a_gateway_nothing_is_sent_and_nothing_kept(self) -> None:
        door, box = door_of(bearings()), Letterbox()
        with pytest.raises(NobodyToReach):
            ask(door, box)
        with pytest.raises(NobodyToReach):
            send_code(door, sender=None, keys=KEYS, actor=STRANGER, at=NOW, policy=POLICY)
        assert not OwnerCode.objects.exists()

    def test_a_gateway_that_is_away_is_told_as_such_and_the_code_counts(self) -> None:
        door, box = hers(), Letterbox(broken=True)
        with pytest.raises(CodeNotSent, match="短信暂时发不出去"):
            ask(door, box)
        assert OwnerCode.objects.count() == 1


@pytest.mark.django_db
class TestPin:
    def test_liu_yang_chooses_a_pin_and_comes_in_with_it(
        self, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        door = hers()
        assert by_pin(door) == "owner-pin-wrong"
        door = choose(door, "4071 95", "407-195")
        assert PIN not in OwnerPin.objects.get().pin_hash
        assert identify_hasher(OwnerPin.objects.get().pin_hash)
        # savepoint, the PIN (locked), its try, release; savepoint, set back, entry, release
        with django_assert_num_queries(8):
            assert by_pin(door, "４０７１９５") == "proved"
        assert by_pin(door, "") == by_pin(door, "x" * 5000) == by_pin(door, "407196") == "owner-pin-wrong"
        choose(door, "771203")
        assert by_pin(door) == "owner-pin-wrong"
        assert by_pin(door, "771203") == "proved"

    @pytest.mark.parametrize("pin", ["", "12345", "1" * 13, "abcdef", "\x00" * 6, "12345a", "一二三四五六"])
    def test_a_pin_is_six_to_twelve_digits(self, pin: str) -> None:
        with pytest.raises(PinUnfit):
            choose(hers(), pin)
        assert not OwnerPin.objects.exists()

    @pytest.mark.parametrize("pin", ["000000", "123456", "987654", "890123", "121212", "123123", "341234", "110108"])
    def test_a_pin_that_strangers_try_first_is_refused(self, pin: str) -> None:
        with pytest.raises(PinTooEasy):
            choose(hers(), pin)

    def test_no_pin_is_chosen_by_a_proof_that_rests_on_another_contact_or_pin(self) -> None:
        door = hers()
        contact = Contact.objects.get()
        contact.phone = "13987654321"
        save_contact(contact=contact, actor=LIU_YANG, at=NOW + timedelta(minutes=1))
        assert outcome(partial(choose, door)) == "owner-not-proved"
        assert not OwnerPin.objects.exists()
        found = door_of(contact.enterprise)
        choose(found)
        assert outcome(partial(choose, found, "771203")) == "owner-not-proved"
        assert by_pin(found) == "proved"

    def test_tries_are_counted_and_closed_where_no_pin_was_chosen_as_where_one_was(self) -> None:
        door = hers()
        assert [by_pin(door, "999998") for _ in range(5)] == ["owner-pin-wrong"] * 4 + ["owner-pin-closed"]
        assert by_pin(door) == "owner-pin-closed"
        assert door_of(Contact.objects.get().enterprise).proof == door.proof, "a stranger's try ends no proof"
        choose(door)
        assert by_pin(door) == "proved"

    def test_a_pin_is_typed_twice(self) -> None:
        with pytest.raises(PinsDiffer):
            choose(hers(), PIN, "407196")

    def test_five_wrong_pins_close_it_for_a_quarter_of_an_hour_and_the_next_five_for_half_an_hour(self) -> None:
        door = hers()
        choose(door)
        assert [by_pin(door, "999998") for _ in range(5)] == ["owner-pin-wrong"] * 4 + ["owner-pin-closed"]
        assert by_pin(door) == "owner-pin-closed"
        with pytest.raises(PinClosed, match="15 分钟后") as refused:
            prove_by_pin(door, typed=PIN, at=NOW + timedelta(seconds=1), policy=POLICY)
        assert refused.value.headers["Retry-After"] == "899"
        later = NOW + POLICY.pin_wait
        assert [by_pin(door, "999998", at=later) for _ in range(5)] == ["owner-pin-wrong"] * 4 + ["owner-pin-closed"]
        assert by_pin(door, at=later + POLICY.pin_wait) == "owner-pin-closed"
        assert by_pin(door, at=later + 2 * POLICY.pin_wait) == "proved"
        assert [by_pin(door, "999998", at=later + timedelta(days=1)) for _ in range(4)] == ["owner-pin-wrong"] * 4
        assert [kind for kind, _actor in deeds()] == ["owner-pin-chosen", *["owner-pin-closed"] * 2, "owner-proved"]

    def test_a_right_fifth_pin_opens(self) -> None:
        door = hers()
        choose(door)
        for _ in range(4):
            by_pin(door, "999998")
        assert by_pin(door) == "proved"
        assert (OwnerPin.objects.get().wrong, OwnerPin.objects.get().closed_until) == (0, None)

    def test_her_pin_is_none_at_another_door(self) -> None:
        door = hers()
        choose(door)
        assert by_pin(door_of(bearings("91350100M000100Y43", "襄都区明亮玻璃店"))) == "owner-pin-wrong"


def test_codes_are_six_digits_and_all_different_in_hash() -> None:
    codes = {new_code() for _ in range(2000)}
    assert len(codes) > 1900
    assert all(len(code) == 6 and code.isdecimal() for code in codes)
    one, two = uuid4(), uuid4()
    assert KEYS.digest("000000", of=one) != KEYS.digest("000000", of=two)
    assert not is_code("000000", kept=KEYS.digest("000000", of=one), of=one, keys=HmacCodeKeys.from_secret("other"))
    assert "key" not in repr(KEYS)


@given(st.text(max_size=80))
def test_whatever_is_typed_becomes_digits_or_nothing(typed: str) -> None:
    found = digits(typed)
    assert found == "" or (found.isascii() and found.isdecimal())
    assert digits(f" {found[:2]}-{found[2:]} ") == found[:62]


@given(st.integers(0, 10**6), st.integers(1, 9))
def test_the_wait_doubles_and_never_passes_a_day(wrong: int, tries: int) -> None:
    wait = wait_after(wrong, tries=tries, wait=timedelta(minutes=15), longest=timedelta(days=1))
    assert (wait is None) == (wrong < tries or wrong % tries != 0)
    if wait is not None:
        assert timedelta(minutes=15) <= wait <= timedelta(days=1)


def test_what_is_a_weak_pin() -> None:
    assert not is_weak("407195", known=("13812341234", CODE))
    assert is_weak("812341", known=("13812341234",))
    assert PBKDF2PasswordHasher.iterations >= 600_000, "as slow as Django makes it"


class Unhurried(HmacCodeKeys):
    """Looks at a code for so long that others come in between, if they may; keeps what it looked at."""

    looked: ClassVar[list[str]] = []

    def digest(self, code: str, *, of: UUID) -> bytes:
        self.looked.append(code)
        time.sleep(0.05)
        return super().digest(code, of=of)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    @pytest.fixture
    def door(self) -> Iterator[DoorFacts]:
        Unhurried.looked.clear()
        yield hers()
        connection.close()

    def test_of_sixteen_threads_with_the_right_code_one_proves_it(self, door: DoorFacts) -> None:
        box, keys = Letterbox(), Unhurried(KEYS.key)
        sent = ask(door, box)
        told = at_once([partial(by_code, door, sent.code_id, box.code, keys=keys)] * 16)
        assert Counter(told) == {"proved": 1, "owner-code-wrong": 15}
        assert len(keys.looked) == 1

    def test_of_sixty_guesses_at_once_five_are_looked_at(self, door: DoorFacts) -> None:
        box, keys = Letterbox(), Unhurried(KEYS.key)
        sent = ask(door, box)
        at_once([partial(by_code, door, sent.code_id, another(box.code), keys=keys)] * 60)
        assert len(keys.looked) == OwnerCode.objects.get().tries == 5
        assert by_code(door, sent.code_id, box.code) == "owner-code-wrong"

    def test_of_sixteen_requests_at_once_five_codes_are_sent(self, door: DoorFacts) -> None:
        box = Letterbox()
        told = at_once([partial(outcome, partial(ask, door, box))] * 16)
        assert Counter(told) == {"proved": 5, "too-many-owner-codes": 11}
        assert len(box.messages) == OwnerCode.objects.count() == 5

    def test_of_sixteen_wrong_pins_at_once_five_are_looked_at(self, door: DoorFacts) -> None:
        choose(door)
        told = at_once([partial(by_pin, door, "999998")] * 16)
        assert OwnerPin.objects.get().wrong == 5
        assert Counter(told) == {"owner-pin-wrong": 4, "owner-pin-closed": 12}

    def test_two_browsers_choose_a_pin_at_once_and_one_of_them_holds(self, door: DoorFacts) -> None:
        told = at_once([partial(outcome, partial(choose, door, pin)) for pin in ("407195", "771203") * 4], threads=8)
        assert Counter(told) == {"proved": 1, "owner-not-proved": 7}
        assert sorted(by_pin(door, pin) for pin in ("407195", "771203")) == ["owner-pin-wrong", "proved"]


def test_the_refusals_have_one_sentence_each() -> None:
    sentences = [str(kind.title) for kind in (CodeWrong, PinWrong, PinClosed, CodeNotSent, TooManyCodes, NobodyToReach)]
    assert len(set(sentences)) == len(sentences)
