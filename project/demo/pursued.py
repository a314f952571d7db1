"""Complaints and cases (督办) of the demo: each as far as its story goes, by the deeds of the real ones."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from functools import partial
from itertools import cycle
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from audit.actor import Actor
from audit.casework import Organ, Rating
from audit.facts import SHANGHAI
from audit.ladder import Ladder
from audit.models import Complaint, ComplaintState, Flag
from audit.services import complain as complaints
from audit.services.answer_case import answer_case
from audit.services.close_case import close_case
from audit.services.flag import Whose
from audit.services.hand_out import hand_out
from audit.services.open_case import open_case
from audit.services.press_case import escalate
from audit.services.rate_case import rate_case
from audit.services.rate_complaint import rate_complaint
from audit.services.reopen_case import reopen_case
from audit.services.turn_complaint import turn_complaint
from officers.models import Agency
from project.demo.grievances import ANSWER, CLOSED, GRIEVANCES, HANDED, REOPENED, SAID, WARNED, Grievance
from project.demo.world import World

REGION, AGENCY = "130502", "130502-SCJG"
SUPERVISOR, LEADER = Actor.account("jiandu-xiangdu"), Actor.account("fuze-xiangdu")
RESPONSIBLE = "陈立新"
PHONE = "17000000000"
WARNINGS = 3
"""So many of the agency's warnings have become cases, one on each of the first rungs."""


def pursued(city: World, *, agencies: dict[str, Agency], ladders: Sequence[Ladder], today: date) -> None:
    """Take the complaints in and do what was done about them since; open cases about some warnings."""
    agency = agencies[AGENCY]
    organ = Organ(code=agency.code, path=agency.path, name=agency.name, supervised_by=agency.supervised_by)
    doors = cycle(door for door in city.enterprises if door.status == "open" and door.region_code.startswith(REGION))
    for grievance, door in zip(GRIEVANCES, doors, strict=False):
        whose = Whose(credit_code=door.credit_code, enterprise_name=door.name, region_code=door.region_code)
        came = _on(today, grievance.days)
        _pursue(_taken(grievance, whose=whose, organ=organ, at=came), grievance, organ=organ, ladders=ladders, at=came)
    for place, flag in enumerate(Flag.objects.filter(agency_code=AGENCY).order_by("-raised_at", "pk")[:WARNINGS]):
        _warned(flag, organ=organ, ladders=ladders, at=_on(today, 3 + 4 * place), rungs=place)


def _on(today: date, days: int) -> datetime:
    return datetime.combine(today - timedelta(days=days), time(9, 30), SHANGHAI)


def _taken(grievance: Grievance, *, whose: Whose, organ: Organ, at: datetime) -> Complaint:
    at_door = grievance.source == "door"
    return complaints.complain(
        complaints.Grievance(
            source=grievance.source,
            source_no=grievance.source_no,
            kind=grievance.kind,
            text=grievance.text,
            happened_at=at - timedelta(hours=2),
            complainant=grievance.complainant,
            phone=PHONE,
            may_be_named=grievance.may_be_named,
        ),
        whose=whose,
        organ=None if at_door else organ,
        submission=uuid5(NAMESPACE_URL, f"demo:{grievance.text}"),
        actor=Actor.door(whose.credit_code) if at_door else SUPERVISOR,
        at=at,
    )


def _pursue(
    complaint: Complaint, grievance: Grievance, *, organ: Organ, ladders: Sequence[Ladder], at: datetime
) -> None:
    if grievance.came == "open":
        return
    day = timedelta(days=1)
    complainant = Actor.complainant(complaint.number)
    if grievance.came == "closed":
        closed = ComplaintState.State.CLOSED
        turn_complaint(complaint, state=closed, note=SAID, actor=SUPERVISOR, at=at + 2 * day)
        rate_complaint(complaint, rating=Rating.UNSATISFIED, actor=complainant, at=at + 3 * day)
        return
    by: dict[str, Any] = {"ladders": ladders, "actor": SUPERVISOR}
    about = organ if complaint.agency_code else None
    case = open_case(complaint, organ=about, note="投诉属实性待核查", at=at + timedelta(hours=3), **by)
    hand = partial(hand_out, case, organ=organ, responsible=RESPONSIBLE, grade=grievance.grade, note=HANDED, **by)
    close = partial(close_case, case, note=CLOSED, **by)
    if grievance.came == "pursued":
        return
    hand(at=at + day)
    if grievance.came not in {"yellow", "red"}:
        answer_case(case, note=ANSWER, actor=LEADER, at=at + 2 * day)
    if grievance.came in {"satisfied", "reopened"}:
        close(at=at + 4 * day)
        happy = grievance.came == "satisfied"
        rating = Rating.SATISFIED if happy else Rating.UNSATISFIED
        rate_case(case, rating=rating, note="", actor=complainant, at=at + 5 * day)
    if grievance.came == "reopened":
        reopen_case(case, note=REOPENED, at=at + 20 * day, **by)
        hand(at=at + 21 * day)


def _warned(flag: Flag, *, organ: Organ, ladders: Sequence[Ladder], at: datetime, rungs: int) -> None:
    by: dict[str, Any] = {"ladders": ladders, "actor": SUPERVISOR}
    case = open_case(flag, organ=organ, note=WARNED, at=at, **by)
    hand_out(case, organ=organ, responsible=RESPONSIBLE, note=HANDED, at=at + timedelta(hours=5), **by)
    for turn in range(rungs):
        report = f"襄司监报〔{at:%Y}〕{turn + 1}号"
        later = at + timedelta(days=1 + turn)
        escalate(case, note="逾期未说明理由", report_no=report, at=later, **by)
