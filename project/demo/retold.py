"""The last weeks again, as they happened: every officer's phone scans the licence, by the same deed as any phone."""

import random
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _

from checkins.contract import ScanWords
from checkins.policy import CheckinPolicy
from checkins.services.scan import scan
from officers.queries import caller
from officers.rules import Caller
from project.demo.dice import dice
from project.demo.enterprises import Enterprise
from project.demo.licence import licence_text
from project.demo.past import reason
from project.demo.visits import Visit
from project.demo.world import World

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://ruqi.example/demo")
NO_FIX_SHARE, FAR_SHARE = 0.03, 0.02
NEAR, FAR = 0.00025, 0.03
"""How far a fix lies from the premises, in degrees: the standard deviation at the door, the offset of one far away."""


def retell(
    visits: Sequence[Visit],
    *,
    city: World,
    tokens: Mapping[str, str],
    policy: CheckinPolicy,
    grace: timedelta,
    annual_cap: int,
    tell: Callable[[str, float], None],
) -> None:
    """Scan each visit, in order of time: its officers one after the other, the answer a few seconds after each scan.

    An agency that comes along in a joint visit scans with the joint code that the first one's screen showed.
    """
    chance = dice(seed=len(city.enterprises), noun="phones")
    doors = {enterprise.credit_code: enterprise for enterprise in city.enterprises}
    callers = {number: _caller(token) for number, token in tokens.items()}
    codes: dict[str, str] = {}
    for place, visit in enumerate(visits):
        tell(_("重演最近的扫码"), place / len(visits))
        shown = codes.get(visit.joint_id or "")
        for officer, words in _scans(visit, door=doors[visit.credit_code], joint_code=shown, chance=chance):
            given = scan(
                words=words,
                caller=callers[officer],
                at=words.scanned_at + timedelta(milliseconds=chance.randint(300, 4000)),
                policy=policy,
                grace=grace,
                annual_cap=annual_cap,
            )
            if visit.joint_id:
                codes.setdefault(visit.joint_id, given.facts["visit"]["joint_code"])


def _caller(token: str) -> Caller:
    found = caller(token)
    if found is None:
        raise LookupError("a token was handed out that no device has")
    return found


def _scans(
    visit: Visit, *, door: Enterprise, joint_code: str | None, chance: random.Random
) -> Iterator[tuple[str, ScanWords]]:
    moment = visit.started_at
    for officer in visit.certificate_nos:
        yield (
            officer,
            ScanWords.model_validate(
                {
                    "scan_id": str(
                        uuid.uuid5(NAMESPACE, f"{officer} {visit.credit_code} {visit.started_at.isoformat()}")
                    ),
                    "code": licence_text(visit.credit_code),
                    "scanned_at": moment.isoformat(),
                    "location": _fix(door, chance=chance),
                    "visit": {
                        "purpose": visit.purpose,
                        "category": visit.category,
                        "reason": reason(visit) or None,
                        "source_no": visit.source_no,
                        "joint_code": joint_code,
                    },
                }
            ),
        )
        moment += timedelta(seconds=chance.randint(8, 90))


def _fix(door: Enterprise, *, chance: random.Random) -> dict[str, Any] | None:
    """Where the phone thought it was: at one of the enterprise's places, mostly."""
    lot = chance.random()
    if lot < NO_FIX_SHARE:
        return None
    away = FAR if lot < NO_FIX_SHARE + FAR_SHARE else 0.0
    place = chance.choice(door.premises)
    return {
        "longitude": round(place.longitude + away + chance.gauss(0, NEAR), 6),
        "latitude": round(place.latitude + chance.gauss(0, NEAR), 6),
        "accuracy_m": float(chance.choice((8, 12, 18, 25, 40, 65))),
        "datum": place.datum,
        "provider": "gps",
        "mock": False,
    }
