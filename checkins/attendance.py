"""Whom does a scan still put at an enterprise? Pure: one scan by value in, a reason out."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from officers.reasons import Reason


@dataclass(frozen=True, kw_only=True, slots=True)
class Attendance:
    """A scan as it stands now (在场): by whom, at which enterprise, in which visit, if in any.

    `credit_code` and `visit` (its number) are empty while the scan is read as neither; `left`: somebody of the visit
    has said so since the scan (checkins/grouping.py: that ends a visit).
    """

    officer_id: int
    credit_code: str
    visit: str
    stands: bool
    started_at: datetime | None
    left: bool

    def against(self, *, officer_id: int, credit_code: str, at: datetime, stay: timedelta) -> Reason | None:
        """What speaks against this officer's being at this enterprise at `at`? None: nothing does.

        `stay`: for how long after its beginning a visit without a departure is taken to go on.
        """
        there = (self.officer_id, self.credit_code) == (officer_id, credit_code)
        if not (there and self.stands and self.started_at is not None):
            return Reason.NOT_CONFIRMED
        if self.left or at - self.started_at >= stay:
            return Reason.LEFT
        return None
