"""督办: a warning or a complaint is pursued until it stops, by whoever may, within working days."""

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from io import StringIO
from itertools import product
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.models import Q
from django.db.utils import DatabaseError

from audit.actor import Actor
from audit.cases import handling
from audit.casework import TABLE, Asked, Deed, Lamp, Organ, Party, Rating, State, Whose, in_time, lamp, may_do
from audit.complaints import told
from audit.ladder import Rung, UnreadableLadder, above, in_force, read_ladders
from audit.models import Case, Complaint, ComplaintState, Entry, Flag, FlagState
from audit.problem import Problem
from audit.services.answer_case import answer_case
from audit.services.case_step import AgencyUnknown, CaseTurned, NotYourCase
from audit.services.close_case import close_case
from audit.services.complain import Grievance, Picture, complain
from audit.services.flag import Whose as Enterprise
from audit.services.hand_out import GradeMissing, hand_out
from audit.services.open_case import CaseExists, ComplaintIsClosed, FlagIsLowered, open_case
from audit.services.press_case import OnTheLastRung, ReportMissing, escalate, send_back
from audit.services.rate_case import AlreadyRated, call_back, rate_case
from audit.services.rate_complaint import rate_complaint
from audit.services.remind_cases import remind_cases
from audit.services.reopen_case import reopen_case
from audit.services.turn_complaint import ComplaintIsPursued, turn_complaint
from audit.working_days import WorkingDays
from tests.house.admin_world import account_of
from tests.parallel import at_once

# A Wednesday; the 1st to the 7th of October 2026 are holidays, Saturday the 10th is worked.
AT = datetime(2026, 9, 30, 2, 0, tzinfo=UTC)
LI_JING, WU_GANG, WORKER = Actor.account("li.jing"), Actor.account("wu.gang"), Actor.command("work")
BUREAU = Organ(code="130502-SCJG", path="/130500-SCJG/130502-SCJG/", name="襄都市监局", supervised_by="130502-SFJ")
OTHER = Organ(code="130502-YJ", path="/130502-YJ/", name="襄都应急局", supervised_by="130502-SFJ")
LADDERS = settings.CASE_LADDERS
LADDER = LADDERS[0]
BY_LI_JING: dict[str, Any] = {"ladders": LADDERS, "actor": LI_JING}


def a_flag(period: str = "2026", supervised_by: str = "130502-SFJ", agency: str = BUREAU.code) -> Flag:
    return Flag.objects.create(
        rule="annual_cap",
        rule_version=1,
        level="warning",
        credit_code="91110108551385082Q",
        enterprise_name="邢台轴承有限公司",
        region_code="130502",
        agency_code=agency,
        agency_name=BUREAU.name,
        supervised_by=supervised_by,
        period=period,
        opened_by_visit="RQ1",
        raised_at=AT,
    )


def a_complaint(phone: str = "13812341234") -> Complaint:
    return complain(
        Grievance(source="door", kind="unscanned", text="没有扫码", happened_at=None, phone=phone),
        whose=Enterprise(credit_code="91110108551385082Q", enterprise_name="邢台轴承有限公司", region_code="130502"),
        submission=uuid4(),
        actor=Actor.door("91110108551385082Q"),
        at=AT,
    )


@pytest.fixture
def people(db: None) -> None:
    for role in ("supervisor", "agency_leader", "discipline"):
        account_of(role)


def test_what_was_written_down_on_the_telephone_takes_no_rating_from_the_complainant(people: None) -> None:
    complaint = a_complaint()
    case = open_case(complaint, note="", at=AT, **BY_LI_JING)
    hand_out(case, organ=BUREAU, responsible="吴刚", note="请核实", at=AT, grade="B", **BY_LI_JING)
    answer_case(case, note="已补扫", actor=WU_GANG, at=AT)
    every = [replace(ladder, call_back_share=1.0) for ladder in LADDERS]
    close_case(case, note="已补扫", ladders=every, actor=LI_JING, at=AT)
    call_back(case, rating=Rating.SATISFIED, note="已道歉", actor=LI_JING, at=AT)
    found = told(complaint.number)
    assert found is not None
    assert found.rateable
    rate_case(case, rating=Rating.UNSATISFIED, note="没有人来过", actor=Actor.complainant(complaint.number), at=AT)
    assert Case.objects.get().rating == Rating.UNSATISFIED
    with pytest.raises(AlreadyRated):
        rate_case(case, rating=Rating.SATISFIED, note="", actor=Actor.complainant(complaint.number), at=AT)
    again = told(complaint.number)
    assert again is not None
    assert not again.rateable


