"""Every look-up is written down; who reads the register instead of looking up is seen and slowed, never refused."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st
from time_machine import TimeMachineFixture

from audit.look_ups import LookUpPolicy, Stroke, next_stroke
from audit.models import Entry, LookUp, LookUpFlag
from tests.enterprises.test_search import ask
from tests.town import Phone, Town

NOON = datetime(2026, 7, 1, 4, tzinfo=UTC)
POLICY = LookUpPolicy()


def typed(*said: tuple[str, float]) -> list[int]:
    """Which look-up each request belongs to, told by texts and seconds since the one before."""
    last: Stroke | None = None
    at, number, numbers = NOON, 0, []
    for text, seconds in said:
        at += timedelta(seconds=seconds)
        last = next_stroke(last, typed=text, at=at, policy=POLICY)
        number += last.number == 1
        numbers.append(number)
    return numbers


def test_one_name_typed_key_by_key_is_one_look_up() -> None:
    assert typed(("邢", 0), ("邢台", 1), ("邢台轴", 2), ("邢台轴承", 29)) == [1, 1, 1, 1]


def test_taking_back_and_typing_on_is_the_same_and_typing_something_else_is_not() -> None:
    assert typed(("邢台轴城", 0), ("邢台轴", 1), ("邢台", 1), ("邢台轴", 1), ("邢台轴承", 1)) == [1, 1, 1, 1, 2]


def test_the_register_cannot_be_read_as_one_look_up_by_going_back_to_a_common_beginning() -> None:
    assert typed(("邢台轴承", 0), ("邢台", 1), ("邢台玻璃", 1), ("邢台", 1), ("邢台羊绒", 1)) == [1, 1, 2, 2, 3]


def test_after_half_a_minute_the_same_text_is_another_look_up() -> None:
    assert typed(("邢台", 0), ("邢台轴承", 30), ("邢台轴承", 30.1)) == [1, 1, 2]


def test_the_same_text_asked_all_over_the_map_ends_as_one_look_up() -> None:
    assert typed(*[("饭店", 1)] * 100)[-1] == 3


@given(texts=st.lists(st.text("邢台轴承", min_size=1, max_size=4), min_size=1, max_size=20))
def test_each_text_of_a_look_up_is_a_beginning_of_its_longest(texts: list[str]) -> None:
    numbers = typed(*((text, 1) for text in texts))
    for number in set(numbers):
        own = [text for text, each in zip(texts, numbers, strict=True) if each == number]
        assert all(max(own, key=len).startswith(text) for text in own)


@pytest.fixture
def at_noon(time_machine: TimeMachineFixture) -> TimeMachineFixture:
    time_machine.move_to(NOON, tick=False)
    return time_machine


def reads(phone: Phone, clock: TimeMachineFixture, count: int, *, start: int = 0) -> list[Any]:
    """That many different names, five seconds apart."""
    answers = []
    for number in range(start, start + count):
        clock.shift(5)
        answers.append(ask(phone, q=f"{number}号店铺"))
    return answers


@pytest.mark.django_db
def test_what_was_typed_and_shown_is_written_down_with_who_and_when(town: Town, at_noon: TimeMachineFixture) -> None:
    call_command("reindex_enterprises", verbosity=0)
    for text in ("轴", "轴承", "轴承 厂"):
        ask(town.zhang_wei, q=text, near="114.5,37.07")
    rows = list(LookUp.objects.order_by("pk").values_list("actor", "agency_code", "at", "typed", "stroke", "shown"))
    who = ("officer:13050200101", "130502-SCJG", NOON)
    assert rows == [(*who, "轴", 1, 1), (*who, "轴承", 2, 1), (*who, "轴承厂", 3, 1)]


@pytest.mark.django_db
def test_a_question_that_was_refused_is_no_look_up(town: Town) -> None:
    assert ask(town.zhang_wei, q="").status_code == 422
    assert not LookUp.objects.exists()


@pytest.mark.django_db
def test_past_sixty_an_hour_the_supervisor_is_told_once_and_the_officer_waits(
    town: Town, at_noon: TimeMachineFixture
) -> None:
    call_command("reindex_enterprises", verbosity=0)
    with override_settings(LOOK_UP_POLICY=LookUpPolicy(delay=timedelta(0), fewest=1)):
        answers = reads(town.zhang_wei, at_noon, 60)
        assert not any(answer.json()["slowed"] or answer.has_header("Retry-After") for answer in answers)
        assert not LookUpFlag.objects.exists()
        for answer in reads(town.zhang_wei, at_noon, 5, start=60):
            assert (answer.status_code, answer.json()["slowed"], answer["Retry-After"]) == (200, True, "60")
        shown = ask(town.zhang_wei, q="有限", limit=50).json()
        shown = ask(town.zhang_wei, q="xt", limit=50).json()
        assert len(shown["results"]) == 1
        assert not ask(town.li_na, q="xt").json()["slowed"], "another officer"
        flag = LookUpFlag.objects.get()
        assert (flag.officer_name, flag.look_ups, flag.hourly, flag.supervised_by) == ("张伟", 61, 60, "130502-SFJ")
        assert Entry.objects.get(kind="look_ups_flagged").subject == "officer:13050200101"
        at_noon.shift(3601)
        assert not ask(town.zhang_wei, q="xt").json()["slowed"]


@pytest.mark.django_db
def test_a_slowed_answer_takes_longer(town: Town) -> None:
    slow = LookUpPolicy(hourly=0, delay=timedelta(seconds=0.2))
    with override_settings(LOOK_UP_POLICY=slow):
        before = datetime.now(UTC)
        assert ask(town.zhang_wei, q="轴承").status_code == 200
        assert datetime.now(UTC) - before >= timedelta(seconds=0.2)
