"""Cases (督办): supervisors pursue, agencies answer, discipline looks on. Who reads one is written down."""

from calendar import monthrange
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.auth import Sight, sight
from audit.cases import handling, working_days
from audit.casework import Deed, Lamp, Rating
from audit.desk import Desk, one_of
from audit.duties import Matter, May, Reach
from audit.facts import day_of
from audit.ladder import in_force
from audit.models import Case, CaseFile
from audit.models.case import DEEDS, LAMPS, RUNGS, STATES
from audit.models.complaint import RATINGS
from audit.phone import masked
from audit.pursued import in_sight, near
from audit.sealed import PICTURE_ALONE
from checkins.admin.case_buttons import BUTTONS

LONGEST_LIMIT = timedelta(days=31)
"""About so far ahead a limit of today's may end."""
FOR_AGENCIES = (Deed.HAND_OUT, Deed.ANSWER, Deed.SEND_BACK, Deed.ESCALATE, Deed.REMIND, Deed.CLOSE, Deed.REOPEN)
"""What an agency reads of its own part of a case: not why it was opened or re-opened, where the complainant may be
named before he consents, nor what he thinks of the handling, nor what another agency answered before."""


@admin.register(Case)
class CaseDesk(Desk):
    """Cases that the account's bureau pursues or that lie in its region; of an agency: what was handed out to it."""

    matter = Matter.CASES
    read_as = "cases"
    named_by = "number"
    change_list_template = "checkins/case_list.html"
    list_display = (
        "number",
        "shining",
        "state",
        "rung",
        "grade",
        "enterprise_name",
        "agency_name",
        "responsible",
        "due_on",
        "opened_at",
    )
    list_filter = (
        one_of("lit", gettext_lazy("灯"), LAMPS),
        one_of("state", gettext_lazy("状态"), STATES),
        one_of("pending", gettext_lazy("在办"), {"True": gettext_lazy("在办")}),
        one_of("rung", gettext_lazy("督办层级"), RUNGS),
        one_of("rating", gettext_lazy("评价"), RATINGS),
        one_of("unsatisfied", gettext_lazy("投诉人"), {"True": gettext_lazy("不满意过")}),
        one_of("calls_back", gettext_lazy("待回访"), {"True": gettext_lazy("待回访")}),
    )
    search_fields = ("number__exact", "credit_code__exact", "enterprise_name", "agency_name")
    search_help_text = gettext_lazy("督办编号或统一社会信用代码（完整）、企业或执法单位名称")
    ordering = ("-opened_at", "-pk")
    fieldsets = (
        (
            gettext_lazy("说明"),
            {"fields": ("about", "shining", "state", "rung", "due_on", "calendar", "life", "shown")},
        ),
        (gettext_lazy("对象"), {"fields": ("enterprise_name", "credit_code", "region_code", "visits")}),
        (gettext_lazy("办理"), {"fields": ("agency_name", "agency_code", "responsible", "grade", "supervised_by")}),
        (gettext_lazy("投诉人"), {"fields": ("complainant",)}),
    )
    readonly_fields = ("about", "visits", "shining", "calendar", "life", "shown", "complainant")
    buttons = BUTTONS

    def reach(self, rows: QuerySet[Any], sight: Sight) -> QuerySet[Any]:
        today = day_of(timezone.now())
        until = near(working_days(), ladders=settings.CASE_LADDERS, today=today)
        return in_sight(rows, sight, today=today, near=until)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        case: Any = super().get_object(request, object_id, from_field)
        if case is not None:
            case.looker = sight(request)
        return case

    def get_list_filter(self, request: HttpRequest) -> Any:
        return self.list_filter[:4] if sight(request).reach is Reach.BRANCH else self.list_filter

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """The address asks nothing of what an agency is not to know."""
        asked = lookup.split("__")[0]
        hidden = sight(request).reach is Reach.BRANCH and asked in {"rating", "unsatisfied", "calls_back", "steps"}
        return not hidden and super().lookup_allowed(lookup, value, request)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return super().changelist_view(request, {"unknown_year": _unknown_year(), **(extra_context or {})})

    def get_urls(self) -> list[Any]:
        guard = self.admin_site.admin_view
        return [
            path("ranking/", guard(self.ranking_view), name="audit_case_ranking"),
            path("<path:object_id>/picture/<int:key>/", guard(self.picture_view), name="audit_case_picture"),
            *super().get_urls(),
        ]

    def picture_view(self, request: HttpRequest, object_id: str, key: int) -> HttpResponse:
        """A picture of an answer; looking is recorded. 404 out of reach."""
        case = self._in_sight_or_404(request, object_id)
        found = _files(case).filter(pk=min(key, 2**62)).first()
        if request.method not in {"GET", "HEAD"} or found is None:
            raise Http404
        self.note_read(request, case, asked=f"picture={found.pk}")
        response = HttpResponse(bytes(found.copy), content_type="image/jpeg")
        response["Content-Security-Policy"] = PICTURE_ALONE
        response["Cache-Control"] = "private, no-store"
        return response

    def ranking_view(self, request: HttpRequest) -> HttpResponse:
        """Agencies by their share of answers in time in a month (`?month=2026-10`); this month without a word."""
        knocker, today = sight(request), day_of(timezone.now())
        if not knocker.may(May.VIEW, Matter.CASES):
            raise Http404
        first = _month(request.GET.get("month", "")) or today.replace(day=1)
        last = first.replace(day=monthrange(first.year, first.month)[1])
        rows = knocker.rows(region="case__region_code", branch="agency_path", supervised_by="case__supervised_by")
        alarm = in_force(settings.CASE_LADDERS, last).alarm_share
        lines = [
            {"one": one, "percent": f"{one.share:.1%}", "alarm": one.share < alarm}
            for one in handling(rows, first=first, last=last, today=today)
        ]
        context = {
            **self.admin_site.each_context(request),
            "title": _("办理排名"),
            "opts": self.opts,
            "month": f"{first:%Y-%m}",
            "lines": lines,
            "alarm": f"{alarm:.0%}",
        }
        return TemplateResponse(request, "checkins/case_ranking.html", context)

    @admin.display(description=gettext_lazy("灯"), ordering="due_on")
    def shining(self, case: Any) -> str:
        return str(LAMPS[Lamp(case.lit)])

    @admin.display(description=gettext_lazy("起因"))
    def about(self, case: Any) -> SafeString | str:
        """The warning on the board, or the complaint; an agency reads the warning where its account reads warnings."""
        if case.complaint_id:
            page = reverse("admin:audit_complaint_change", args=[case.complaint_id])
            return _("投诉") if case.for_agency else format_html('<a href="{}">{}</a>', page, case.complaint)
        if not case.looker.may(May.VIEW, Matter.FLAGS):
            return _("预警")
        return format_html('<a href="{}">{}</a>', reverse("board-flag", args=[case.flag_id]), _("预警：为什么预警"))

    @admin.display(description=gettext_lazy("入企记录"))
    def visits(self, case: Any) -> SafeString | str:
        """The enterprise's year on the board, and there what the agency did."""
        if not (case.credit_code and case.looker.may(May.VIEW, Matter.FACTS)):
            return "—"
        year = day_of(case.opened_at).year
        enterprise = reverse("board-enterprise", args=[case.credit_code])
        asked = {"period": year, "enterprise": case.credit_code, "agency": case.agency_code}
        listed = f"{reverse('board-visits')}?{urlencode({name: said for name, said in asked.items() if said})}"
        return format_html('<a href="{}?period={}">{}</a> · <a href="{}">{}</a>',
                           enterprise, year, _("该企业全年"), listed, _("该单位在该企业"))  # fmt: skip

    @admin.display(description=gettext_lazy("工作日"))
    def calendar(self, case: Any) -> str:
        """What a due date rests on that nobody has announced yet."""
        year = case.due_on.year if case.due_on else None
        if year is None or working_days().knows(year):
            return _("按国务院办公厅公布的放假安排计算")
        return _("%(year)s 年的放假安排尚未录入：期限只按周末和固定节日计算，可能有误") % {"year": year}

    @admin.display(description=gettext_lazy("投诉人"))
    def complainant(self, case: Any) -> str:
        """Masked until he consents; in clear to the agency then, and to nobody once wiped."""
        said = case.complaint
        if said is None:
            return "—"
        if said.phone is None:
            return _("已依法抹除")
        name = said.complainant or ""
        if case.for_agency:
            return (" ".join(filter(None, (name, said.phone))) or _("未留")) if said.may_be_named else _("未同意告知")
        return " ".join(filter(None, (f"{name[:1]}**" if name else "", masked(said.phone)))) or _("未留")

    @admin.display(description=gettext_lazy("佐证图片"))
    def shown(self, case: Any) -> SafeString | str:
        keys = _files(case).order_by("pk").values_list("pk", flat=True)
        pages = [(reverse("admin:audit_case_picture", args=[case.pk, key]), place) for place, key in enumerate(keys, 1)]
        pictures = ((page, page, _("图片 %s") % place) for page, place in pages)
        return format_html_join(" ", '<a href="{}"><img src="{}" width="240" alt="{}"></a>', pictures) or "—"

    @admin.display(description=gettext_lazy("经过"))
    def life(self, case: Any) -> SafeString:
        steps = case.steps.order_by("serial")
        if case.for_agency:
            steps = steps.filter(deed__in=FOR_AGENCIES, agency_code=case.agency_code)
        rows = (
            (
                timezone.localtime(step.at).strftime("%Y-%m-%d %H:%M"),
                " · ".join(filter(None, _words(step, noted=not (case.for_agency and step.deed == Deed.REOPEN)))),
            )
            for step in steps
        )
        return format_html('<div class="explained"><ul>{}</ul></div>', format_html_join("", "<li>{} · {}</li>", rows))