def test_no_case_is_opened_about_a_warning_that_was_lowered(people: None) -> None:
    flag = a_flag()
    for state in ("raised", "lowered"):
        FlagState.objects.create(flag=flag, state=state, at=AT, actor=LI_JING, evidence={})
    with pytest.raises(FlagIsLowered):
        open_case(flag, organ=BUREAU, note="", at=AT, **BY_LI_JING)
    FlagState.objects.create(flag=flag, state="raised", at=AT, actor=LI_JING, evidence={})
    assert open_case(flag, organ=BUREAU, note="", at=AT, **BY_LI_JING).flag_id == flag.pk


def test_a_complaint_closed_without_a_case_becomes_one_where_its_complainant_is_not_satisfied(people: None) -> None:
    complaint = a_complaint()
    turn_complaint(complaint, state=ComplaintState.State.CLOSED, note="已答复", actor=LI_JING, at=AT)
    with pytest.raises(ComplaintIsClosed):
        open_case(complaint, note="", at=AT, **BY_LI_JING)
    rate_complaint(complaint, rating=Rating.UNSATISFIED, actor=Actor.complainant(complaint.number), at=AT)
    later = AT + timedelta(days=30)
    case = open_case(complaint, note="不满意，重新办理", at=later, **BY_LI_JING)
    assert case.due_on is not None
    assert case.due_on > later.date(), "its term begins when it is taken up again"


def test_every_deed_in_every_state_is_decided_and_what_is_open_can_be_closed() -> None:
    assert set(TABLE) == set(product(State, set(Deed) - {Deed.OPEN}))
    assert {state for state in State if TABLE[state, Deed.CLOSE] is None} == {State.CLOSED}
    assert {then for then in TABLE.values() if then} | {State.OPENED} == set(State)


@pytest.mark.parametrize("deed", Deed)
def test_an_agency_answers_and_nobody_decides_on_his_own_agencys_case(deed: Deed) -> None:
    whose = Whose(supervised_by="130502-SFJ", agency_path="/130500-SCJG/130502-SCJG/")
    may = {
        name: may_do(deed, party=Party(role=role, agency_code=code, region_prefix="130502"), whose=whose)
        for name, role, code in (
            ("bureau", "supervisor", "130502-SFJ"),
            ("other bureau", "supervisor", "130503-SFJ"),
            ("leader", "agency_leader", "130502-SCJG"),
            ("leader above", "agency_admin", "130500-SCJG"),
            ("sibling", "agency_leader", "130503-SCJG"),
            ("discipline", "discipline", ""),
            ("nobody", "", ""),
        )
    }
    answers = {name: deed is Deed.ANSWER and name in {"leader", "leader above"} for name in may}
    decides = deed not in {Deed.ANSWER, Deed.REMIND, Deed.RATE}
    assert may == answers | {"bureau": decides}
    own = Whose(supervised_by="130502-SFJ", agency_path="/130502-SFJ/")
    assert not may_do(deed, party=Party(role="supervisor", agency_code="130502-SFJ", region_prefix=""), whose=own)


