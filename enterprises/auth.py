"""Who is knocking at an enterprise's page: has this browser shown that it is the owner's?"""

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest

from enterprises.queries import DoorFacts

DOOR_OWNER = "door-owner"
"""The session's key: `{"door": <Door.pk>, "proof": <DoorFacts.proof>, "until": <seconds since 1970>}`, set once the
owner has proved who it is. Another poster, contact's phone or PIN: it has to be proved anew."""
DOOR_CODE = "door-code"
"""The session's key: `{"door": <Door.pk>, "code": <OwnerCode.pk>}`, the one-time code that this browser asked for."""


def owner_proved(request: HttpRequest, door: DoorFacts, *, at: datetime) -> bool:
    """Has whoever uses this browser proved to be this door's owner (one-time code or PIN), not too long ago?

    The poster hangs where every guest can scan it: its address alone proves nothing.
    """
    until = proved_until(request, door)
    return until is not None and at.timestamp() < until


def proved_until(request: HttpRequest, door: DoorFacts) -> float | None:
    """Until when, in seconds since 1970, is this browser the owner's? None: it has proved nothing for this door."""
    proof = request.session.get(DOOR_OWNER)
    if not isinstance(proof, dict) or (proof.get("door"), proof.get("proof")) != (door.id, door.proof):
        return None
    until = proof.get("until")
    return until if isinstance(until, int | float) else None


def was_owner(request: HttpRequest, door: DoorFacts) -> bool:
    """Has this browser proved it before, by what still holds, however long ago? Such a one is no stranger."""
    return proved_until(request, door) is not None


def admit_owner(request: HttpRequest, door: DoorFacts, *, until: datetime) -> None:
    """This browser has proved it, by what held when the request began (`door`): whoever was registered meanwhile owes
    nobody an entrance. The session gets a new key: one that somebody else had planted proves nothing."""
    request.session.cycle_key()
    request.session.pop(DOOR_CODE, None)
    request.session[DOOR_OWNER] = {"door": door.id, "proof": door.proof, "until": until.timestamp()}


def keep_owner(request: HttpRequest, door: DoorFacts) -> None:
    """The browser that has just chosen the PIN stays the owner's, for as long as it would have."""
    request.session[DOOR_OWNER] = {**request.session[DOOR_OWNER], "proof": door.proof}


def dismiss_owner(request: HttpRequest) -> None:
    """This browser is nobody's any more."""
    request.session.pop(DOOR_OWNER, None)
    request.session.pop(DOOR_CODE, None)


def remember_code(request: HttpRequest, door: DoorFacts, *, code_id: UUID) -> None:
    """This browser, and no other, may use the code."""
    request.session[DOOR_CODE] = {"door": door.id, "code": str(code_id)}


def remembered_code(request: HttpRequest, door: DoorFacts) -> UUID | None:
    """The code that this browser asked for at this door."""
    kept = request.session.get(DOOR_CODE)
    if not isinstance(kept, dict) or kept.get("door") != door.id:
        return None
    try:
        return UUID(str(kept.get("code")))
    except ValueError:
        return None
