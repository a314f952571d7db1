"""Type the match code (核对码) of an officer's screen at the enterprise's own page: does it match?"""

import hmac
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.db import transaction

from checkins.models import MatchTry, Visit


@dataclass(frozen=True, kw_only=True, slots=True)
class Matched:
    """`locked`: the code was not looked at. `left`: how many more wrong ones may follow."""

    verdict: Literal["right", "wrong", "locked"]
    left: int


def try_match(
    *, visit_id: int, officer_id: int, typed: str, codes: Collection[str], most: int, at: datetime
) -> Matched:
    """Compare what was typed with the codes of this officer's screens in this visit, and keep that it was tried.

    At most `most` wrong ones are ever compared, whoever types them, however many at once: six digits are guessed
    after a million. The visit's row is the lock. Nobody has an account here, so there is no actor.
    """
    with transaction.atomic():
        Visit.objects.select_for_update(no_key=True).only("pk").get(pk=visit_id)
        wrong = MatchTry.objects.filter(visit=visit_id, officer=officer_id, right=False).count()
        if wrong >= most:
            return Matched(verdict="locked", left=0)
        right = any(hmac.compare_digest(typed.encode(), code.encode()) for code in codes)
        MatchTry(visit_id=visit_id, officer_id=officer_id, right=right, at=at).save(force_insert=True)
    left = most - wrong - (not right)
    return Matched(verdict="right" if right else "wrong", left=left)
