"""A monthly report in people's words, in the language of the moment: for the screen and for both files alike."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from audit.explained import CATEGORIES, PURPOSES, word
from audit.facts import Purpose
from audit.figure_table import MEANINGS, SHARES, definition, name_of
from audit.figures import Definition
from audit.list_file import spelt
from audit.models import MonthlyReport
from audit.monthly import MEASURES, Correction, corrected, growth, signed, tenths
from audit.period import Period
from audit.region import region_name
from audit.written import Chart, Grid, Section, Written

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

KINDS: "dict[str, StrOrPromise]" = {
    "added": gettext_lazy("印发后获知"),
    "imported": gettext_lazy("印发后补录"),
    "moved": gettext_lazy("更正后不在本月或本地区"),
    "voided": gettext_lazy("作废"),
    "withdrawn": gettext_lazy("撤回"),
    "absorbed": gettext_lazy("并入其他入企"),
    "restored": gettext_lazy("恢复有效"),
    "joint": gettext_lazy("联合关系变更"),
    "changed": gettext_lazy("类别、人员或单位更正"),
}
CHARTED, MOST_CORRECTIONS = 10, 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Since:
    """What is known otherwise now: the visits, what their enterprises are called, the scan rate as it is now.
    `corrections` None: of more visits than `most` something else is known, and nobody has compared them. `scan_rate`
    None: it stands on more visits or papers than `most`, and nobody has computed it anew."""

    corrections: Sequence[Correction] | None
    most: int
    names: Mapping[str, str]
    scan_rate: tuple[int, int] | None


def written(report: MonthlyReport, since: Since, *, scan_rate_definition: str) -> Written:
    """The report, and in its last section but one what has changed since."""
    told, month = json.loads(report.figures), Period.of(report.month)
    region = region_name(report.region_code)
    sections = [
        _overall(told, month, region),
        _categories(told),
        _regions(told, month),
        _agencies(told, month),
        _enterprises(told, month),
        _officers(told),
        _flags(told),
        _cases(told),
        _since(told, since),
        _meanings(scan_rate_definition),
    ]
    facts = [
        (_("地区"), f"{region}（{report.region_code}）"),
        (_("月份"), _month(month)),
        (_("数据截至"), spelt(report.as_of, chinese=_chinese())),
        (_("印发时间"), spelt(report.at, chinese=_chinese())),
        (_("印发人"), report.by.partition(":")[2]),
    ]
    if report.replaces:
        facts.append((_("替代"), report.replaces))
    title = _("%(region)s%(month)s入企检查情况通报") % {"region": region, "month": _month(month)}
    return Written(title=title, number=report.number, facts=facts, sections=sections)


def _chinese() -> bool:
    return (get_language() or "zh").startswith("zh")


def _month(month: Period) -> str:
    return month.words if _chinese() else str(month)


def grown(now: int, then: int | None) -> str:
    """How a number compares with the same one of another month, honestly: of a month without figures there is none."""
    if then is None:
        return _("无可比数据")
    share = growth(now, then)
    return "—" if share is None else f"{signed(share)}%"


def share(part: int, whole: int) -> str:
    return f"{tenths(Fraction(part, whole))}%" if whole else "—"


def _points(now: Sequence[int], then: Sequence[int] | None) -> str:
    """The difference of two shares, each (part, whole), in percentage points."""
    if then is None or not then[1]:
        return _("无可比数据")
    if not now[1]:
        return "—"
    difference = Fraction(now[0], now[1]) - Fraction(then[0], then[1])
    return _("%(points)s个百分点") % {"points": signed(difference)}


def _told(value: int | None) -> str:
    return "—" if value is None else f"{value:,}"


def _against(name: str, values: Sequence[int | None]) -> list[str]:
    """A line of the comparison: this month, the one before, the year before's."""
    now, before, year_before = (values[0] or 0, values[1], values[2])
    return [name, _told(now), _told(before), grown(now, before), _told(year_before), grown(now, year_before)]


def _against_shares(name: str, pairs: Sequence[Sequence[int] | None]) -> list[str]:
    now = pairs[0] or (0, 0)
    before, year_before = (share(*pair) if pair else "—" for pair in pairs[1:])
    return [name, share(*now), before, _points(now, pairs[1]), year_before, _points(now, pairs[2])]


def _headings(first: str) -> list[str]:
    return [first, _("本月"), _("上月"), _("环比"), _("上年同月"), _("同比")]


