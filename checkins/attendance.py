"""Whom does a scan still put at an enterprise? Pure: one scan by value in, a reason out."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from officers.reasons import Reason


@dataclass(frozen=True, kw_only=True, slots=True)
class Attendance:
    """A scan as it stands now (在场): by whom, at which enterprise, in which visit, if in any.

    `visit`: its number. `arrived_at`: the officer's latest scan that stands in it, from which a page behind a screen
    (checkins/screen.py) and the door's page count too. `formerly`: subjects without a licence that have turned out to
    be this enterprise, of those that were asked about. `left`: somebody of the visit has said so since that scan
    (checkins/grouping.py: that ends a visit).
    """

    officer_id: int
    credit_code: str
    visit: str
    stands: bool
    arrived_at: datetime
    left: bool
    formerly: frozenset[str] = frozenset()

    def is_at(self, *credit_codes: str) -> bool:
        """Is it there, whichever of these the enterprise is called by?"""
        return {self.credit_code, *self.formerly}.issuperset(credit_codes)

    def against(self, *, officer_id: int, credit_code: str, at: datetime, stay: timedelta) -> Reason | None:
        """What speaks against this officer's being at this enterprise at `at`? None: nothing does.

        `stay`: how long after a scan without a departure its officer is taken to be there.
        """
        if not (self.stands and self.officer_id == officer_id and self.is_at(credit_code)):
            return Reason.NOT_CONFIRMED
        if self.left or at - self.arrived_at >= stay:
            return Reason.LEFT
        return None
