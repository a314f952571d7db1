"""Complaints of the region's enterprises and of the bureau's agencies: the supervisor's inbox. Who reads one is
written down."""

from datetime import datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.auth import Sight, sight
from audit.button import Button, Told
from audit.complaints import as_they_stand
from audit.desk import Desk, one_of
from audit.duties import Matter, May
from audit.models import Case, Complaint, ComplaintPicture, ComplaintState
from audit.phone import masked
from audit.sealed import PICTURE_ALONE
from audit.services.open_case import open_case
from audit.services.turn_complaint import turn_complaint
from audit.services.view_complaint import reveal_complainant, view_complaint
from checkins.admin.complaint_entry import enter, may_enter
from checkins.admin.hotline import hotline
from checkins.complained_of import organs

State = ComplaintState.State
WIPED = _("已依法抹除")


def _turn(complaint: Complaint, actor: Actor, at: datetime, reason: str, *, state: ComplaintState.State) -> None:
    turn_complaint(complaint, state=state, note=reason, actor=actor, at=at)


def _pursue(complaint: Complaint, actor: Actor, at: datetime, reason: str) -> None:
    organ = organs([complaint.agency_code]).get(complaint.agency_code)
    open_case(complaint, organ=organ, ladders=settings.CASE_LADDERS, note=reason, actor=actor, at=at)


def _words(state: Any) -> tuple[Any, ...]:
    """A state in people's words; a rating repeats what was told before."""
    if state.rating:
        return _("投诉人评价"), state.get_rating_display(), state.by
    grade = ComplaintState.Grade(state.grade).label if state.grade else ""
    return state.get_state_display(), grade, state.note, state.by


def _pursued(complaint: Complaint) -> bool:
    """Has it a case? Then it is accepted and closed there."""
    return Case.objects.filter(complaint=complaint).exists()


def _reveal(complaint: Complaint, actor: Actor, at: datetime, reason: str) -> Told:
    phone = reveal_complainant(complaint, reason=reason, actor=actor, at=at)
    return Told(
        title=_("投诉人联系电话"),
        text=" ".join(filter(None, (complaint.complainant, phone))) or str(WIPED),
        hint=_("未经投诉人同意，不得向被投诉单位透露。"),
    )


