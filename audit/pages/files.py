"""The board's lists as files: the same filters, all rows in reach, one statement however many there are."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _

from audit.asked import Asked, UnclearAddress
from audit.at_once import answers
from audit.behind import Which, about, flags_in_sight
from audit.board import TAIL_LIMIT, one_moment
from audit.duties import Matter
from audit.explained import CATEGORIES, FLAG_STATES, LEVELS, ORIGINS, PURPOSES, REASONS, STATES, word
from audit.figure_table import GROUPS, MEANINGS, SHARES, definition, name_of
from audit.figures import Answer, Group, Line
from audit.handed_out import Listing, TooManyRows, hand_out
from audit.list_file import Form, Percent
from audit.models import MEASURES
from audit.pages.lists import reaches_agency
from audit.pages.porch import Knock, board_page
from audit.period import Period
from audit.region import region_name
from audit.summing import below, in_region
from audit.tally import tail
from audit.unscanned import Held, hold_papers
from audit.unscanned import definition as scan_rate_definition
from audit.whole import every_visit, every_warning

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

FIGURE_LINES = 100_000
"""Lines of a figure are ranked in memory."""


@board_page(Matter.FACTS)
def visits_file(request: HttpRequest, knock: Knock, form: str) -> Any:
    """The visits that a figure counts, all of them, the newest first."""
    asked = knock.asked
    reaches_agency(knock)
    headings = [
        _("入企编号"), _("入企时间"), _("企业"), _("统一社会信用代码"), _("地区代码"), _("地区"),
        _("单位"), _("单位代码"), _("目的"), _("类别"), _("事由"), _("来源文号"),
        _("联合检查"), _("执法人员"), _("执法证号"), _("状态"), _("来源"),
    ]  # fmt: skip
    title = _("%(period)s入企清单") % {"period": asked.when}
    meaning = f"{name_of(asked.of)}：{MEANINGS[asked.of]}\n{definition(asked.definition)}"
    return _file(request, knock, form, title, headings, _visits(knock.which), meaning, during=one_moment())


def _visits(which: Which) -> Iterator[Sequence[Any]]:
    """Read inside the moment in which the file is written. Codes are put into words once for all rows."""
    purposes, categories, reasons = _words(PURPOSES), _words(CATEGORIES), _words(REASONS)
    states, origins, regions = _words(STATES), _words(ORIGINS), cache(region_name)
    for row in every_visit(which, tail(limit=TAIL_LIMIT)):
        fact = row.fact
        yield (
            fact.visit, fact.started_at, row.enterprise, fact.credit_code, fact.region_code, regions(fact.region_code),
            fact.agency_name, fact.agency_code, purposes.get(fact.purpose, fact.purpose),
            categories.get(fact.category, fact.category), reasons.get(fact.reason, fact.reason), fact.source_no,
            fact.joint_id, row.officers, "、".join([number for number, _name in fact.officers]),
            states.get(fact.state, fact.state), origins.get(fact.origin, fact.origin),
        )  # fmt: skip


def _words(table: Mapping[Any, Any]) -> dict[str, str]:
    return {str(code): str(said) for code, said in table.items()}


@board_page(Matter.FACTS)
def figures_file(request: HttpRequest, knock: Knock, form: str) -> Any:
    """The lines of a figure, the greatest first, each with every measure."""
    asked = knock.asked
    reaches_agency(knock)
    most = min(FIGURE_LINES, settings.EXPORT_ROWS)
    with one_moment():
        question = asked.question(asked.group, sees=knock.sees, limit=most)
        answer = answers([question], tail(limit=TAIL_LIMIT))[0]
    codes: dict[Group, Sequence[StrOrPromise]] = {
        Group.AGENCY: [_("单位代码")],
        Group.OFFICER: [_("执法证号"), _("单位代码")],
        Group.ENTERPRISE: [_("统一社会信用代码"), _("地区代码")],
        Group.ALL: [],
    }
    headings = [str(GROUPS[asked.group]), *(str(one) for one in codes.get(asked.group, [_("代码")]))]
    headings += [*map(name_of, MEASURES), *(str(name) for name, _meaning in SHARES.values())]
    title = _("%(period)s 各%(group)s统计") % {"period": asked.when, "group": GROUPS[asked.group]}
    return _file(request, knock, form, title, headings, _lines(answer), _meaning(answer, asked))


def _meaning(answer: Answer, asked: Asked) -> str:
    said = [definition(asked.definition)]
    said += [f"{name_of(one)}：{MEANINGS[one]}" for one in MEASURES]
    said += [f"{name}：{meaning}" for name, meaning in SHARES.values()]
    if answer.waiting:
        said.append(_("有 %(waiting)s 条变动正在汇总，以下数字尚未包含。") % {"waiting": answer.waiting})
    return "\n".join(said)


def _lines(answer: Answer) -> Iterator[Sequence[Any]]:
    for line in answer.lines:
        shares = (Percent(line.joint_share), Percent(line.exempt_share))
        yield _called(line, answer.question.group), *line.key, *(line.measures[one] for one in MEASURES), *shares


def _called(line: Line, group: Group) -> str:
    first = line.key[0] if line.key else ""
    match group:
        case Group.ALL:
            return str(_("合计"))
        case Group.CATEGORY:
            return word(CATEGORIES, first)
        case Group.CITY | Group.REGION | Group.TOWN:
            return region_name(first)
        case _:
            return line.name or first


@board_page(Matter.FLAGS)
def flags_file(request: HttpRequest, knock: Knock, form: str) -> Any:
    """The same warnings as the list, all of them, each as it stands."""
    asked = knock.asked
    flags = about(flags_in_sight(knock.sight), asked.period).filter(in_region(asked.region))
    for column, value in (("agency_code", asked.agency), ("credit_code", asked.enterprise)):
        if value:
            flags = flags.filter(**{column: value})
    headings = [
        _("时间"), _("级别"), _("现状"), _("规则"), _("版本"), _("期间"), _("企业"), _("统一社会信用代码"),
        _("地区代码"), _("单位"), _("单位代码"), _("为什么预警"),
    ]  # fmt: skip
    title = _("%(period)s预警") % {"period": asked.when}
    return _file(request, knock, form, title, headings, map(_warning, every_warning(flags)))


def _warning(flag: Any) -> Sequence[Any]:
    told = flag.evidence or {}
    return (
        flag.raised_at, word(LEVELS, told.get("level", flag.level)), word(FLAG_STATES, flag.state or ""), flag.rule,
        told.get("version", flag.rule_version), flag.period, flag.enterprise_name, flag.credit_code, flag.region_code,
        flag.agency_name, flag.agency_code, told.get("sentence", ""),
    )  # fmt: skip


@board_page(Matter.DOCUMENTS)
def papers_file(request: HttpRequest, knock: Knock, form: str) -> Any:
    """The papers of a month that should have been scanned for, and the visit that answers each."""
    asked, policy = knock.asked, settings.MATCH_POLICY
    month = asked.period.month or (knock.today.month if asked.period.year == knock.today.year else 12)
    asked = replace(asked, period=Period(year=asked.period.year, month=month))
    within = knock.sight.rows(region="region_code", branch="agency_path", supervised_by="supervised_by")
    within &= in_region(asked.region)
    if asked.agency:
        within &= below(asked.agency, path="agency_path")
    held = hold_papers(
        first=asked.period.first, last=asked.period.last, today=knock.today, policy=policy, within=within
    )
    headings = [
        _("日期"), _("文号"), _("来源"), _("企业"), _("统一社会信用代码"), _("地区代码"),
        _("单位"), _("单位代码"), _("入企编号"),
    ]  # fmt: skip
    title = _("%(period)s应扫码文书") % {"period": asked.when}
    return _file(request, knock, form, title, headings, map(_paper, held), scan_rate_definition(policy))


def _paper(one: Held) -> Sequence[Any]:
    paper = one.paper
    return (
        paper["on"], paper["source_ref"], paper["source"], paper["enterprise_name"], paper["credit_code"],
        paper["region_code"], paper["agency_name"], paper["agency_code"], one.visit or _("没有扫码"),
    )  # fmt: skip


def _file(
    request: HttpRequest,
    knock: Knock,
    form: str,
    title: str,
    headings: Sequence[str],
    rows: Iterable[Sequence[Any]],
    meaning: str = "",
    *,
    during: AbstractContextManager[None] | None = None,
) -> Any:
    """The file, a stream; a form that there is not answers 404, too many rows a page that says so."""
    kind = Form.named(form)
    if kind is None:
        raise Http404
    match = request.resolver_match
    listing = Listing(
        page=match.url_name or "" if match else "",
        subject=knock.asked.address(),
        title=title,
        headings=headings,
        rows=rows,
        meaning=meaning,
    )
    try:
        return hand_out(
            listing,
            form=kind,
            actor=knock.sight.actor,
            at=knock.at,
            most=settings.EXPORT_ROWS,
            during=during or nullcontext(),
        )
    except TooManyRows as refusal:
        raise UnclearAddress(f"{refusal.title}：{refusal.detail}") from refusal
