"""Take in a phone's whole queue (批量上传): the same scans, the same decisions as one by one, in few statements.

In order of the phone's own counter. The ordinary ones go in chunks, one transaction each: identified, all their lanes
held at once, inserted at once; then in rounds, each enterprise at most once a round, because a second scan there is
decided on what the first one has become: one gathering for the round, the same decisions as in `scan`, and one INSERT a
table. A chunk that fails is undone and its scans go in one by one, so that no bad one costs its fellows anything; so do
those whose words teach the registry something that the next scan may need (a subject, an unlisted shop, the meaning of
an opaque code), in their place in the order.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from django.db import OperationalError, transaction

from audit.lane import hold_all
from audit.pen import Pen
from audit.problem import Problem
from audit.trouble import Broken, Busy
from checkins.contract import ScanWords
from checkins.gaps import counter_lane
from checkins.gathering import Around, gather_many
from checkins.policy import CheckinPolicy
from checkins.queries import kept_answers, known_among
from checkins.recent import recent_around
from checkins.services.arrive import TakenIn, conclude, hangs_on_photo, take_in, when_of
from checkins.services.grade_place import grade_later
from checkins.services.scan import Given, again, fresh, scan
from checkins.services.settle import Settled
from enterprises.licence import read
from officers.rules import Caller, may_upload

logger = logging.getLogger(__name__)
CHUNK = 50
"""Scans in one transaction: enough that statements are shared, few enough that no lane is held for long."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Queue:
    """What all scans of a batch have in common."""

    caller: Caller
    at: datetime
    policy: CheckinPolicy
    grace: timedelta
    annual_cap: int


def scan_batch(
    items: Sequence[ScanWords],
    *,
    caller: Caller,
    at: datetime,
    policy: CheckinPolicy,
    grace: timedelta,
    annual_cap: int,
) -> list[Given | Problem]:
    """Store each scan once; what became of each, in the order given. No scan's trouble is another's.

    A Problem is what `scan` raises; Busy and Broken were not the scan's fault, and it may be sent again.
    """
    queue = Queue(caller=caller, at=at, policy=policy, grace=grace, annual_cap=annual_cap)
    places = sorted(range(len(items)), key=lambda place: (_order(items[place]), place))
    first = {items[place].scan_id: place for place in reversed(places)}
    outcome: dict[int, Given | Problem] = {}
    fresh_ones = _answer_known(
        items, [place for place in places if first[items[place].scan_id] == place], outcome, queue
    )
    for plain, run in groupby(fresh_ones, key=lambda place: _is_plain(items[place])):
        for chunk in _chunks(list(run)) if plain else ([place] for place in run):
            outcome |= zip(chunk, _take([items[place] for place in chunk], queue), strict=True)
    for place in places:
        if place not in outcome:  # the same id once more in one batch: a replay by now, or altered
            outcome[place] = _alone(items[place], queue)
    return [outcome[place] for place in range(len(items))]


def _order(words: ScanWords) -> tuple[bool, int, datetime]:
    return words.counter is None, words.counter or 0, words.scanned_at


def _answer_known(
    items: Sequence[ScanWords], places: list[int], outcome: dict[int, Given | Problem], queue: Queue
) -> list[int]:
    """Answer what is known, and what may not be uploaded; which places are left?"""
    contents = {items[place].scan_id: items[place].content() for place in places}
    kept = kept_answers(contents, officer_id=queue.caller.officer_id, at=queue.at)
    outcome |= {place: again(kept[scan_id]) for place in places if (scan_id := items[place].scan_id) in kept}
    left = [place for place in places if place not in outcome]
    known = known_among([items[place].scan_id for place in left])
    for place in left:
        # Altered, somebody else's, or not to be uploaded any more: the ordinary deed says which.
        if items[place].scan_id in known or not _may_upload(items[place], queue):
            outcome[place] = _alone(items[place], queue)
    return [place for place in left if place not in outcome]


