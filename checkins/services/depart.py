"""Say that one has left (离开): the visit ends, and how long it disturbed the enterprise is known (打扰时长)."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.canonical import utc_text
from audit.problem import Problem
from audit.services.entry import record
from checkins.after_words import DepartureWords
from checkins.afterwards import Life, lives, where_now
from checkins.models import Departure, Visit
from checkins.policy import CheckinPolicy
from checkins.services.further import tell_further
from checkins.services.hold import hold_named, holder
from checkins.services.judge import found, judge, warn_supervisor
from checkins.services.regroup import Change, Setting, move, reread
from checkins.services.settle import look_around
from checkins.states import Deed
from checkins.when import Clock, when
from officers.rules import Caller

_FIX = ("longitude", "latitude", "accuracy_m", "datum", "provider", "mock")


class DepartureAltered(Problem):
    """The officer has said this moment already, from another place: `departed_at` and `visit` are the stored ones."""

    code, status, title = "departure-altered", 422, _("该离开时刻已用于另一内容")


@dataclass(frozen=True, kw_only=True, slots=True)
class Departed:
    """The departure, and the visit that it ended, as it stands now. `replayed`: it was said before."""

    departure: Departure
    life: Life
    replayed: bool


def depart(
    *, number: str, words: DepartureWords, caller: Caller, at: datetime, policy: CheckinPolicy, annual_cap: int
) -> Departed:
    """Keep an officer's departure from a visit of the own agency; the last one of all ends it.

    It counts from the moment that the phone's clocks give, at the latest from receipt. A scan after it opens a new
    visit, also one that arrived before: then the scans are read again. The same moment again: as it was answered.
    Raises NoSuchVisit, VisitNotOpen (taken back), DepartureAltered.
    """
    actor = Actor.officer(caller.certificate_no)
    with transaction.atomic():
        visit = hold_named(number, agency_code=caller.agency_code)
        said = Departure.objects.filter(visit=visit, officer=caller.officer_id, said_at=words.departed_at).first()
        if said is not None and _fix(words) != {name: getattr(said, name) for name in _FIX}:
            raise DepartureAltered(visit=visit.number, departed_at=utc_text(said.departed_at))
        if said is not None:
            return Departed(departure=said, life=_life(visit), replayed=True)
        home = holder(visit, deed=Deed.DEPARTURE)
        departure = _keep(visit, words=words, caller=caller, at=at)
        setting, changes = _regroup(departure, visit=home, caller=caller, actor=actor, at=at, policy=policy)
        judged = judge(setting, changes, annual_cap=annual_cap) if changes else None
        life = _life(Visit.objects.get(pk=home.pk))
        minutes = life.minutes(policy.grouping_window)
        fact = tell_further(
            life.visit,
            changes={},
            event="visit.departed",
            more={
                "departed_at": utc_text(departure.departed_at),
                "certificate_no": caller.certificate_no,
                "duration_minutes": minutes,
            },
            at=at,
        )
        life.fact = replace(life.fact, version=fact["version"])
        record(
            kind="departure",
            subject=f"visit:{visit.number}",
            body={
                "certificate_no": caller.certificate_no,
                "device": caller.device_id,
                "said_at": departure.said_at,
                "departed_at": departure.departed_at,
                "received_at": at,
                "duration_minutes": minutes,
                "facts": [*(change.told for change in changes), fact],
                "findings": found(judged) if judged else [],
            },
            actor=actor,
            at=at,
        )
        if judged is not None:
            warn_supervisor(setting, judged, reason="离开使入企重新分组")
        return Departed(departure=departure, life=life, replayed=False)


def _keep(visit: Visit, *, words: DepartureWords, caller: Caller, at: datetime) -> Departure:
    moment = when(scanned_at=words.departed_at, clock=Clock.of(words.clock_told()), received_at=at)
    departure = Departure(
        visit=visit,
        officer_id=caller.officer_id,
        device_id=caller.device_id,
        purpose=visit.opening_scan.words["visit"]["purpose"],
        departed_at=moment.best,
        said_at=words.departed_at,
        received_at=at,
        **_fix(words),
    )
    departure.save(force_insert=True)
    return departure


def _fix(words: DepartureWords) -> dict[str, Any]:
    """The place as a row has it."""
    place = words.location
    if place is None:
        return dict.fromkeys(_FIX)
    return {**{name: getattr(place, name) for name in _FIX}, "datum": place.datum.value}


def _regroup(
    departure: Departure, *, visit: Visit, caller: Caller, actor: Actor, at: datetime, policy: CheckinPolicy
) -> tuple[Setting, list[Change]]:
    """Read the scans around the departure again, as after a late scan."""
    setting, scans = look_around(
        scan_id="",
        onsite_at=departure.departed_at,
        words={"visit": {**visit.opening_scan.words["visit"], "continues": visit.number}},
        caller=caller.at_agency(visit.agency),
        credit_code=visit.credit_code,
        actor=actor,
        at=at,
        policy=policy,
    )
    changes = reread(setting, moving=(), scans=scans)
    move(scans, changes=changes, setting=setting, because=f"departure:{departure.pk}")
    return setting, changes


def _life(visit: Visit) -> Life:
    [life] = lives([where_now(visit) or visit])
    return life
