"""督办 in the browser: supervisors pursue, the agency answers, the complainant rates, discipline looks on."""

import json
import re
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from time_machine import TimeMachineFixture

from audit.facts import SHANGHAI
from audit.models import Account, Case, Complaint, Entry, Flag, ReadLog
from tests.checkins.test_complaint_pages import Complainant, receipt, upload
from tests.house.admin_world import account_of, signed_in
from tests.town import BEARINGS

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("time_machine_at_noon", "town")]


def page(row: Any, *more: str) -> str:
    found = reverse(f"admin:audit_{row._meta.model_name}_change", args=[row.pk])
    return found.removesuffix("change/") + "/".join(more) + "/" if more else found


def press(client: Client, row: Any, deed: str, status: int = 302, **words: Any) -> str:
    """Press a button of the row's page; the page that follows, if it is no way back."""
    answer = client.post(page(row, "do", deed), words)
    text = answer.content.decode()
    assert answer.status_code == status, text
    return text


def seen(client: Client, row: Any) -> str:
    answer = client.get(page(row))
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def li_jing() -> Client:
    return signed_in(account_of("supervisor"))


@pytest.fixture
def wu_gang() -> Client:
    return signed_in(account_of("agency_leader"))


def a_flag() -> Flag:
    return Flag.objects.create(
        rule="annual_cap",
        rule_version=1,
        level="warning",
        credit_code=BEARINGS,
        enterprise_name="邢台轴承有限公司",
        region_code="130502",
        agency_code="130502-SCJG",
        agency_name="襄都区市场监督管理局",
        supervised_by="130502-SFJ",
        period="2026",
        opened_by_visit="RQ1",
        raised_at=datetime(2026, 7, 1, 9, tzinfo=SHANGHAI),
    )


def test_a_warning_becomes_a_case_that_the_agency_answers_and_a_quality_check_opens_again(
    li_jing: Client, wu_gang: Client, time_machine: TimeMachineFixture
) -> None:
    flag = a_flag()
    assert "立案督办" in seen(li_jing, flag)
    press(wu_gang, flag, "pursue", 404, reason="没有理由")
    press(li_jing, flag, "pursue", reason="三次未说明理由")
    press(li_jing, flag, "pursue", 404, reason="再立一次")
    case = Case.objects.get()
    assert case.number in seen(li_jing, flag)
    assert wu_gang.get(page(case)).status_code == 404, "it was not handed out yet"
    words: dict[str, Any] = {"agency_code": "130502-SCJG", "responsible": "吴刚", "note": "请说明第三次检查的理由"}
    for wrong in ("NOBODY", "130534-SCJG"):
        assert "不归您监督" in press(li_jing, case, "hand_out", 200, **words | {"agency_code": wrong})
    assert 'value="130502-SCJG"' in li_jing.get(page(case, "do", "hand_out")).content.decode()
    press(li_jing, case, "hand_out", **words)
    case.refresh_from_db()
    assert (case.state, case.due_on, case.responsible) == ("handed", date(2026, 7, 8), "吴刚")

    time_machine.move_to(datetime(2026, 7, 9, 9, tzinfo=SHANGHAI))
    # Their sessions have ended since.
    li_jing, wu_gang = (signed_in(Account.objects.get(username=name)) for name in ("li.jing", "wu.gang"))
    listed = wu_gang.get(reverse("admin:audit_case_changelist"), {"lit": "red"}).content.decode()
    assert case.number in listed
    assert "红灯（已逾期）" in listed
    for deed in ("close", "escalate", "hand_out", "send_back"):
        press(wu_gang, case, deed, 404, note="没事了")
    assert "第 1 张图片" in press(wu_gang, case, "answer", 200, note="见附件", picture_1=upload(b"no", "a.jpg"))
    press(wu_gang, case, "answer", note="第三次系专项任务，已补录", picture_1=upload())
    picture = re.search(r"/admin/audit/case/\d+/picture/\d+/", seen(li_jing, case))
    assert picture
    shown = li_jing.get(picture[0])
    assert (shown["Content-Type"], shown.content[:2]) == ("image/jpeg", b"\xff\xd8")
    assert b"taken at home" not in shown.content
    assert signed_in(account_of("audit_admin")).get(picture[0]).status_code == 404

    press(li_jing, case, "close", note="已补录专项任务文号")
    press(li_jing, case, "reopen", note="质检：文号不存在")
    press(li_jing, case, "hand_out", **words)
    press(wu_gang, case, "answer", note="已更正文号")
    press(li_jing, case, "close", note="文号属实")
    life = seen(wu_gang, case)
    assert "质检重启" in life
    assert "文号属实" in life
    rank = li_jing.get(reverse("admin:audit_case_ranking"), {"month": "2026-07"}).content.decode()
    assert "50.0%" in rank
    assert "办理不力" in rank
    for month in ("x", "2026-13", "0001-01", "2026-05"):
        assert li_jing.get(reverse("admin:audit_case_ranking"), {"month": month}).status_code == 200
    read = ReadLog.objects.filter(page="cases", subject=f"case={case.number}")
    assert set(read.values_list("actor", flat=True)) == {"account:li.jing", "account:wu.gang"}
    assert ReadLog.objects.filter(page="cases", subject="lit=red", actor="account:wu.gang", shown=1).exists()


