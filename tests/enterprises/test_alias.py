"""What officers' choices teach about an opaque licence code."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from enterprises.alias import Lesson, Meaning, meaning
from tests.town import BEARINGS, CASHMERE

MAY = datetime(2026, 5, 6, tzinfo=UTC)


def says(who: str, code: str, hour: int = 0) -> Lesson:
    return Lesson(credit_code=code, taught_by=f"officer:{who}", at=MAY + timedelta(hours=hour))


def test_one_officers_choice_is_enough() -> None:
    assert meaning([says("张伟", BEARINGS)]) == Meaning(credit_code=BEARINGS, candidates=(BEARINGS,))


def test_two_officers_who_disagree_make_a_dispute_and_nobody_is_sent_anywhere() -> None:
    found = meaning([says("张伟", BEARINGS), says("李娜", CASHMERE)])
    assert (found.credit_code, found.disputed, set(found.candidates)) == (None, True, {BEARINGS, CASHMERE})


def test_an_officer_who_corrects_himself_leaves_no_dispute() -> None:
    assert meaning([says("张伟", CASHMERE), says("张伟", BEARINGS, 1)]).credit_code == BEARINGS


def test_a_lesson_taken_back_is_as_if_it_had_never_been() -> None:
    assert meaning([says("张伟", BEARINGS), says("李娜", CASHMERE), says("李娜", "", 1)]).credit_code == BEARINGS
    assert meaning([says("张伟", BEARINGS), says("张伟", "", 1)]) == Meaning()


def test_a_ruling_stands_and_later_doubt_shows() -> None:
    found = meaning([says("张伟", BEARINGS), says("李娜", CASHMERE)], ruling=CASHMERE)
    assert (found.credit_code, found.disputed) == (CASHMERE, True)
    assert not meaning([says("李娜", CASHMERE)], ruling=CASHMERE).disputed


taught = st.builds(says, st.sampled_from("张李王"), st.sampled_from([BEARINGS, CASHMERE, ""]), st.integers(0, 9))


@given(st.lists(taught), st.randoms())
def test_the_order_in_which_lessons_are_read_does_not_matter(some: list[Lesson], chance: object) -> None:
    shuffled = list(some)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert meaning(shuffled) == meaning(some)