def _overall(told: Any, month: Period, region: str) -> Section:
    totals = told["totals"][Purpose.INSPECTION]
    services = [one and one["visits"] for one in told["totals"][Purpose.SERVICE]]
    now, before, year_before = totals
    sentence = _(
        "%(month)s，%(region)s入企检查%(visits)s次，打扰企业%(once)s次，环比%(before)s，同比%(year_before)s；服务走访%(services)s次。"
    ) % {
        "month": _month(month),
        "region": region,
        "visits": f"{now['visits']:,}",
        "once": f"{now['once']:,}",
        "before": grown(now["visits"], before and before["visits"]),
        "year_before": grown(now["visits"], year_before and year_before["visits"]),
        "services": f"{services[0] or 0:,}",
    }
    rows = [_against(name_of(name), [one and one[name] for one in totals]) for name in MEASURES]
    rows.append(_against(word(PURPOSES, Purpose.SERVICE), services))
    for name in ("joint", "exempt"):
        rows.append(_against_shares(str(SHARES[name][0]), [one and (one[name], one["visits"]) for one in totals]))
    rates = [(matched, papers) for papers, matched in told["scan_rates"]]
    rows.append(_against_shares(_("扫码率"), rates))
    days = Chart(
        title=_("逐日入企检查"),
        names=[str(day) for day in range(1, len(told["days"]) + 1)],
        series=name_of("visits"),
        values=told["days"],
        is_line=True,
    )
    grid = Grid(caption=_("主要指标"), headings=_headings(_("指标")), rows=rows)
    return Section(key="overall", heading=_("总体情况"), sentences=[sentence], charts=[days], grids=[grid])


def _board(month: Period, **filters: str) -> str:
    return f"{reverse('board')}?{urlencode({'period': str(month), **filters})}"


def _numbers(line: Mapping[str, int], *measures: str) -> list[str]:
    return [f"{line[one]:,}" for one in measures]


def _lines(lines: Sequence[Any], names: Sequence[str], first: str, caption: str, links: Sequence[str] = ()) -> Grid:
    rows = [
        [
            *_against(name, [line["visits"], *line["then"]]),
            *(f"{line[one]:,}" for one in ("counted", "exempt", "joint")),
        ]
        for name, line in zip(names, lines, strict=True)
    ]
    measures = [name_of(one) for one in ("counted", "exempt", "joint")]
    return Grid(caption=caption, headings=[*_headings(first), *measures], rows=rows, links=links)


def _bars(lines: Sequence[Any], names: Sequence[str], title: str, *, measure: str = "visits") -> list[Chart]:
    shown = [(name, line[measure]) for name, line in zip(names, lines, strict=True) if line[measure]][:CHARTED]
    if not shown:
        return []
    bars = Chart(
        title=title,
        names=[name for name, _value in shown],
        series=name_of(measure),
        values=[value for _name, value in shown],
    )
    return [bars]


def _categories(told: Any) -> Section:
    lines = told["categories"]
    names = [word(CATEGORIES, line["key"]) for line in lines]
    grid = _lines(lines, names, _("类别"), _("按类别"))
    return Section(key="categories", heading=_("按类别"), charts=_bars(lines, names, _("按类别")), grids=[grid])


def _regions(told: Any, month: Period) -> Section:
    lines = told["regions"]
    names = [region_name(line["key"]) for line in lines]
    links = [_board(month, region=line["key"]) for line in lines]
    grid = _lines(lines, names, _("地区"), _("按地区"), links)
    return Section(key="regions", heading=_("按地区"), charts=_bars(lines, names, _("按地区")), grids=[grid])


def _agencies(told: Any, month: Period) -> Section:
    lines = told["agencies"]
    names = [line["name"] or line["key"] for line in lines]
    links = [_board(month, agency=line["key"]) for line in lines]
    grid = _lines(lines, names, _("单位"), _("按单位"), links)
    said = []
    if told["all_agencies"] > len(lines):
        said.append(_("共%(all)s个单位入企，列出前%(shown)s个。") % {"all": told["all_agencies"], "shown": len(lines)})
    bars = _bars(lines, names, _("入企最多的单位"))
    return Section(key="agencies", heading=_("按单位"), sentences=said, charts=bars, grids=[grid])


def _enterprises(told: Any, month: Period) -> Section:
    lines = told["enterprises"]
    rows = [
        [
            line["name"] or line["key"],
            line["key"],
            region_name(line["region"]),
            *_numbers(line, "once", "visits", "counted"),
        ]
        for line in lines
    ]
    links = [f"{reverse('board-enterprise', args=[line['key']])}?period={month.year}" for line in lines]
    headings = [_("企业"), _("统一社会信用代码"), _("地区"), *(name_of(one) for one in ("once", "visits", "counted"))]
    grid = Grid(caption=_("被检查最多的企业"), headings=headings, rows=rows, numbers_from=3, links=links)
    names = [line["name"] or line["key"] for line in lines]
    bars = _bars(lines, names, _("被检查最多的企业"), measure="once")
    return Section(key="enterprises", heading=_("被检查最多的企业"), charts=bars, grids=[grid])