def _may_upload(words: ScanWords, queue: Queue) -> bool:
    moment = when_of(words, at=queue.at).best
    return may_upload(revoked_at=queue.caller.revoked_at, scanned_at=moment, now=queue.at, grace=queue.grace)


def _is_plain(words: ScanWords) -> bool:
    """Does this scan teach nothing on which the next one's identification may hang?"""
    taught = words.credit_code and words.code and read(words.code).learnable
    return words.subject is None and words.premises_address is None and not taught and not hangs_on_photo(words)


def _chunks(places: list[int]) -> Iterator[list[int]]:
    for begin in range(0, len(places), CHUNK):
        yield places[begin : begin + CHUNK]


def _take(items: list[ScanWords], queue: Queue) -> list[Given | Problem]:
    if len(items) > 1:
        try:
            with transaction.atomic():
                return _together(items, queue)
        except Exception as trouble:
            logger.warning("a chunk of %d scans goes in one by one", len(items), exc_info=trouble)
    return [_alone(words, queue) for words in items]


def _alone(words: ScanWords, queue: Queue) -> Given | Problem:
    """The ordinary deed; what it raises is this scan's alone."""
    try:
        return scan(
            words=words,
            caller=queue.caller,
            at=queue.at,
            policy=queue.policy,
            grace=queue.grace,
            annual_cap=queue.annual_cap,
        )
    except Problem as refusal:
        return refusal
    except OperationalError as trouble:
        logger.error("database unavailable", exc_info=trouble)
        return Busy()
    except Exception as trouble:
        logger.error("unhandled", exc_info=trouble)
        return Broken()


def _together(items: list[ScanWords], queue: Queue) -> list[Given | Problem]:
    """One chunk, inside its transaction."""
    caller, at = queue.caller, queue.at
    pen = Pen()
    # Before they are stored, so that they do not crowd out the others; each joins `recent` as it is graded.
    recent = recent_around(
        officer_id=caller.officer_id,
        scanned=[words.scanned_at for words in items],
        at=at,
        window=queue.policy.trust.window,
    )
    taken = [take_in(words, content=words.content(), caller=caller, at=at, pen=pen) for words in items]
    hold_all([counter_lane(caller.device_id), *(one.lane for one in taken)])
    pen.flush()
    outcome: dict[int, Settled] = {}
    for places in _rounds(taken):
        placed = [place for place in places if taken[place].identity.credit_code is not None]
        found = gather_many([_around(taken[place], caller) for place in placed])
        gathered = dict(zip(placed, found, strict=True))
        for place in places:
            outcome[place] = conclude(
                taken[place],
                caller=caller,
                at=at,
                policy=queue.policy,
                annual_cap=queue.annual_cap,
                gathered=gathered.get(place),
                pen=pen,
            )
        pen.flush()
    for place, one in enumerate(taken):
        if (there := outcome[place].ungraded) is not None:
            grade_later(
                one.arrival,
                place=there,
                credit_code=one.lane,
                caller=caller,
                recent=recent,
                policy=queue.policy,
                at=at,
                pen=pen,
            )
    pen.flush()
    return [fresh(outcome[place]) for place in range(len(items))]


def _rounds(taken: list[TakenIn]) -> list[list[int]]:
    """In which round is each scan decided? The nth of its lane in the nth."""
    rounds: list[list[int]] = []
    seen: dict[str, int] = {}
    for place, one in enumerate(taken):
        nth = seen.get(one.lane, 0)
        seen[one.lane] = nth + 1
        if nth == len(rounds):
            rounds.append([])
        rounds[nth].append(place)
    return rounds


def _around(taken: TakenIn, caller: Caller) -> Around:
    words = taken.arrival.words
    return Around(
        onsite_at=taken.arrival.onsite_at,
        purpose=words["visit"]["purpose"],
        continues=words["visit"]["continues"],
        credit_code=taken.lane,
        agency_id=caller.agency_id,
        agency_code=caller.agency_code,
        device_id=caller.device_id,
        counter=words.get("counter"),
        naming=words["visit"],
    )
