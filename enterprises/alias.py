"""What do officers' choices say about an opaque licence code? Pure: lessons and rulings in, meaning out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Lesson:
    """One officer's choice at one moment; an empty credit code takes the officer's earlier one back."""

    credit_code: str
    taught_by: str
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Meaning:
    """`credit_code`: what the code means, None while nobody knows or officers disagree.

    `candidates`: what standing lessons say, for the officer or the supervisor to choose from. `disputed`: they differ
    from one another or from the ruling; a ruling stands all the same, until the next.
    """

    credit_code: str | None = None
    candidates: tuple[str, ...] = ()
    disputed: bool = False


def meaning(lessons: Iterable[Lesson], *, ruling: str | None = None) -> Meaning:
    """What does this opaque code mean now?

    Each officer's latest lesson stands. One meaning among them: that. Two: a dispute, and nobody is sent to the wrong
    enterprise at once. A supervisor's ruling outweighs lessons. The order of the lessons given does not matter.
    """
    latest: dict[str, Lesson] = {}
    for lesson in lessons:
        known = latest.get(lesson.taught_by)
        if known is None or (lesson.at, lesson.credit_code) > (known.at, known.credit_code):
            latest[lesson.taught_by] = lesson
    said = tuple(sorted({lesson.credit_code for lesson in latest.values() if lesson.credit_code}))
    if ruling is not None:
        return Meaning(credit_code=ruling, candidates=said, disputed=bool(set(said) - {ruling}))
    return Meaning(credit_code=said[0] if len(said) == 1 else None, candidates=said, disputed=len(said) > 1)