def _officers(told: Any) -> Section:
    rows = [
        [line["name"], line["key"], line["agency"], f"{line['visits']:,}", f"{line['joint']:,}"]
        for line in told["officers"]
    ]
    headings = [_("人员"), _("执法证号"), _("单位"), name_of("visits"), name_of("joint")]
    grid = Grid(caption=_("入企最多的人员"), headings=headings, rows=rows, numbers_from=3)
    return Section(key="officers", heading=_("入企最多的人员"), grids=[grid])


def _flags(told: Any) -> Section:
    rows = [[line["rule"], f"{line['raised']:,}", f"{line['standing']:,}"] for line in told["flags"]]
    grid = Grid(caption=_("按规则"), headings=[_("规则"), _("本月预警"), _("其中未解除")], rows=rows)
    return Section(key="flags", heading=_("预警"), grids=[grid])


def _cases(told: Any) -> Section:
    said = _("本月立案督办%(opened)s件，办结%(closed)s件；截至印发时在办%(under_way)s件。") % told["cases"]
    rows = [
        [
            line["name"] or line["key"],
            f"{line['owed']:,}",
            f"{line['kept']:,}",
            share(line["kept"], line["owed"]),
            f"{line['satisfied']:,}",
            f"{line['unsatisfied']:,}",
        ]
        for line in told["handling"]
    ]
    headings = [_("单位"), _("本月到期"), _("按期答复"), _("按期率"), _("满意"), _("不满意")]
    grid = Grid(caption=_("各单位办理和评价"), headings=headings, rows=rows)
    return Section(key="cases", heading=_("督办和评价"), sentences=[said], grids=[grid])


def _since(told: Any, since: Since) -> Section:
    """Old figure → new figure, and the visits that made the difference."""
    heading = _("印发后的更正")
    if since.corrections is None:
        said = _("印发后有新情况的入企超过本页能逐一核对的%(most)s次：请重新印发该月通报，以新通报的数据为准。")
        return Section(key="since", heading=heading, sentences=[said % {"most": f"{since.most:,}"}])
    was = {purpose: months[0] for purpose, months in told["totals"].items()}
    now = corrected(was, since.corrections)
    figures = [
        [f"{word(PURPOSES, purpose)} · {name_of(name)}", f"{was[purpose][name]:,}", f"{now[purpose][name]:,}"]
        for purpose in was
        for name in MEASURES
        if was[purpose][name] != now[purpose][name]
    ]
    (papers, matched), rate = told["scan_rates"][0], since.scan_rate
    skipped = _("该月入企版本或文书超过%(most)s条，打开通报时不重新计算扫码率：要看现在的扫码率，请重新印发该月通报。")
    unknown = [skipped % {"most": f"{since.most:,}"}] if rate is None else []
    if rate is not None and (papers, matched) != rate:
        was_rate, is_rate = (f"{share(two, one)} ({two}/{one})" for one, two in ((papers, matched), rate))
        figures.append([_("扫码率"), was_rate, is_rate])
    if not figures and not since.corrections:
        return Section(key="since", heading=heading, sentences=[_("没有。"), *unknown])
    shown = since.corrections[:MOST_CORRECTIONS]
    visits = Grid(
        caption=_("更正的入企"),
        headings=[_("入企编号"), _("日期"), _("企业"), _("单位"), _("更正"), name_of("visits")],
        rows=[_correction(one, since.names) for one in shown],
        numbers_from=5,
        links=[reverse("board-visit", args=[one.visit.visit]) for one in shown],
    )
    said = _("通报的数据不变；以下是之后获知的变化，共%(many)s次入企。") % {"many": f"{len(since.corrections):,}"}
    changed = Grid(caption=_("变化的数字"), headings=[_("指标"), _("通报"), _("现在")], rows=figures)
    return Section(key="since", heading=heading, sentences=[said, *unknown], grids=[changed, visits])


def _correction(one: Correction, names: Mapping[str, str]) -> list[str]:
    old, new = (side.measures["visits"] if side else 0 for side in (one.before, one.after))
    told = one.visit
    return [
        told.visit,
        spelt(told.day, chinese=_chinese()),
        names.get(told.credit_code, told.credit_code),
        told.agency_name,
        word(KINDS, one.kind),
        f"{old} → {new}",
    ]


def _meanings(scan_rate_definition: str) -> Section:
    said = [definition(Definition.SCANS)]
    said += [f"{name_of(one)}：{MEANINGS[one]}" for one in MEASURES]
    said += [f"{name}：{meaning}" for name, meaning in SHARES.values()]
    said.append(f"{_('扫码率')}：{scan_rate_definition}")
    said.append(_("环比与上月比，同比与上年同月比；那个月没有入企记录的，为无可比数据。"))
    return Section(key="meanings", heading=_("口径"), sentences=said)
