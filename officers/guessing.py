"""Guessing is slow: one address may be wrong only so often."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from audit.allowance import Allowance
from audit.problem import Problem


class TooManyWrongCodes(Problem):
    """This address has been wrong too often; `Retry-After` says in how many seconds it may try again."""

    code, status, title = "too-many-wrong-codes", 429, _("激活码输入错误次数过多，请稍后再试")


@dataclass(frozen=True, kw_only=True, slots=True)
class WrongCodes:
    """The wrong codes of one address within the window that its first one opened."""

    address: str
    at: datetime
    limit: int
    window: timedelta

    def refuse_if_too_many(self) -> None:
        """Raises TooManyWrongCodes once the limit is reached, until the window closes. One statement."""
        allowance = self._allowance
        if allowance.is_used_up:
            raise TooManyWrongCodes(headers={"Retry-After": str(allowance.seconds_left)})

    def count(self) -> None:
        """One more. One statement."""
        self._allowance.take()

    @property
    def _allowance(self) -> Allowance:
        return Allowance(what="wrong-code", who=self.address, at=self.at, limit=self.limit, window=self.window)
