"""Cases (督办): supervisors pursue, agencies answer, discipline looks on. Who reads one is written down."""

from calendar import monthrange
from collections.abc import Callable
from datetime import date, datetime
from functools import partial
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db.models import BooleanField, Exists, OuterRef, Q, QuerySet, Value
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.actor import Actor
from audit.auth import Sight, sight
from audit.button import Button
from audit.cases import handling, party_of, with_lamp, working_days
from audit.casework import Deed, Lamp, Rating, State, after
from audit.desk import Desk, one_of
from audit.duties import Matter, May, Reach
from audit.facts import day_of
from audit.ladder import GRADES, in_force
from audit.models import Case, CaseFile, CaseStep
from audit.models.case import DEEDS, LAMPS, RATINGS, RUNGS, STATES
from audit.phone import masked
from audit.problem import Problem
from audit.services.close_case import close_case
from audit.services.hand_out import Organ, hand_out
from audit.services.log_read import log_read
from audit.services.press_case import escalate, send_back
from audit.services.rate_case import call_back
from audit.services.reopen_case import reopen_case
from checkins.complaint_form import MOST_PICTURES
from checkins.photo_form import PhotoTooLarge
from checkins.services.answer_case import answer_with_pictures
from enterprises.decoding_pool import pool
from officers.queries import agencies_of

# A picture and nothing else, whatever somebody has put into it.
CONTENT_SECURITY_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
FOR_AGENCIES = (Deed.HAND_OUT, Deed.ANSWER, Deed.SEND_BACK, Deed.ESCALATE, Deed.REMIND, Deed.CLOSE, Deed.REOPEN)
"""What an agency reads of its own part of a case: not why it was opened or re-opened, where the complainant may be
named before he consents, nor what he thinks of the handling, nor what another agency answered before."""


class AgencyNotYours(Problem):
    """No such agency, or another bureau supervises it."""

    code, status, title = "case-agency-not-yours", 422, gettext_lazy("没有这一单位，或该单位不归您监督")


class NoteForm(forms.Form):
    note = forms.CharField(label=gettext_lazy("意见"), max_length=500, widget=forms.Textarea(attrs={"rows": 4}))


class HandOutForm(NoteForm):
    agency_code = forms.CharField(label=gettext_lazy("执法单位代码"), max_length=40)
    responsible = forms.CharField(label=gettext_lazy("责任人"), max_length=40)
    grade = forms.ChoiceField(
        label=gettext_lazy("等级"), required=False, choices=[("", "—"), *((grade, grade) for grade in GRADES)]
    )


class AnswerForm(NoteForm):
    """At most three pictures, each in a field of its own."""

    picture_1 = forms.FileField(label=gettext_lazy("佐证图片"), required=False)
    picture_2 = forms.FileField(label=gettext_lazy("佐证图片"), required=False)
    picture_3 = forms.FileField(label=gettext_lazy("佐证图片"), required=False)

    def clean(self) -> dict[str, Any]:
        for name in (f"picture_{place}" for place in range(1, MOST_PICTURES + 1)):
            file = self.cleaned_data.get(name)
            if file and (file.size or 0) > settings.MAX_PHOTO_BYTES:
                self.add_error(name, str(PhotoTooLarge.title))
        return self.cleaned_data


class RatingForm(NoteForm):
    rating = forms.ChoiceField(label=gettext_lazy("评价"), choices=list(RATINGS.items()))


def _hand_out(case: Case, actor: Actor, at: datetime, words: Any) -> None:
    code = words["agency_code"].strip()
    found = agencies_of([code]).get(code)
    if found is None or found.supervised_by != party_of(actor).agency_code:
        raise AgencyNotYours
    organ = Organ(code=found.code, path=found.path, name=found.name, supervised_by=found.supervised_by)
    hand_out(
        case,
        organ=organ,
        responsible=words["responsible"],
        grade=words["grade"],
        note=words["note"],
        ladders=settings.CASE_LADDERS,
        actor=actor,
        at=at,
    )


def _answer(case: Case, actor: Actor, at: datetime, words: Any) -> None:
    files = [words[f"picture_{place}"] for place in range(1, MOST_PICTURES + 1)]
    answer_with_pictures(
        case,
        note=words["note"],
        pictures=[file.read() for file in files if file],
        reader=pool(settings.PHOTO_POLICY),
        actor=actor,
        at=at,
    )


def _noted(case: Case, actor: Actor, at: datetime, words: Any, *, deed: Callable[..., Any]) -> None:
    deed(case, note=words["note"], ladders=settings.CASE_LADDERS, actor=actor, at=at)


def _call_back(case: Case, actor: Actor, at: datetime, words: Any) -> None:
    call_back(case, rating=Rating(words["rating"]), note=words["note"], actor=actor, at=at)


def _button(
    deed: Deed, does: Callable[..., None], question: Any, *, form: type[forms.Form] = NoteForm, answers: bool = False
) -> Button:
    return Button(
        name=deed.value,
        label=DEEDS[deed],
        question=question,
        verb=May.ADD if answers else May.CHANGE,
        matter=Matter.CASE_ANSWERS if answers else Matter.CASES,
        does=does,
        fits=lambda case: (
            after(State(case.state), deed) is not None and (deed is not Deed.CALL_BACK or case.calls_back)
        ),
        form=form,
    )


