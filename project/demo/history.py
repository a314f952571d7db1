"""How often an enterprise has been visited so far, and by whom."""

from dataclasses import dataclass, field
from datetime import date


@dataclass(slots=True)
class History:
    """How often and when each enterprise has been visited so far; a joint inspection is one."""

    total: dict[str, int] = field(default_factory=dict)
    days: dict[str, list[date]] = field(default_factory=dict)
    by_agency: dict[tuple[str, str, int], int] = field(default_factory=dict)

    def rested(self, *, credit_code: str, day: date, rest: int) -> bool:
        """Whether nobody visits the enterprise within fewer than rest days of the day."""
        return all(abs((day - other).days) >= rest for other in self.days.get(credit_code, ()))

    def this_year(self, *, agency: str, credit_code: str, day: date) -> int:
        """How often the agency visits the enterprise in the day's calendar year."""
        return self.by_agency.get((agency, credit_code, day.year), 0)

    def add(self, *, agencies: list[str], credit_code: str, day: date) -> None:
        """The agencies visit the enterprise together on the day."""
        self.total[credit_code] = self.total.get(credit_code, 0) + 1
        self.days.setdefault(credit_code, []).append(day)
        for agency in agencies:
            key = (agency, credit_code, day.year)
            self.by_agency[key] = self.by_agency.get(key, 0) + 1