def test_limits_run_over_holidays_and_what_was_imported_goes_first() -> None:
    days, wednesday = WorkingDays(), date(2026, 9, 30)
    assert [days.after(wednesday, count) for count in (0, 1, 2, 3, 4)] == [
        wednesday,
        *(date(2026, 10, day) for day in (8, 9, 10, 12)),
    ]
    told = WorkingDays(imported={date(2026, 10, 8): False})
    assert told.after(wednesday, 1) == date(2026, 10, 9)
    assert days.after(date(2098, 12, 31), 1) == date(2099, 1, 2), "beyond the library's data: what is fixed by date"
    assert [days.after(date(2099, month, 30), 1) for month in (4, 9)] == [date(2099, 5, 4), date(2099, 10, 5)]
    assert (days.knows(2026), days.knows(2099)) == (True, False)
    assert WorkingDays(imported={date(2099, 2, 2): False}).knows(2099)
    near = date(2026, 10, 9)
    lamps = [lamp(due, today=date(2026, 10, 8), near=near) for due in (None, date(2026, 10, 10), near, wednesday)]
    assert lamps == [Lamp.GREEN, Lamp.GREEN, Lamp.YELLOW, Lamp.RED]


def test_the_ladder_is_data_in_versions() -> None:
    assert [LADDER.limit(Rung.REMIND, grade=grade) for grade in ("A", "B", "C", "")] == [1, 2, 3, 5]
    assert LADDER.limit(Rung.RECTIFY, grade="A") == 10
    assert LADDER.reports == {Rung.TALK, Rung.REFER}
    assert [above(rung) for rung in Rung] == [*list(Rung)[1:], None]
    text = Path(settings.CASE_LADDERS_FILE).read_text(encoding="utf-8")
    later = text.replace("version = 1", "version = 2").replace("2026-01-01", "2027-01-01").replace("A = 1", "A = 2")
    both = read_ladders(text + later)
    assert [in_force(both, date(year, 1, 1)).version for year in (2025, 2026, 2027)] == [1, 1, 2]
    for wrong in ("", "x", text + text, text.replace("A = 1", "A = 0"), text.replace("remind", "shout"), later + text):
        with pytest.raises(UnreadableLadder):
            read_ladders(wrong)


def test_in_time_is_said_only_of_what_can_be_said() -> None:
    due, day = date(2026, 10, 9), timedelta(days=1)
    asked = partial(Asked, agency="A", due_on=due)
    told = [
        in_time(asked(answered_on=answered, replaced_on=replaced), today=today)
        for answered, replaced, today in (
            (due, None, due),
            (due + day, None, due + 2 * day),
            (None, due, due + day),
            (None, due + day, due + day),
            (None, None, due),
            (None, None, due + day),
        )
    ]
    assert told == [True, False, None, False, None, False]