@pytest.mark.parametrize("agreed", [False, True], ids=["masked", "agreed"])
def test_a_complaint_from_the_door_is_graded_answered_rated_unsatisfied_and_seen_by_discipline(
    li_jing: Client, wu_gang: Client, time_machine: TimeMachineFixture, agreed: bool
) -> None:
    somebody, discipline = Complainant(), signed_in(account_of("discipline"))
    said: dict[str, Any] = {"may_be_named": "on"} if agreed else {}
    number, code = receipt(somebody.post(**said))
    complaint = Complaint.objects.get()
    press(li_jing, complaint, "pursue", reason="未扫码入企")
    case = Case.objects.get()
    assert case.due_on == date(2026, 7, 2), "handed out within one working day"
    press(li_jing, complaint, "close", 404, reason="绕开督办")
    words: dict[str, Any] = {"agency_code": "130502-SCJG", "responsible": "吴刚", "note": "请核实"}
    assert "须定级" in press(li_jing, case, "hand_out", 200, **words)
    press(li_jing, case, "hand_out", **words, grade="A")
    case.refresh_from_db()
    assert (case.grade, case.due_on) == ("A", date(2026, 7, 2))
    told = seen(wu_gang, case)
    assert ("13812341234" in told) == agreed
    assert ("未同意告知" in told) != agreed
    assert complaint.number not in told
    assert "138****1234" in seen(li_jing, case)
    ask: dict[str, Any] = {"name": "door-receipt", "number": number, "code": code}
    assert "办理期限 2026-07-02" in somebody.post(200, **ask)
    press(wu_gang, case, "answer", note="当日系统故障，已补扫")
    assert "您对办理满意吗" not in somebody.post(200, **ask)
    press(li_jing, case, "close", note="该单位已补扫并道歉")
    assert "您对办理满意吗" in somebody.post(200, **ask)
    somebody.post(404, **ask | {"code": "XXXX-XXXX"}, rating="unsatisfied")
    assert "您的评价已记下" in somebody.post(200, **ask, rating="unsatisfied")
    assert "已经评价过了" in somebody.post(409, **ask, rating="satisfied")
    desk = reverse("admin:audit_case_changelist")
    found = discipline.get(desk, {"rating": "unsatisfied"}).context["cl"].result_list
    assert [row.number for row in found] == [case.number]
    assert "不满意" in seen(discipline, case)
    assert "不满意" not in seen(wu_gang, case)
    assert "rating" not in wu_gang.get(desk).content.decode()
    for asked in ({"rating": "unsatisfied"}, {"rating__gt": ""}, {"calls_back__exact": "1"}):
        assert wu_gang.get(desk, asked).status_code == 400
    for deed in ("close", "reopen", "answer", "call_back"):
        press(discipline, case, deed, 404, note="x")
    kept = Entry.objects.filter(kind="case-step").order_by("pk")
    steps = [json.loads(bytes(entry.body or b""))["body"]["deed"] for entry in kept]
    assert steps == ["open", "hand_out", "answer", "close", "rate"]


def test_who_draws_a_complainant_calls_back(li_jing: Client) -> None:
    Complainant().post()
    press(li_jing, Complaint.objects.get(), "pursue", reason="未扫码入企")
    case = Case.objects.get()
    press(li_jing, case, "close", note="不属实")
    Case.objects.filter(pk=case.pk).update(calls_back=True)
    press(li_jing, case, "call_back", 200, note="满意", rating="so so")
    press(li_jing, case, "call_back", note="满意", rating="satisfied")
    press(li_jing, case, "call_back", 404, note="满意", rating="satisfied")
    case.refresh_from_db()
    assert (case.rating, case.calls_back) == ("satisfied", False)
    assert case.opened_at < datetime(2026, 7, 1, 12, tzinfo=SHANGHAI) + timedelta(hours=1)
