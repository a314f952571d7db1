"""What may be done to a case (督办) on its page: each deed a button with its form."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy

from audit.actor import Actor
from audit.button import Button
from audit.cases import party_of
from audit.casework import Deed, Rating, State, after
from audit.duties import Matter, May
from audit.ladder import GRADES
from audit.models import Case
from audit.models.case import DEEDS
from audit.models.complaint import RATINGS
from audit.problem import Problem
from audit.services.close_case import close_case
from audit.services.hand_out import hand_out
from audit.services.press_case import escalate, send_back
from audit.services.rate_case import call_back
from audit.services.reopen_case import reopen_case
from checkins.admin.entry_form import PICTURES, PicturesForm
from checkins.complained_of import organs
from checkins.services.answer_case import answer_with_pictures
from enterprises.decoding_pool import pool


class AgencyNotYours(Problem):
    """No such agency, or another bureau supervises it."""

    code, status, title = "case-agency-not-yours", 422, gettext_lazy("没有这一单位，或该单位不归您监督")


class NoteForm(forms.Form):
    note = forms.CharField(label=gettext_lazy("意见"), max_length=500, widget=forms.Textarea(attrs={"rows": 4}))


class HandOutForm(NoteForm):
    agency_code = forms.CharField(
        label=gettext_lazy("执法单位"), max_length=100, help_text=gettext_lazy("单位代码或全称")
    )
    responsible = forms.CharField(label=gettext_lazy("责任人"), max_length=40)
    grade = forms.ChoiceField(
        label=gettext_lazy("等级"), required=False, choices=[("", "—"), *((grade, grade) for grade in GRADES)]
    )


class AnswerForm(PicturesForm, NoteForm):
    """At most three pictures, each in a field of its own."""

    field_order = ("note",)


class EscalateForm(NoteForm):
    report_no = forms.CharField(
        label=gettext_lazy("向政府报告的文号"),
        required=False,
        max_length=60,
        help_text=gettext_lazy("升到须报告政府的层级（约谈、通报移送）时必填"),
    )


class RatingForm(NoteForm):
    rating = forms.ChoiceField(label=gettext_lazy("评价"), choices=list(RATINGS.items()))


def _hand_out(case: Case, actor: Actor, at: datetime, words: Any) -> None:
    said = words["agency_code"].strip()
    organ = organs([said]).get(said)
    if organ is None or organ.supervised_by != party_of(actor).agency_code:
        raise AgencyNotYours
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
    answer_with_pictures(
        case,
        note=words["note"],
        pictures=[words[name].read() for name in PICTURES if words[name]],
        reader=pool(settings.PHOTO_POLICY),
        actor=actor,
        at=at,
    )


def _noted(case: Case, actor: Actor, at: datetime, words: Any, *, deed: Callable[..., Any]) -> None:
    deed(case, note=words["note"], ladders=settings.CASE_LADDERS, actor=actor, at=at)


def _escalate(case: Case, actor: Actor, at: datetime, words: Any) -> None:
    report_no = words["report_no"].strip()
    escalate(case, note=words["note"], report_no=report_no, ladders=settings.CASE_LADDERS, actor=actor, at=at)


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


BUTTONS = (
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
    _button(Deed.ESCALATE, _escalate, gettext_lazy("升到上一层级，期限重新计算。"), form=EscalateForm),
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
