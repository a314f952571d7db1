"""One inbox of everything that waits for this account's decision, and where each is decided."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit import waiting as supervision
from audit.cases import working_days
from audit.casework import Lamp, lamp
from audit.duties import Matter, May, decides
from audit.facts import day_of
from audit.ladder import in_force
from audit.pages.porch import Knock, board_page, show
from audit.waiting import MOST, Waiting
from audit.working_days import WorkingDays
from checkins import waiting as door


@dataclass(frozen=True, kw_only=True, slots=True)
class Sort:
    """A sort of decisions: whose duty it is, what waits, and the desk where all of them lie."""

    title: Any
    duty: tuple[May, Matter]
    reads: Callable[[Knock, WorkingDays], list[Waiting]]
    desk: str


def _complaints(knock: Knock, days: WorkingDays) -> list[Waiting]:
    hand_out_days = in_force(settings.CASE_LADDERS, knock.today).hand_out_days
    return supervision.complaints(knock.sight, days=days, hand_out_days=hand_out_days)


SORTS = (
    Sort(
        title=gettext_lazy("投诉待立案"),
        duty=(May.CHANGE, Matter.COMPLAINTS),
        reads=_complaints,
        desk="admin:audit_complaint_changelist",
    ),
    Sort(
        title=gettext_lazy("督办"),
        duty=(May.CHANGE, Matter.CASES),
        reads=lambda knock, _days: supervision.cases(knock.sight, today=knock.today),
        desk="admin:audit_case_changelist",
    ),
    Sort(
        title=gettext_lazy("督办待答复"),
        duty=(May.ADD, Matter.CASE_ANSWERS),
        reads=lambda knock, _days: supervision.cases(knock.sight, today=knock.today),
        desk="admin:audit_case_changelist",
    ),
    Sort(
        title=gettext_lazy("作废、撤回和改类待裁定"),
        duty=(May.CHANGE, Matter.CORRECTIONS),
        reads=lambda knock, _days: door.corrections(knock.sight),
        desk="admin:checkins_correction_changelist",
    ),
    Sort(
        title=gettext_lazy("预警待复核"),
        duty=(May.CHANGE, Matter.CORRECTIONS),
        reads=lambda knock, _days: supervision.doubted(knock.sight),
        desk="admin:audit_flag_changelist",
    ),
    Sort(
        title=gettext_lazy("规则草案待施行"),
        duty=(May.ADD, Matter.FREQUENCY_RULES),
        reads=lambda knock, _days: supervision.drafts(knock.sight),
        desk="board-rules",
    ),
    Sort(
        title=gettext_lazy("执照别名有争议"),
        duty=(May.ADD, Matter.DECISIONS),
        reads=lambda knock, _days: door.aliases(knock.sight),
        desk="admin:enterprises_licencealias_changelist",
    ),
    Sort(
        title=gettext_lazy("无照对象合并待确认"),
        duty=(May.CHANGE, Matter.DECISIONS),
        reads=lambda knock, _days: door.merges(knock.sight),
        desk="admin:checkins_merge_changelist",
    ),
)


@board_page()
def inbox(request: HttpRequest, knock: Knock) -> HttpResponse:
    """Sort by sort, what is due first or has waited longest; sorts of which nothing waits come last. A statement for
    each sort, one for the calendar."""
    if not decides(knock.sight.role):
        raise Http404
    days, today = working_days(), knock.today
    near = days.after(today, in_force(settings.CASE_LADDERS, today).near_days)
    sections: list[dict[str, Any]] = []
    all_waiting, more = 0, False
    for sort in SORTS:
        if not knock.sight.may(*sort.duty):
            continue
        found = sort.reads(knock, days)
        shown = [_line(one, today=today, near=near) for one in found[:MOST]]
        more |= len(found) > MOST
        all_waiting += len(shown)
        sections.append({"title": sort.title, "lines": shown, "more": len(found) > MOST, "desk": reverse(sort.desk)})
    sections.sort(key=lambda one: not one["lines"])
    context = {"sections": sections, "all_waiting": all_waiting, "more": more, "most": MOST}
    return show(request, "checkins/board_inbox.html", context, knock=knock, subject="inbox", shown=all_waiting)


def _line(one: Waiting, *, today: date, near: date) -> dict[str, Any]:
    shines = lamp(one.due, today=today, near=near)
    return {
        "one": one,
        "address": reverse(one.page, args=[one.key]),
        "left": left(one, today=today),
        "lamp": {Lamp.RED: "serious", Lamp.YELLOW: "warning"}.get(shines, ""),
    }


def left(one: Waiting, *, today: date) -> str:
    """How long is left, in calendar days; where nothing says until when, how long it has waited."""
    if one.due is None:
        days = max((today - day_of(one.since)).days, 0)
        return _("没有期限，已等 %(days)s 天") % {"days": days}
    days = (one.due - today).days
    if days == 0:
        return _("今天到期")
    if days > 0:
        return _("%(due)s 到期，还有 %(days)s 天") % {"due": one.due.isoformat(), "days": days}
    return _("%(due)s 到期，已逾期 %(days)s 天") % {"due": one.due.isoformat(), "days": -days}
