"""A calendar year, month or day (期间), as an address names it: `2026`, `2026-07`, `2026-07-15`. Pure."""

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

_SHAPE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)
EARLIEST, LATEST = 1993, 2099


@dataclass(frozen=True, kw_only=True, slots=True)
class Period:
    """`month`, `day` 0: the whole year, the whole month."""

    year: int
    month: int = 0
    day: int = 0

    @classmethod
    def of(cls, text: str) -> Self:
        """Raises ValueError for what is no such period between 1993 and 2099."""
        read = _SHAPE.fullmatch(text)
        if read is None:
            raise ValueError(f"{text!r} is no year, month or day")
        year, month, day = (int(part or 0) for part in read.groups())
        if not EARLIEST <= year <= LATEST or "00" in read.groups()[1:]:
            raise ValueError(f"{text!r} is no year, month or day between {EARLIEST} and {LATEST}")
        found = cls(year=year, month=month, day=day)
        date(year, month or 1, day or 1)
        return found

    def __str__(self) -> str:
        """As an address names it."""
        parts = [f"{self.year:04}", *(f"{part:02}" for part in (self.month, self.day) if part)]
        return "-".join(parts)

    @property
    def first(self) -> date:
        return date(self.year, self.month or 1, self.day or 1)

    @property
    def last(self) -> date:
        month = self.month or 12
        return date(self.year, month, self.day or calendar.monthrange(self.year, month)[1])

    @property
    def words(self) -> str:
        """As officials write it: 2026年7月15日."""
        parts = [f"{self.year}年", f"{self.month}月" if self.month else "", f"{self.day}日" if self.day else ""]
        return "".join(parts)

    def days_before_its_end(self, many: int, *, today: date) -> tuple[date, date]:
        """The last so many days of it, and none that is still to come if it has begun."""
        last = min(self.last, today) if self.first <= today else self.last
        return last - timedelta(days=many - 1), last