@admin.register(Complaint)
class ComplaintDesk(Desk):
    """Complaints about enterprises of the account's region, and about agencies that its bureau supervises."""

    matter = Matter.COMPLAINTS
    change_list_template = "checkins/complaint_list.html"
    named_by = "number"
    list_display = (
        "number",
        "standing",
        "kind",
        "enterprise_name",
        "agency_name",
        "region_code",
        "by_owner",
        "source",
        "happened_at",
        "received_at",
    )
    list_filter = (
        one_of("state", _("状态"), dict(State.choices)),
        one_of("kind", _("类型"), dict(Complaint.Kind.choices)),
        one_of("source", _("来源"), dict(Complaint.Source.choices)),
        one_of("unsatisfied", _("评价"), {"True": _("不满意过")}),
        "received_at",
    )
    search_fields = ("number__exact", "source_no__exact", "credit_code__exact", "enterprise_name", "agency_name")
    search_help_text = _("受理编号、工单号或统一社会信用代码（完整）、企业或被投诉单位名称")
    ordering = ("-received_at", "-pk")
    fieldsets = (
        (_("说明"), {"fields": ("words", "shown", "happened_at", "life", "pursued")}),
        (_("对象"), {"fields": ("enterprise_name", "credit_code", "region_code", "agency_name", "supervised_by")}),
        (
            _("投诉人"),
            {"fields": ("who", "contact", "may_be_named", "by_owner", "source", "source_no", "received_at")},
        ),
    )
    readonly_fields = ("words", "shown", "life", "who", "contact", "pursued")
    buttons = (
        Button(
            name="accept",
            label=_("受理"),
            question=_("请写明由谁办理、何时答复。投诉人凭受理编号和查询码可以看到所写内容。"),
            verb=May.CHANGE,
            matter=Matter.COMPLAINTS,
            does=partial(_turn, state=State.ACCEPTED),
            fits=lambda row: row.state == State.OPEN and not _pursued(row),
            asks_reason=True,
        ),
        Button(
            name="close",
            label=_("办结"),
            question=_("请写明办理结果。投诉人凭受理编号和查询码可以看到所写内容。"),
            verb=May.CHANGE,
            matter=Matter.COMPLAINTS,
            does=partial(_turn, state=State.CLOSED),
            fits=lambda row: row.state in {State.OPEN, State.ACCEPTED} and not _pursued(row),
            asks_reason=True,
        ),
        Button(
            name="pursue",
            label=_("立案督办"),
            question=_("立案后须自收到投诉起一个工作日内定级、交办，由被投诉单位限期答复。请写明立案理由。"),
            verb=May.ADD,
            matter=Matter.CASES,
            does=_pursue,
            fits=lambda row: (row.state != State.CLOSED or row.unsatisfied) and not _pursued(row),
            asks_reason=True,
        ),
        Button(
            name="reveal",
            label=_("查看投诉人"),
            question=_("查看将记入存证。请写明为什么需要联系投诉人。"),
            verb=May.CHANGE,
            matter=Matter.COMPLAINTS,
            does=_reveal,
            fits=lambda row: bool(row.phone or row.complainant),
            asks_reason=True,
        ),
    )

    def reach(self, rows: QuerySet[Any], sight: Sight) -> QuerySet[Any]:
        return as_they_stand(rows.filter(sight.rows(region="region_code", supervised_by="supervised_by")))

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return super().changelist_view(request, {"may_enter": may_enter(request), **(extra_context or {})})

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        row = context.get("original")
        if row is not None:
            view_complaint(row, actor=sight(request).actor, at=timezone.now())
        return super().render_change_form(request, context, *args, **kwargs)

    def get_urls(self) -> list[Any]:
        guard = self.admin_site.admin_view
        picture = "<path:object_id>/picture/<int:place>/"
        return [
            path("enter/", guard(partial(enter, self)), name="audit_complaint_enter"),
            path("hotline/", guard(partial(hotline, self)), name="audit_complaint_hotline"),
            path(picture, guard(self.picture_view), name="audit_complaint_picture"),
            *super().get_urls(),
        ]

    def picture_view(self, request: HttpRequest, object_id: str, place: int) -> HttpResponse:
        """A picture of the complaint; looking is recorded. 404 out of reach, 410 once wiped."""
        complaint = self._in_sight_or_404(request, object_id)
        found = ComplaintPicture.objects.filter(complaint=complaint, place=min(place, 99)).first()
        if request.method not in {"GET", "HEAD"} or found is None:
            raise Http404
        view_complaint(complaint, actor=sight(request).actor, at=timezone.now())
        self.note_read(request, complaint, part=".picture")
        if found.copy is None:
            response = HttpResponse(WIPED, status=410, content_type="text/plain; charset=utf-8")
        else:
            response = HttpResponse(bytes(found.copy), content_type="image/jpeg")
        response["Content-Security-Policy"] = PICTURE_ALONE
        response["Cache-Control"] = "private, no-store"
        return response

    @admin.display(description=_("状态"))
    def standing(self, complaint: Any) -> str:
        grade = f" · {ComplaintState.Grade(complaint.grade).label}" if complaint.grade else ""
        return f"{State(complaint.state).label}{grade}"

    @admin.display(description=_("内容"))
    def words(self, complaint: Complaint) -> SafeString:
        text = WIPED if complaint.text is None else complaint.text
        return format_html("<p><strong>{}</strong></p><pre>{}</pre>", complaint.get_kind_display(), text)

    @admin.display(description=_("图片"))
    def shown(self, complaint: Complaint) -> SafeString | str:
        places = complaint.pictures.order_by("place").values_list("place", flat=True)
        pages = [(reverse("admin:audit_complaint_picture", args=[complaint.pk, place]), place) for place in places]
        pictures = ((page, page, _("图片 %s") % place) for page, place in pages)
        return format_html_join(" ", '<a href="{}"><img src="{}" width="240" alt="{}"></a>', pictures) or "—"

    @admin.display(description=_("投诉人"))
    def who(self, complaint: Complaint) -> str:
        name = complaint.complainant or ""
        return f"{name[:1]}**" if name else str(WIPED) if complaint.text is None else str(_("未留"))

    @admin.display(description=_("联系电话"))
    def contact(self, complaint: Complaint) -> str:
        return str(WIPED) if complaint.phone is None else masked(complaint.phone) or str(_("未留"))

    @admin.display(description=_("督办"))
    def pursued(self, complaint: Complaint) -> SafeString | str:
        case = Case.objects.filter(complaint=complaint).first()
        return (
            format_html('<a href="{}">{}</a>', reverse("admin:audit_case_change", args=[case.pk]), case)
            if case
            else "—"
        )

    @admin.display(description=_("经过"))
    def life(self, complaint: Complaint) -> SafeString:
        rows = (
            (
                timezone.localtime(state.at).strftime("%Y-%m-%d %H:%M"),
                " · ".join(str(word) for word in _words(state) if word),
            )
            for state in complaint.states.order_by("serial")
        )
        return format_html('<div class="explained"><ul>{}</ul></div>', format_html_join("", "<li>{} · {}</li>", rows))
