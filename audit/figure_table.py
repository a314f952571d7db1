"""A figure's lines as a table for people: what each is called, its numbers, and where each of them leads."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.asked import Asked
from audit.explained import CATEGORIES, word
from audit.figures import DEFINITIONS, Answer, Definition, Group, Line
from audit.models import MEASURES, Span, VisitNow
from audit.period import Period
from audit.region import region_name

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

MEANINGS: "dict[str, StrOrPromise]" = {
    "visits": gettext_lazy("现有效的入企，联合检查各单位各计一次；撤回、作废和并入其他入企的不计"),
    "once": gettext_lazy("企业被打扰的次数：一次联合检查只计一次，计在当年最先到场的一次上"),
    "counted": gettext_lazy("按通用口径计入年度上限的检查：全部豁免事由除外，待确认的撤回仍计"),
    "unconfirmed": gettext_lazy("计入上限的检查中，本单位已撤回或改称、监督机关尚未确认的"),
    "exempt": gettext_lazy("有豁免事由和来源文号、不计入上限的检查"),
    "superior_ordered": gettext_lazy("上级部署的专项检查，不计入上限"),
    "joint": gettext_lazy("至少两个单位共同进行的入企"),
    "imported": gettext_lazy("补录的入企：计入次数，但没有在本系统扫码"),
    "reported": gettext_lazy("统计年报口径的检查：扣除同一单位同日对同一企业有处罚案件的检查"),
    "withdrawn": gettext_lazy("扫码人已撤回、监督机关尚未确认的"),
    "voided": gettext_lazy("经监督机关确认作废的"),
}
SHARES = {
    "joint": (gettext_lazy("联合占比"), gettext_lazy("联合入企÷入企")),
    "exempt": (gettext_lazy("豁免占比（现状）"), gettext_lazy("有豁免事由的检查÷入企，按现状计算")),
}
GROUPS: "dict[Group, StrOrPromise]" = {
    Group.ALL: gettext_lazy("合计"),
    Group.AGENCY: gettext_lazy("单位"),
    Group.OFFICER: gettext_lazy("人员"),
    Group.ENTERPRISE: gettext_lazy("企业"),
    Group.CITY: gettext_lazy("市"),
    Group.REGION: gettext_lazy("县（市、区）"),
    Group.TOWN: gettext_lazy("乡镇（街道）"),
    Group.CATEGORY: gettext_lazy("类别"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """What a column is called, and what its figure means."""

    name: str
    meaning: str
    is_share: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """A figure in words, where its list is, and the bare number for a chart."""

    text: str
    address: str
    number: float


@dataclass(frozen=True, kw_only=True, slots=True)
class TableRow:
    name: str
    address: str
    note: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """`key`: its name in the page. `more`: where all of its lines are."""

    key: str
    title: str
    first: str
    columns: tuple[Column, ...]
    rows: tuple[TableRow, ...]
    definition: str
    waiting: int
    more: str = ""


def name_of(measure: str) -> str:
    """The Chinese word of a measure."""
    field: Any = VisitNow._meta.get_field(measure)
    return str(field.verbose_name)


def share(part: float | None) -> str:
    """A share as people write it; of nothing there is none."""
    return "—" if part is None else f"{part * 100:.1f}%"


def table(answer: Answer, asked: Asked, *, key: str, title: str, more: str = "") -> Table:
    """The lines of an answer to a question within these filters."""
    question = answer.question
    measures = list(dict.fromkeys([question.measure, "visits"]))
    columns = [Column(name=name_of(one), meaning=str(MEANINGS[one])) for one in measures]
    columns += [Column(name=str(name), meaning=str(meaning), is_share=True) for name, meaning in SHARES.values()]
    return Table(
        key=key,
        title=title,
        first=str(_("日期") if question.span else GROUPS[question.group]),
        columns=tuple(columns),
        rows=tuple(_row(line, answer, asked, measures) for line in answer.lines),
        definition=definition(question.definition),
        waiting=answer.waiting,
        more=more,
    )


def definition(which: Definition) -> str:
    """The definition that every figure of a page names."""
    return str(DEFINITIONS[which])


def _row(line: Line, answer: Answer, asked: Asked, measures: Sequence[str]) -> TableRow:
    name, note, address, narrowed = _who(line, answer, asked)
    behind = f"{reverse('board-visits')}?{narrowed.address(of='visits')}"
    cells = [
        Cell(text=f"{line.measures[one]:,}", number=line.measures[one], address=_of(behind, one)) for one in measures
    ]
    for of, part in (("joint", line.joint_share), ("exempt", line.exempt_share)):
        cells.append(Cell(text=share(part), number=round((part or 0) * 100, 1), address=_of(behind, of)))
    return TableRow(name=name, note=note, address=address, cells=tuple(cells))


def _of(behind: str, measure: str) -> str:
    return behind if measure == "visits" else f"{behind}&of={measure}"


def _who(line: Line, answer: Answer, asked: Asked) -> tuple[str, str, str, Asked]:
    """Name, what stands small beside it, where it leads, and the filters that hold its visits."""
    overview, visits = reverse("board"), reverse("board-visits")
    if line.start is not None and answer.question.span is not None:
        period = _stretch(answer.question.span, line.start)
        narrowed = replace(asked, period=period)
        page = visits if period.day else overview
        return str(period), "", f"{page}?{narrowed.address()}", narrowed
    first = line.key[0] if line.key else ""
    match answer.question.group:
        case Group.AGENCY:
            narrowed = replace(asked, agency=first)
            return line.name or first, first, f"{overview}?{narrowed.address()}", narrowed
        case Group.OFFICER:
            narrowed = replace(asked, officer=first, agency=line.key[1], region="")
            return line.name or first, first, f"{visits}?{narrowed.address()}", narrowed
        case Group.ENTERPRISE:
            narrowed = replace(asked, enterprise=first, region=line.key[1])
            page = reverse("board-enterprise", args=[first])
            return line.name or first, first, f"{page}?{asked.address()}", narrowed
        case Group.CITY | Group.REGION | Group.TOWN:
            narrowed = replace(asked, region=first)
            return region_name(first), first, f"{overview}?{narrowed.address()}", narrowed
        case Group.CATEGORY:
            return word(CATEGORIES, first), "", "", asked
    return str(_("合计")), "", "", asked


def _stretch(span: Span, start: Any) -> Period:
    if span is Span.YEAR:
        return Period(year=start.year)
    return Period(year=start.year, month=start.month, day=start.day if span is Span.DAY else 0)


def totals(answer: Answer, asked: Asked) -> list[tuple[Column, Cell]]:
    """Every measure of everything within these filters, each with its list, and the shares."""
    line = answer.lines[0] if answer.lines else Line(key=(), start=None, measures=dict.fromkeys(MEASURES, 0))
    behind = reverse("board-visits")
    found = [
        (
            Column(name=name_of(one), meaning=str(MEANINGS[one])),
            Cell(
                text=f"{line.measures[one]:,}",
                number=line.measures[one],
                address=f"{behind}?{asked.address(of=one)}",
            ),
        )
        for one in MEASURES
    ]
    for of, part in (("joint", line.joint_share), ("exempt", line.exempt_share)):
        name, meaning = SHARES[of]
        found.append(
            (
                Column(name=str(name), meaning=str(meaning), is_share=True),
                Cell(text=share(part), number=0, address=f"{behind}?{asked.address(of=of)}"),
            )
        )
    return found
