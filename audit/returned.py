"""A letter that a platform gives back (找回): is it one of ours, and could it be written here? Pure but for the client.

What a platform says we once wrote becomes a fact of ours and goes to other platforms under our key. So only that is
believed which bears our own signature, and of that only what this house could have written in the time that was lost.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from audit.envelope import FLAG_LETTER, LANE, lane_of
from audit.supervision import Held
from audit.webhook import BadSignature, Trust

FLAG: Final = "flag."
VISIT: Final = "visit."
MOST_AHEAD: Final = 10**9
"""So many letters no house has lost: a larger `sequence` would only use up the keys of those to come."""
MOST_VERSIONS: Final = 10**6
"""Of one visit."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Belief:
    """What may come back: `trust` our own signature, `source` our own name, made between `since` and `until`, with a
    `sequence` not far past the `highest` that we know of."""

    trust: Trust
    source: str
    since: datetime
    until: datetime
    highest: int

    def fault(self, held: Held) -> str:
        """Why is this letter not taken? Empty: it may be. `signature`, `source`, `time`, `sequence`, `lane`, `number`
        or `version`."""
        letter, data = held.letter, held.letter.data
        try:
            signed = self.trust.check_ever(held.headers, body=letter.body())
        except BadSignature:
            return "signature"
        version = data.get("version")
        wrong = {
            "signature": signed != letter.number,
            "source": letter.source != self.source,
            "time": not self.since <= letter.time <= self.until,
            "sequence": not 0 < letter.sequence <= self.highest + MOST_AHEAD,
            "lane": not LANE.fullmatch(letter.lane) or letter.lane != _lane(held),
            "number": letter.event.startswith(FLAG) and not self._is_flag(held),
            "version": letter.event.startswith(VISIT) and not _is_version(version),
        }
        return next((name for name, is_wrong in wrong.items() if is_wrong), "")

    def _is_flag(self, held: Held) -> bool:
        number = flag_of(held)
        return 0 < number <= self.highest + MOST_AHEAD and held.letter.data.get("flag") == number


def flag_of(held: Held) -> int:
    """The number of the flag that the letter tells of; 0: of none."""
    found = FLAG_LETTER.fullmatch(held.letter.number)
    return int(found[1]) if found else 0


def _lane(held: Held) -> str:
    """Whose letters a letter of this content belongs among. In a platform's own words that cannot be told: as it
    says."""
    data = held.letter.data
    if not held.letter.event.startswith((FLAG, VISIT)) or "credit_code" not in data:
        return held.letter.lane
    return lane_of(credit_code=data["credit_code"], subject=held.letter.subject, data=data)


def _is_version(version: object) -> bool:
    return version is None or (isinstance(version, int) and 0 < version <= MOST_VERSIONS)
