"""Grade the place of a scan among its officer's other ones, and those again (part of a deed, not one itself)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from audit.actor import Actor
from audit.pen import Pen
from audit.services.entry import Draft, record_all
from checkins.arrival import Arrival
from checkins.models import PlaceGrade
from checkins.patterns import Finding, Grade
from checkins.place import Place
from checkins.policy import CheckinPolicy
from checkins.recent import MOST, Recent
from checkins.trust import Turn, grades, turns
from checkins.whereabouts import measures, moment, seen
from officers.rules import Caller


def judge_place(
    arrival: Arrival, *, place: Place, credit_code: str, caller: Caller, recent: Recent, policy: CheckinPolicy
) -> list[Turn]:
    """Which grades are to be appended, now that this scan is at this enterprise (empty: nobody knows where yet)?

    Only the MOST scans that are nearest in time are held against each other: an officer's honest day has a dozen.
    """
    before = recent.scans.get(arrival.scan_id)
    mine = seen(
        scan_id=arrival.scan_id,
        at=moment(
            scanned_at=arrival.scanned_at,
            onsite_at=arrival.onsite_at,
            received_at=arrival.received_at,
        ),
        # A scan may be resolved with another of the officer's phones.
        device=before.device if before else caller.device_id,
        credit_code=credit_code,
        fix=arrival.fix,
        measured=measures(place),
    )
    others = recent.around(arrival.scanned_at, window=policy.trust.window)
    scans = sorted({**others, arrival.scan_id: mine}.values(), key=lambda one: (abs(one.at - mine.at), one.scan_id))
    found = grades(scans[:MOST], policy=policy)
    turned = turns(found, stood=recent.stood, settled=arrival.scan_id)
    # A deed about many scans of one officer has one `recent` for all of them, and takes them in their order.
    recent.scans[arrival.scan_id], recent.clocks[arrival.scan_id] = mine, arrival.scanned_at
    recent.stood.update({turn.scan_id: turn.stands for turn in turned})
    return turned


def grade_later(
    arrival: Arrival,
    *,
    place: Place,
    credit_code: str,
    caller: Caller,
    recent: Recent,
    policy: CheckinPolicy,
    at: datetime,
    pen: Pen,
) -> None:
    """Grade one of many scans, which a deed takes in their order once all are settled; its entry goes beside."""
    turned = judge_place(arrival, place=place, credit_code=credit_code, caller=caller, recent=recent, policy=policy)
    if turned:
        actor = Actor.officer(caller.certificate_no)
        told = grades_draft(arrival.scan_id, grades=grades_told(turned))
        record_all([told], actor=actor, at=at, pen=pen)
    keep_grades(turned, at=at, pen=pen)


def grades_draft(scan_id: str, *, grades: Sequence[Mapping[str, Any]]) -> Draft:
    """The entry about the grades that came of this scan: for the supervisor alone."""
    return Draft(kind="place-grades", subject=f"place:{scan_id}", body={"grades": list(grades)})


def keep_grades(turned: list[Turn], *, at: datetime, pen: Pen | None = None) -> None:
    """Append them. One statement where there is something to say, else none."""
    rows = [
        PlaceGrade(
            scan_id=turn.scan_id,
            serial=turn.serial,
            grade=turn.graded.grade.value if turn.graded else Grade.A.value,
            codes=[code.value for code in turn.graded.codes] if turn.graded else [],
            sentence=turn.graded.sentence if turn.graded else TAKEN_BACK,
            evidence=[_evidence(finding) for finding in turn.graded.findings] if turn.graded else [],
            at=at,
        )
        for turn in turned
    ]
    if pen is not None:
        for row in rows:
            pen.take(row)
    elif rows:
        PlaceGrade.objects.bulk_create(rows)


TAKEN_BACK = "重新认定后，此前的疑点不再成立。"


def grades_told(turned: list[Turn]) -> list[Mapping[str, Any]]:
    """The grades as an entry of the record has them."""
    return [
        {
            "scan": turn.scan_id,
            "serial": turn.serial,
            "grade": turn.graded.grade.value if turn.graded else Grade.A.value,
            "codes": [code.value for code in turn.graded.codes] if turn.graded else [],
            "sentence": turn.graded.sentence if turn.graded else TAKEN_BACK,
        }
        for turn in turned
    ]


def _evidence(finding: Finding) -> Mapping[str, Any]:
    return {
        "code": finding.code.value,
        "grade": finding.grade.value,
        "sentence": finding.said,
        **finding.numbers,
        "others": list(finding.others),
    }
