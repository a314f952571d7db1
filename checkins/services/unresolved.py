"""Keep a scan of which nobody can say yet which enterprise it was (part of a deed, not one itself)."""

from datetime import datetime

from audit.actor import Actor
from audit.pen import Pen
from checkins.arrival import Arrival, warnings_of
from checkins.gaps import arrived
from checkins.models import Resolution
from checkins.place import Place, Verdict, check
from checkins.policy import CheckinPolicy
from checkins.recent import Recent
from checkins.rules import Warn
from checkins.services.gap import note_counter
from checkins.services.grade_place import grades_told, judge_place, keep_grades
from checkins.services.record import record_scan, with_leaf
from checkins.services.settle import Settled
from checkins.telling import answer
from checkins.whereabouts import measures
from officers.rules import Caller


def keep_unresolved(
    arrival: Arrival,
    *,
    caller: Caller,
    warnings: list[Warn],
    actor: Actor,
    at: datetime,
    policy: CheckinPolicy,
    pen: Pen | None = None,
) -> Settled:
    """The scan is kept and recorded; visit, fact and filing wait for its resolution."""
    place = Place(verdict=Verdict.UNKNOWN)
    counter = arrival.words.get("counter")
    before, times = arrived(device_id=caller.device_id, counter=counter)
    warnings = [
        *warnings,
        *warnings_of(arrival, caller=caller, place=place, policy=policy),
        *note_counter(
            scan_id=arrival.scan_id,
            device_id=caller.device_id,
            counter=counter,
            before=before,
            times=times,
            at=at,
            pen=pen,
        ),
    ]
    # Among the officer's other scans it is seen when the next one comes, or when it is resolved.
    nowhere = check(fix=arrival.fix, sites=[], policy=policy)
    grades = judge_place(arrival, place=nowhere, credit_code="", caller=caller, recent=Recent(), policy=policy)
    told = answer(
        licence=arrival.licence,
        visit=None,
        enterprise=None,
        filing="",
        frequency=None,
        warnings=warnings,
        place=place,
        moment=arrival.when,
    )
    entry = record_scan(
        arrival,
        kind="scan",
        caller=caller,
        place=place,
        warnings=warnings,
        facts=[],
        findings=[],
        grades=grades_told(grades),
        actor=actor,
        at=at,
        pen=pen,
    )
    told = with_leaf(told, entry=entry)
    row = Resolution(
        scan_id=arrival.scan_id,
        serial=1,
        agency_id=caller.agency_id,
        purpose=arrival.words["visit"]["purpose"],
        onsite_at=arrival.onsite_at,
        by=actor,
        at=at,
        facts={**told, "measured": measures(nowhere)},
    )
    row.save(force_insert=True) if pen is None else pen.take(row)
    keep_grades(grades, at=at, pen=pen)
    return Settled(facts=told, filing="")