def _files(case: Any) -> QuerySet[CaseFile]:
    """The pictures of its answers; for an agency those of its own."""
    files = CaseFile.objects.filter(step__case=case)
    return files.filter(step__agency_code=case.agency_code) if case.for_agency else files


def _words(step: Any, *, noted: bool) -> list[str]:
    """A step in people's words."""
    return [
        str(DEEDS[Deed(step.deed)]),
        str(step.get_rung_display()),
        str(LAMPS[Lamp(step.lamp)]) if step.lamp else "",
        str(RATINGS[Rating(step.rating)]) if step.rating else "",
        step.agency_name if step.deed == Deed.HAND_OUT else "",
        _("期限 %s") % step.due_on if step.due_on else "",
        _("政府报告 %s") % step.report_no if step.report_no else "",
        step.note if noted else "",
        step.by,
    ]


def _unknown_year() -> int | None:
    """The first year into which a limit of today's may run whose holidays nobody has told us yet."""
    today, calendar = day_of(timezone.now()), working_days()
    years = range(today.year, (today + LONGEST_LIMIT).year + 1)
    return next((year for year in years if not calendar.knows(year)), None)


def _month(text: str) -> date | None:
    try:
        found = datetime.strptime(text, "%Y-%m").date()  # noqa: DTZ007 (a month has no zone)
    except ValueError:
        return None
    return found if 2000 <= found.year <= 2099 else None
