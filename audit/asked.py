"""What an address of the supervisors' pages asks: its filters, read and written; and what an account may ask for."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Self
from urllib.parse import urlencode

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from audit.auth import Sight
from audit.duties import Reach, is_region_prefix
from audit.facts import Purpose
from audit.figures import Definition, Group, Question, Sees
from audit.models import MEASURES, Span
from audit.period import Period
from audit.problem import Problem

PAGES = 20
"""So many pages of a list can be turned; further back one narrows the filters."""
NAME = re.compile(r"[^\x00-\x1f/]{0,40}")


class UnclearAddress(Problem):
    """`detail` says which filter is wrong and what it may be."""

    code, status, title = "unclear-address", 400, _("网址中的筛选条件有误")


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """The filters of one view. `of`: the measure of a figure whose visits are asked for."""

    period: Period
    region: str = ""
    agency: str = ""
    officer: str = ""
    enterprise: str = ""
    of: str = "visits"
    group: Group = Group.AGENCY
    purpose: Purpose = Purpose.INSPECTION
    definition: Definition = Definition.SCANS
    page: int = 1

    @classmethod
    def read(cls, words: Mapping[str, str], *, today: date) -> Self:
        """From an address; what is not named is as usual, this year. Raises UnclearAddress with everything wrong."""
        found: dict[str, Any] = {"period": Period(year=today.year)}
        wrong = []
        for name, (reads, hint) in READERS.items():
            text = words.get(name, "").strip()
            if not text:
                continue
            try:
                found[name] = reads(text)
            except ValueError:
                wrong.append(str(hint))
        if wrong:
            raise UnclearAddress("；".join(wrong))
        return cls(**found)

    @property
    def when(self) -> str:
        """The period as its reader writes it."""
        return self.period.words if (get_language() or "zh").startswith("zh") else str(self.period)

    def address(self, **changes: Any) -> str:
        """These filters, with changes, as the query of an address; the period is always said."""
        said = {name: changes.get(name, getattr(self, name)) for name in READERS} | {"page": changes.get("page", 1)}
        told = {name: str(value) for name, value in said.items() if name == "period" or value != USUAL[name]}
        return urlencode(told)

    def question(self, group: Group, *, sees: Sees, limit: int = 10, **changes: Any) -> Question:
        """The question of statistics within these filters."""
        of: dict[str, Any] = {
            "first": self.period.first,
            "last": self.period.last,
            "definition": self.definition,
            "purpose": self.purpose,
            "region_prefix": "" if group is Group.OFFICER else self.region,
            "agency_code": self.agency,
            "sees": sees,
            "limit": limit,
        }
        return Question(group=group, **{**of, **changes})

    def by(self, span: Span, first: date, last: date, *, sees: Sees) -> Question:
        """Everything within these filters, but of these days, broken down."""
        return self.question(Group.ALL, sees=sees, first=first, last=last, span=span)


def turned(asked: Asked, *, more: bool) -> dict[str, Any]:
    """The pages before and after this one, for a template."""
    return {
        "before": asked.address(page=asked.page - 1) if asked.page > 1 else "",
        "after": asked.address(page=asked.page + 1) if more and asked.page < PAGES else "",
        "cut": more and asked.page == PAGES,
    }


def _name(text: str) -> str:
    if not NAME.fullmatch(text):
        raise ValueError(text)
    return text


def _region(text: str) -> str:
    if not is_region_prefix(text):
        raise ValueError(text)
    return text


def _measure(text: str) -> str:
    if text not in MEASURES:
        raise ValueError(text)
    return text


def _page(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,3}", text, re.ASCII) or not 1 <= int(text) <= PAGES:
        raise ValueError(text)
    return int(text)


READERS: dict[str, tuple[Callable[[str], Any], Any]] = {
    "period": (Period.of, _("期间应为年、月或日，例如 2026、2026-07、2026-07-15")),
    "region": (_region, _("地区应为 2、4、6 或 9 位地区代码，例如 1305、130502")),
    "agency": (_name, _("单位应为单位代码，至多 40 个字符")),
    "officer": (_name, _("人员应为执法证号，至多 40 个字符")),
    "enterprise": (_name, _("企业应为统一社会信用代码")),
    "of": (_measure, _("指标不存在")),
    "group": (Group, _("分组不存在")),
    "purpose": (Purpose, _("目的应为检查或服务走访")),
    "definition": (Definition, _("口径不存在")),
    "page": (_page, _("页码应在 1 到 20 之间；更早的请缩小期间")),
}


USUAL = {one.name: one.default for one in fields(Asked)}


def sees_of(sight: Sight) -> Sees:
    """An account's reach, as audit.auth.Sight.rows has it."""
    return Sees(
        everything=sight.reach is Reach.ALL,
        region_prefix=sight.region_prefix if sight.reach in {Reach.REGION, Reach.SUPERVISED} else "",
        branch=sight.agency_code if sight.reach is Reach.BRANCH else "",
        supervised_by=sight.agency_code if sight.reach is Reach.SUPERVISED else "",
    )


def reaches_region(sees: Sees, region: str) -> bool:
    """Whom agencies are in reach of may ask anywhere: what these did there is shown, and no more."""
    if sees.everything or sees.branch or sees.supervised_by or not region:
        return True
    mine = sees.region_prefix
    return bool(mine) and (region.startswith(mine) or mine.startswith(region))
