"""Who is knocking at an enterprise's page: has this browser shown that it is the owner's?"""

from datetime import datetime

from django.http import HttpRequest

DOOR_OWNER = "door-owner"
"""The session's key: `{"door": <Door.pk>, "until": <seconds since 1970>}`, set once the owner has proved who it is."""


def owner_proved(request: HttpRequest, door_id: int, *, at: datetime) -> bool:
    """Has whoever uses this browser proved to be this door's owner (one-time code or PIN), not too long ago?

    The poster hangs where every guest can scan it: its address alone proves nothing.
    """
    proof = request.session.get(DOOR_OWNER)
    return (
        isinstance(proof, dict)
        and proof.get("door") == door_id
        and isinstance(proof.get("until"), int | float)
        and at.timestamp() < proof["until"]
    )
