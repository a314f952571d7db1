"""An agency's announcement that it will inspect an enterprise (检查计划), by value; on which day two could go. Pure.

国办发〔2024〕54号: inspections that can be merged or joined are not made one by one. 南昌, 上海: plans come beforehand.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

LONGEST_DAYS = 366
"""A plan that could mean any day announces nothing."""
_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Host:
    """An agency by value: whose plan it is, or who means to come."""

    code: str
    name: str
    path: str
    level: str
    supervised_by: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Announced:
    """What an agency says of a plan. Days are Asia/Shanghai's, both inclusive. `source_ref`: the agency's own number.

    `joint_open`: it would go together with others. `withdrawn`: it takes the plan back.
    """

    source_ref: str
    credit_code: str
    first_day: date
    last_day: date
    category: str
    items: tuple[str, ...] = ()
    title: str = ""
    joint_open: bool = True
    withdrawn: bool = False

    def told(self) -> Mapping[str, Any]:
        """What a version says; the same again is no new version."""
        return {
            "credit_code": self.credit_code,
            "first_day": self.first_day,
            "last_day": self.last_day,
            "category": self.category,
            "items": list(self.items),
            "title": self.title,
            "joint_open": self.joint_open,
            "withdrawn": self.withdrawn,
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class Planned:
    """A plan as it stands, with its agency."""

    number: str
    agency: Host
    first_day: date
    last_day: date
    category: str
    items: tuple[str, ...]
    title: str
    joint_open: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Proposal:
    """Another agency's plan that a visit could join, and when. `day` None: every day that fits is a quiet one."""

    plan: Planned
    day: date | None


def common_day(
    mine: tuple[date, date], plan: Planned, *, within: int, today: date, quiet: Callable[[Host, date], bool], own: Host
) -> date | None:
    """The day of the other's plan that is nearest to mine, and of several the first: one in both if there is any.

    `within`: how many days (P) mine may move. Never a past day, nor one that is quiet for either agency.
    """
    first, last = mine
    earliest = max(plan.first_day, first - within * _DAY, today)
    latest = min(plan.last_day, last + within * _DAY)
    days = [earliest + step * _DAY for step in range((latest - earliest).days + 1)]
    days.sort(key=lambda day: (max((first - day).days, (day - last).days, 0), day))
    return next((day for day in days if not (quiet(own, day) or quiet(plan.agency, day))), None)


def near(mine: tuple[date, date], plan: Planned, *, within: int, today: date) -> bool:
    """Do the days of both overlap, or lie at most `within` days apart? What is past is past."""
    first, last = mine
    return max(plan.first_day, first - within * _DAY, today) <= min(plan.last_day, last + within * _DAY)