@admin.register(Case)
class CaseDesk(Desk):
    """Cases that the account's bureau pursues or that lie in its region; of an agency: what was handed out to it."""

    matter = Matter.CASES
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
        one_of("rung", gettext_lazy("督办层级"), RUNGS),
        one_of("rating", gettext_lazy("评价"), RATINGS),
        one_of("calls_back", gettext_lazy("待回访"), {"True": gettext_lazy("待回访")}),
    )
    search_fields = ("number__exact", "credit_code__exact", "enterprise_name", "agency_name")
    search_help_text = gettext_lazy("督办编号或统一社会信用代码（完整）、企业或执法单位名称")
    ordering = ("-opened_at", "-pk")
    fieldsets = (
        (gettext_lazy("说明"), {"fields": ("about", "shining", "state", "rung", "due_on", "life", "shown")}),
        (gettext_lazy("对象"), {"fields": ("enterprise_name", "credit_code", "region_code")}),
        (gettext_lazy("办理"), {"fields": ("agency_name", "agency_code", "responsible", "grade", "supervised_by")}),
        (gettext_lazy("投诉人"), {"fields": ("complainant",)}),
    )
    readonly_fields = ("about", "shining", "life", "shown", "complainant")
    buttons = (
        _button(
            Deed.HAND_OUT,
            _hand_out,
            gettext_lazy("交办后由该单位在期限内答复。投诉须定级：A、B、C 类期限不同。意见会给被督办单位看。"),
            form=HandOutForm,
        ),
        _button(
            Deed.ANSWER,
            _answer,
            gettext_lazy("请写明核查结果和整改情况，可附佐证图片，至多三张。答复后不能再改。"),
            form=AnswerForm,
            answers=True,
        ),
        _button(Deed.SEND_BACK, partial(_noted, deed=send_back), gettext_lazy("答复不符合要求，由同一单位重新办理。")),
        _button(Deed.ESCALATE, partial(_noted, deed=escalate), gettext_lazy("升到上一层级，期限重新计算。")),
        _button(
            Deed.CLOSE,
            partial(_noted, deed=close_case),
            gettext_lazy("请写明办结理由。投诉人凭受理编号和查询码可以看到所写内容。"),
        ),
        _button(Deed.REOPEN, partial(_noted, deed=reopen_case), gettext_lazy("请写明质量检查发现了什么。须重新交办。")),
        _button(
            Deed.CALL_BACK,
            _call_back,
            gettext_lazy("该投诉被抽中回访。请写明投诉人的意见，不要写姓名和电话。"),
            form=RatingForm,
        ),
    )

    def reach(self, rows: QuerySet[Any], sight: Sight) -> QuerySet[Any]:
        today = day_of(timezone.now())
        near = working_days().after(today, in_force(settings.CASE_LADDERS, today).near_days)
        for_agency = sight.reach is Reach.BRANCH
        found = rows.filter(
            sight.rows(region="region_code", branch="agency_path", supervised_by="supervised_by"),
            Exists(CaseStep.objects.filter(case=OuterRef("pk"), deed=Deed.HAND_OUT)) if for_agency else Q(),
        )
        stood: QuerySet[Any] = found.annotate(
            lit=with_lamp("due_on", today=today, near=near),
            for_agency=Value(for_agency, output_field=BooleanField()),
        )
        return stood

    def get_list_filter(self, request: HttpRequest) -> Any:
        return self.list_filter[:3] if sight(request).reach is Reach.BRANCH else self.list_filter

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """The address asks nothing of what an agency is not to know."""
        hidden = sight(request).reach is Reach.BRANCH and lookup.split("__")[0] in {"rating", "calls_back", "steps"}
        return not hidden and super().lookup_allowed(lookup, value, request)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        response = super().changelist_view(request, extra_context)
        listed = (getattr(response, "context_data", None) or {}).get("cl")
        if listed is not None:
            self._read(request, subject=request.GET.urlencode(), shown=len(listed.result_list))
        return response

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        if context.get("original") is not None:
            self._read(request, subject=f"case={context['original'].number}", shown=1)
        return super().render_change_form(request, context, *args, **kwargs)

    def _read(self, request: HttpRequest, *, subject: str, shown: int) -> None:
        log_read(page="cases", subject=subject, shown=shown, actor=sight(request).actor, at=timezone.now())

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
        self._read(request, subject=f"case={case.number}&picture={found.pk}", shown=1)
        response = HttpResponse(bytes(found.copy), content_type="image/jpeg")
        response["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
        response["Cache-Control"] = "private, no-store"
        return response

    def ranking_view(self, request: HttpRequest) -> HttpResponse:
        """Agencies by their share of answers in time in a month (`?month=2026-10`); this month without a word."""
        knocker, today = sight(request), day_of(timezone.now())
        if not knocker.may(May.VIEW, Matter.CASES):
            raise Http404
        first = _month(request.GET.get("month", "")) or today.replace(day=1)
        last = first.replace(day=monthrange(first.year, first.month)[1])
        rows = knocker.rows(region="case__region_code", branch="case__agency_path", supervised_by="case__supervised_by")
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
        kind, row = ("flag", case.flag_id) if case.flag_id else ("complaint", case.complaint_id)
        word = _("预警") if case.flag_id else _("投诉")
        if case.for_agency:
            return word
        return format_html('<a href="{}">{}</a>', reverse(f"admin:audit_{kind}_change", args=[row]), word)

    @admin.display(description=gettext_lazy("投诉人"))
    def complainant(self, case: Any) -> str:
        """Masked until he consents; in clear to the agency then, and to nobody once wiped."""
        said = case.complaint
        if said is None:
            return "—"
        if said.phone is None:
            return _("已依法抹除")
        if case.for_agency:
            return (said.phone or _("未留")) if said.may_be_named else _("未同意告知")
        return masked(said.phone) or _("未留")

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
        step.note if noted else "",
        step.by,
    ]


def _month(text: str) -> date | None:
    try:
        found = datetime.strptime(text, "%Y-%m").date()  # noqa: DTZ007 (a month has no zone)
    except ValueError:
        return None
    return found if 2000 <= found.year <= 2099 else None