def test_a_flag_is_pursued_answered_sent_back_escalated_closed_and_opened_again(people: None) -> None:
    case = open_case(a_flag(), organ=BUREAU, note="两次未说明理由", at=AT, **BY_LI_JING)
    assert (case.state, case.rung, case.due_on) == ("opened", "remind", date(2026, 10, 8))
    with pytest.raises(CaseExists):
        open_case(case.flag, organ=BUREAU, note="", at=AT, **BY_LI_JING)  # type: ignore[arg-type]
    with pytest.raises(CaseTurned):
        send_back(case, note="", at=AT, **BY_LI_JING)
    hand = partial(hand_out, case, responsible="吴刚", note="请说明", at=AT, ladders=LADDERS)
    with pytest.raises(NotYourCase):
        hand(organ=Organ(code="X", path="/X/", name="别处", supervised_by="130503-SFJ"), actor=LI_JING)
    with pytest.raises(NotYourCase):
        hand(organ=BUREAU, actor=WU_GANG)
    hand(organ=BUREAU, actor=LI_JING)
    assert remind_cases(ladders=LADDERS, actor=WORKER, at=AT) == []
    case.refresh_from_db()
    assert (case.state, case.due_on, case.grade) == ("handed", date(2026, 10, 13), "")
    for day, lit in ((12, "yellow"), (13, None), (14, "red"), (15, None)):
        told = remind_cases(ladders=LADDERS, actor=WORKER, at=datetime(2026, 10, day, 2, tzinfo=UTC))
        assert told == ([case.number] if lit else [])
        case.refresh_from_db()
        assert case.reminded == (lit or case.reminded)
    late = datetime(2026, 10, 15, 2, tzinfo=UTC)
    with pytest.raises(NotYourCase):
        answer_case(case, note="我来答", actor=LI_JING, at=late)
    answered = answer_case(case, note="已整改", pictures=[Picture(sha256="0" * 64, copy=b"j")], actor=WU_GANG, at=late)
    assert answered.files.count() == 1
    for deed in (close_case, escalate, send_back):
        with pytest.raises(NotYourCase):
            deed(case, note="没事了", ladders=LADDERS, actor=WU_GANG, at=late)
    send_back(case, note="没有说明理由", at=late, **BY_LI_JING)
    assert escalate(case, note="仍未说明", report_no="x", at=late, **BY_LI_JING).report_no == "", (
        "no report is asked for"
    )
    for rung in ("talk", "refer"):
        with pytest.raises(ReportMissing):
            escalate(case, note="仍未说明", at=late, **BY_LI_JING)
        step = escalate(case, note="仍未说明", report_no="襄司报〔2026〕3号", at=late, **BY_LI_JING)
        assert (step.rung, step.report_no, step.agency_path) == (rung, "襄司报〔2026〕3号", BUREAU.path)
    with pytest.raises(OnTheLastRung):
        escalate(case, note="", at=late, **BY_LI_JING)
    close_case(case, note="已移送", at=late, **BY_LI_JING)
    assert reopen_case(case, note="质检：材料不全", at=late, **BY_LI_JING).due_on == date(2026, 10, 16)
    close_case(case, note="已补正", at=late, **BY_LI_JING)
    lived = [step.deed for step in case.steps.order_by("serial")]
    assert lived[:6] == ["open", "hand_out", "remind", "remind", "answer", "send_back"]
    assert lived[6:] == ["escalate"] * 3 + ["close", "reopen", "close"]
    assert case.history.count() == len(lived) == Entry.objects.filter(kind="case-step").count()
    november = datetime(2026, 11, 30, tzinfo=UTC).date()
    [found] = handling(Q(case__supervised_by="130502-SFJ"), first=date(2026, 10, 1), last=november, today=november)
    assert (found.agency, found.owed, found.kept, found.share) == (BUREAU.code, 1, 0, 0.0)


def test_a_complaint_is_graded_handed_out_answered_rated_and_called_back(people: None) -> None:
    complaint = a_complaint()
    case = open_case(complaint, note="", at=AT + timedelta(days=8), **BY_LI_JING)
    assert case.due_on == date(2026, 10, 8), "one working day from its receipt, whenever the case is opened"
    with pytest.raises(ComplaintIsPursued):
        turn_complaint(complaint, state=ComplaintState.State.CLOSED, note="", actor=LI_JING, at=AT)
    later = datetime(2026, 10, 8, 6, tzinfo=UTC)
    hand = partial(hand_out, case, organ=BUREAU, responsible="吴刚", note="请核实", at=later, **BY_LI_JING)
    with pytest.raises(GradeMissing):
        hand()
    assert hand(grade="B").due_on == date(2026, 10, 10)
    answer_case(case, note="当天系统故障，已补扫", actor=WU_GANG, at=later)
    every = [replace(ladder, call_back_share=1.0) for ladder in LADDERS]
    rate = partial(rate_case, case, rating=Rating.UNSATISFIED, note="没有道歉", at=later)
    with pytest.raises(CaseTurned):
        rate(actor=Actor.door("91110108551385082Q"))
    close_case(case, note="该单位已补扫", ladders=every, actor=LI_JING, at=later)
    with pytest.raises(NotYourCase):
        rate(actor=LI_JING)
    rate(actor=Actor.door("91110108551385082Q"))
    with pytest.raises(AlreadyRated):
        rate(actor=Actor.door("91110108551385082Q"))
    call_back(case, rating=Rating.SATISFIED, note="已道歉", actor=LI_JING, at=later)
    assert Case.objects.get().rating == Rating.UNSATISFIED, "what he said himself stands"
    with pytest.raises(CaseTurned):
        call_back(case, rating=Rating.SATISFIED, note="", actor=LI_JING, at=later)
    reopen_case(case, note="质检", at=later, **BY_LI_JING)
    hand(grade="C", organ=OTHER)
    escalate(case, note="仍不答复", at=later, **BY_LI_JING)
    stood = [(state.state, state.grade, state.note) for state in complaint.states.order_by("serial")]
    assert stood == [
        ("open", None, ""),
        ("accepted", "B", "已受理并交办，办理期限 2026-10-10。"),
        ("closed", "B", "该单位已补扫"),
        ("accepted", "B", "经质量检查，已重新办理。"),
        ("accepted", "C", "已受理并交办，办理期限 2026-10-12。"),
        ("accepted", "C", "已升级督办，办理期限 2026-10-21。"),
    ]
    october: dict[str, Any] = {"first": date(2026, 10, 1), "last": date(2026, 10, 31), "today": date(2026, 10, 30)}
    assert [(one.agency, one.owed, one.kept) for one in handling(Q(), **october)] == [
        (BUREAU.code, 1, 1),
        (OTHER.code, 1, 0),
    ]
    [ours] = handling(Q(agency_path__startswith="/130500-SCJG/"), **october)
    assert ours.agency == BUREAU.code, "the case is another's by now, what was asked of us is ours"
    told = json.loads(bytes(Entry.objects.filter(kind="case-step").order_by("pk")[0].body or b""))
    assert told["body"]["deed"] == "open"


def test_what_is_out_of_reach_is_not_pursued_and_what_is_done_is_done(people: None, tmp_path: Path) -> None:
    file = tmp_path / "days.csv"
    file.write_text("2026-10-08,休\n", encoding="utf-8")
    here, own = a_flag(), a_flag("2025", agency="130502-SFJ")
    itself = Organ(code="130502-SFJ", path="/130502-SFJ/", name="襄都区司法局", supervised_by="130502-SFJ")
    for flag, organ in ((here, replace(BUREAU, supervised_by="130503-SFJ")), (own, itself)):
        with pytest.raises(NotYourCase):
            open_case(flag, organ=organ, note="", at=AT, **BY_LI_JING)
    for unknown in (None, itself):
        with pytest.raises(AgencyUnknown):
            open_case(here, organ=unknown, note="", at=AT, **BY_LI_JING)
    assert open_case(a_flag("2024", supervised_by="", agency=""), note="", at=AT, **BY_LI_JING).agency_path == ""
    for actor in (WU_GANG, Actor.account("zheng.yi"), Actor.account("nobody"), WORKER):
        with pytest.raises(NotYourCase):
            open_case(a_complaint(), note="", ladders=LADDERS, actor=actor, at=AT)
    complaint = a_complaint()
    turn_complaint(complaint, state=ComplaintState.State.CLOSED, note="", actor=LI_JING, at=AT)
    with pytest.raises(ComplaintIsClosed):
        open_case(complaint, note="", at=AT, **BY_LI_JING)
    call_command("import_days", str(file), stdout=StringIO())
    for table in ("audit_casestep", "audit_calendarday"):
        with pytest.raises(DatabaseError, match="refused"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {table}")
    assert open_case(a_complaint(), note="", at=AT, **BY_LI_JING).due_on == date(2026, 10, 9)
    file.write_text("2026-13-01,休\n", encoding="utf-8")
    with pytest.raises(CommandError, match="第 1 行"):
        call_command("import_days", str(file))


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_supervisors_at_once_open_one_case_and_close_it_once() -> None:
    for role in ("supervisor", "agency_leader"):
        account_of(role)
    flag = a_flag()

    def tried(deed: Any) -> str:
        try:
            deed(at=AT, note="", **BY_LI_JING)
        except Problem as refusal:
            return refusal.code
        return "done"

    assert Counter(at_once([partial(tried, partial(open_case, flag, organ=BUREAU))] * 8, threads=8)) == {
        "done": 1,
        "case-exists": 7,
    }
    case = Case.objects.get()
    assert Counter(at_once([partial(tried, partial(close_case, case))] * 8, threads=8)) == {
        "done": 1,
        "case-turned": 7,
    }
    assert [step.deed for step in case.steps.order_by("serial")] == ["open", "close"]
