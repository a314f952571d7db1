"""Somebody complains (投诉): what is kept, who reads it, who is told, and what the complainant hears of it."""

import io
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib import import_module
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from django.db.migrations.exceptions import IrreversibleError
from django.db.utils import DatabaseError
from django.test import Client
from django.urls import reverse
from PIL import Image
from pytest_django import DjangoAssertNumQueries
from time_machine import TimeMachineFixture

from audit.actor import Actor
from audit.cells import SHANGHAI
from audit.complaint_receipt import HmacReceiptKeys, new_number, read_number
from audit.complaints import told
from audit.envelope import Envelope
from audit.models import Complaint, ComplaintPicture, ComplaintState, Entry, Filing, Role
from audit.phone import cleaned, is_mobile, masked
from audit.problem import Problem
from audit.receiving import read_letter
from audit.services.complain import Grievance, Picture, complain
from audit.services.flag import Whose
from audit.services.turn_complaint import ComplaintTurned, turn_complaint
from tests.house.admin_world import account_of, signed_in
from tests.parallel import at_once

AT = datetime(2026, 7, 1, 2, 0, tzinfo=UTC)
AT_THE_DOOR = Actor.door("91110108551385082Q")
LI_JING = Actor.account("li.jing")
BEARINGS = Whose(credit_code="91110108551385082Q", enterprise_name="邢台轴承有限公司", region_code="130502")
TEXT = "上午九点来了三个人，说是检查消防，没有扫码，也没有出示证件。"
PHONE = "13812341234"
State = ComplaintState.State


def jpeg(colour: str = "red") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (60, 40), colour).save(out, "JPEG")
    return out.getvalue()


def posted(*, whose: Whose = BEARINGS, submission: UUID | None = None, pictures: int = 2, **words: Any) -> Complaint:
    said: dict[str, Any] = {
        "source": "door",
        "kind": "unscanned",
        "text": TEXT,
        "happened_at": AT - timedelta(hours=1),
        "phone": PHONE,
    }
    return complain(
        Grievance(**(said | words)),
        whose=whose,
        submission=submission or uuid4(),
        pictures=[Picture(sha256=f"{place:064d}", copy=jpeg()) for place in range(pictures)],
        actor=AT_THE_DOOR,
        at=AT,
    )


def bodies(kind: str) -> list[dict[str, Any]]:
    return [json.loads(bytes(entry.body or b"")) for entry in Entry.objects.filter(kind=kind).order_by("pk")]


def address(complaint: Complaint, *more: str) -> str:
    page = reverse("admin:audit_complaint_change", args=[complaint.pk])
    return page.removesuffix("change/") + "/".join(more) + "/" if more else page


@pytest.mark.django_db
def test_the_boss_of_the_bearing_works_complains_and_the_supervision_side_is_told(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    lane = 1 if connection.vendor == "postgresql" else 0
    # savepoint and its release, sent before?, complaint, pictures, state, entry, filing
    with django_assert_num_queries(8 + lane):
        complaint = posted()
    assert complaint.number.startswith("TS20260701-")
    assert (complaint.text, complaint.phone, complaint.may_be_named, complaint.by) == (TEXT, PHONE, False, AT_THE_DOOR)
    assert [(one.place, bytes(one.copy or b"")) for one in complaint.pictures.order_by("place")] == [
        (1, jpeg()),
        (2, jpeg()),
    ]
    assert [(one.serial, one.state, one.grade) for one in complaint.states.all()] == [(1, "open", None)]
    filing = Filing.objects.get()
    assert (filing.event, filing.number, filing.credit_code) == (
        "complaint.received",
        complaint.number,
        BEARINGS.credit_code,
    )
    assert filing.payload["enterprise"] == "邢台轴承有限公司"


@pytest.mark.django_db
def test_neither_the_record_nor_the_platform_learns_what_was_said_or_by_whom() -> None:
    complaint = posted()
    entry, filing = Entry.objects.get(), Filing.objects.get()
    for told_of in (bytes(entry.body or b"").decode(), json.dumps(filing.payload, ensure_ascii=False)):
        assert TEXT not in told_of
        assert PHONE not in told_of
        assert complaint.number in told_of
    assert len(bodies("complaint")[0]["body"]["words"]) == 64


@pytest.mark.django_db
def test_the_platforms_receiver_takes_the_letter() -> None:
    posted()
    filing = Filing.objects.get()
    letter = Envelope(
        number=filing.number,
        event=filing.event,
        lane=filing.credit_code,
        subject=filing.visit,
        time=filing.created_at,
        data=filing.payload,
        sequence=filing.pk,
        source="http://127.0.0.1:8000",
    )
    assert read_letter(letter.body()).data["pictures"] == 2


@pytest.mark.django_db
def test_the_same_form_sent_twice_is_one_complaint_and_at_another_door_another() -> None:
    form = uuid4()
    first, again = posted(submission=form), posted(submission=form, text="又写了别的")
    elsewhere = posted(submission=form, whose=Whose(credit_code="9" * 18, enterprise_name="某", region_code="130534"))
    assert again.pk == first.pk != elsewhere.pk
    assert (Complaint.objects.count(), ComplaintPicture.objects.count(), Filing.objects.count()) == (2, 4, 2)


@pytest.mark.django_db
def test_what_was_said_is_never_changed_and_only_wiped_beside_an_order() -> None:
    complaint = posted()
    named = f"UPDATE audit_complaint SET text = NULL, phone = NULL, salt = NULL WHERE id = {complaint.pk}"
    wipe = named.replace("SET", "SET complainant = NULL,")
    without = f"UPDATE audit_complaintpicture SET copy = NULL WHERE complaint_id = {complaint.pk}"

    def refused(sql: str) -> bool:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(sql)
        except DatabaseError as error:
            return "refused" in str(error)
        return False

    assert all(map(refused, ("UPDATE audit_complaint SET text = 'x'", "DELETE FROM audit_complaint", wipe, without)))
    assert refused("UPDATE audit_complaintstate SET state = 'closed'")
    told_of = Entry.objects.values()[0] | {"id": None, "kind": "redacted", "subject": f"complaint:{complaint.number}"}
    Entry.objects.create(**told_of)
    assert refused(named), "the name goes with the rest"
    for kept in ("kind = 'other'", "source_no = '1'", "agency_code = 'x'"):
        assert refused(wipe.replace("salt = NULL", f"salt = NULL, {kept}"))
    assert refused(wipe.replace("salt = NULL", "salt = NULL, happened_at = NULL"))
    assert not refused(wipe)
    assert not refused(without)
    assert refused(wipe), "once"
    complaint.refresh_from_db()
    assert (complaint.text, complaint.phone) == (None, None)
    page = signed_in(account_of("supervisor")).get(address(complaint)).content.decode()
    assert "已依法抹除" in page
    assert signed_in(account_of("discipline")).get(address(complaint, "picture", "1")).status_code == 410


@pytest.mark.django_db
def test_li_jing_finds_it_in_her_inbox_and_reading_it_is_recorded_once_a_day(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(datetime(2026, 7, 1, 23, 50, tzinfo=SHANGHAI), tick=False)
    complaint = posted()
    li_jing = signed_in(account_of("supervisor"))
    inbox = li_jing.get(reverse("admin:audit_complaint_changelist"), {"state": "open"}).content.decode()
    assert complaint.number in inbox
    assert "邢台轴承有限公司" in inbox
    assert bodies("complaint-viewed") == []
    for _ in range(2):
        page = li_jing.get(address(complaint)).content.decode()
        assert TEXT in page
        assert "138****1234" in page
        assert PHONE not in page
    assert [(told["actor"], told["subject"]) for told in bodies("complaint-viewed")] == [
        (LI_JING, f"complaint:{complaint.number}")
    ]
    time_machine.shift(timedelta(minutes=20))
    li_jing.get(address(complaint))
    assert len(bodies("complaint-viewed")) == 2


@pytest.mark.django_db
def test_the_way_back_of_the_entered_words_columns_refuses_once_they_say_anything() -> None:
    """The last operation of the migration is the first of its way back."""
    keeps = import_module("audit.migrations.0027_complaints_entered").Migration.operations[-1]
    posted()
    keeps.backwards(connection.schema_editor())
    posted(source="phone")
    with pytest.raises(IrreversibleError, match="would be lost"):
        keeps.backwards(connection.schema_editor())


@pytest.mark.django_db
@pytest.mark.parametrize("role", [*Role.values, ""])
def test_nobody_of_an_agency_and_no_administrator_sees_it(role: str) -> None:
    complaint = posted()
    client = signed_in(account_of(role))
    may = role in {"supervisor", "discipline"}
    for page in (address(complaint), address(complaint, "picture", "1")):
        assert client.get(page).status_code == (200 if may else 404)
    assert client.get(address(complaint, "do", "reveal")).status_code == (200 if role == "supervisor" else 404)
    assert (bodies("complaint-viewed") != []) == may


@pytest.mark.django_db
def test_out_of_her_region_it_is_404_and_nobody_has_read_it() -> None:
    complaint = posted(whose=Whose(credit_code="9" * 18, enterprise_name="暖阳羊绒", region_code="130534"))
    li_jing = signed_in(account_of("supervisor"))
    for more in ((), ("picture", "1"), ("do", "close"), ("history",)):
        assert li_jing.get(address(complaint, *more)).status_code == 404
    assert bodies("complaint-viewed") == []


@pytest.mark.django_db
def test_a_picture_is_a_picture_and_looking_at_it_alone_is_reading_too() -> None:
    complaint = posted(pictures=1)
    response = signed_in(account_of("discipline")).get(address(complaint, "picture", "1"))
    assert (response.status_code, response["Content-Type"], response.content) == (200, "image/jpeg", jpeg())
    assert "no-store" in response["Cache-Control"]
    assert response["Content-Security-Policy"].startswith("default-src 'none'")
    assert len(bodies("complaint-viewed")) == 1
    li_jing = signed_in(account_of("supervisor"))
    for strange in ("0", "2", "99999999999999999999"):
        assert li_jing.get(address(complaint, "picture", strange)).status_code == 404


def press(client: Client, complaint: Complaint, button: str, reason: str = "已约谈该单位，责成补扫") -> Any:
    return client.post(address(complaint, "do", button), {"reason": reason})


@pytest.mark.django_db
def test_li_jing_calls_the_complainant_and_says_why() -> None:
    complaint = posted()
    li_jing = signed_in(account_of("supervisor"))
    assert PHONE not in li_jing.get(address(complaint, "do", "reveal")).content.decode()
    assert PHONE not in press(li_jing, complaint, "reveal", "").content.decode()
    assert bodies("complainant-revealed") == []
    assert PHONE in press(li_jing, complaint, "reveal", "核实经过").content.decode()
    assert [(told["actor"], told["body"]["reason"]) for told in bodies("complainant-revealed")] == [
        (LI_JING, "核实经过")
    ]


@pytest.mark.django_db
def test_who_left_no_number_cannot_be_called() -> None:
    complaint = posted(phone="")
    li_jing = signed_in(account_of("supervisor"))
    assert li_jing.get(address(complaint, "do", "reveal")).status_code == 404
    assert "未留" in li_jing.get(address(complaint)).content.decode()


@pytest.mark.django_db
def test_a_complaint_is_accepted_then_closed_and_the_receipt_says_so(
    time_machine: TimeMachineFixture, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    time_machine.move_to(AT + timedelta(days=1), tick=False)
    complaint = posted()
    with django_assert_num_queries(1):
        heard = told(complaint.number)
    assert heard is not None
    assert (heard.state, heard.note) == ("已收到，待受理", "")
    li_jing = signed_in(account_of("supervisor"))
    assert press(li_jing, complaint, "accept", "转襄都区司法局李静，三个工作日内答复").status_code == 302
    assert press(li_jing, complaint, "close").status_code == 302
    assert press(li_jing, complaint, "close").status_code == 404, "there is nothing more to close"
    heard = told(complaint.number)
    assert heard is not None
    assert (heard.state, heard.note, heard.since) == ("已办结", "已约谈该单位，责成补扫", AT + timedelta(days=1))
    assert [(one.serial, one.state, one.by) for one in complaint.states.order_by("serial")] == [
        (1, "open", AT_THE_DOOR),
        (2, "accepted", LI_JING),
        (3, "closed", LI_JING),
    ]
    assert [(told["body"]["state"], told["body"]["serial"]) for told in bodies("complaint-turned")] == [
        ("accepted", 2),
        ("closed", 3),
    ]


@pytest.mark.django_db
def test_a_grade_stands_until_another_is_given() -> None:
    complaint = posted()
    turn = partial(turn_complaint, complaint, note="", actor=LI_JING, at=AT)
    assert turn(state=State.ACCEPTED, grade=ComplaintState.Grade.B).grade == "B"
    assert turn(state=State.CLOSED).grade == "B"
    with pytest.raises(ComplaintTurned):
        turn(state=State.ACCEPTED)
    assert (
        "B 类" in signed_in(account_of("supervisor")).get(reverse("admin:audit_complaint_changelist")).content.decode()
    )


def test_a_receipts_code_follows_from_its_number_and_cannot_be_known_without_the_key() -> None:
    old, new = HmacReceiptKeys.from_secrets("old"), HmacReceiptKeys.from_secrets("new", "old")
    number = new_number(AT)
    code = old.code(number)
    assert old.fits(number, typed=code)
    assert new.fits(number, typed=code), "a code given out before the key changed"
    assert not new.fits(new_number(AT), typed=code)
    assert new.code(number) != code
    assert not old.fits(number, typed="")
    assert "key" not in repr(old).replace("HmacReceiptKeys", "")


def test_numbers_and_codes_are_read_as_people_type_them() -> None:
    keys = HmacReceiptKeys.from_secrets("one")
    number = "TS20260701-0123456789"
    assert read_number(" ts20260701 o1234 56789 ") == number
    assert read_number("ＴＳ２０２６０７０１－０１２３４５６７８９") == number
    assert [read_number(nonsense) for nonsense in ("", "TS20260701", number + "9", "\x00", "—" * 500)] == [""] * 5
    code = keys.code(number)
    assert keys.fits(number, typed=f" {code.lower().replace('-', ' ')} ")
    assert len({new_number(AT) for _ in range(1000)}) == 1000


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("138 1234 1234", "13812341234"),
        ("+86 138-1234-1234", "13812341234"),
        ("１３８１２３４１２３４", "13812341234"),
        ("(0319) 123-4567", "03191234567"),
        ("+49 30 1234567", "+49301234567"),
        ("12345", "12345"),
        ("1234", None),
        ("call me", None),
        ("1" * 17, None),
        ("\x00", None),
    ],
)
def test_a_telephone_number_has_one_spelling(typed: str, number: str | None) -> None:
    assert cleaned(typed) == number


def test_a_page_shows_a_number_without_its_middle() -> None:
    assert masked("13812341234") == "138****1234"
    assert masked("12345") == "1****45"
    assert masked("") == ""
    assert is_mobile("13812341234")
    assert not is_mobile("03191234567")


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_a_form_sent_by_eight_fingers_at_once_is_one_complaint(self) -> None:
        form = uuid4()
        made = at_once([partial(posted, submission=form)] * 8, threads=8)
        assert len({complaint.pk for complaint in made}) == 1
        assert (Complaint.objects.count(), ComplaintPicture.objects.count(), Filing.objects.count()) == (1, 2, 1)

    def test_of_eight_supervisors_who_close_it_at_once_one_does(self) -> None:
        complaint = posted()

        def close(who: int) -> str:
            try:
                turn_complaint(complaint, state=State.CLOSED, note="", actor=Actor.account(f"s{who}"), at=AT)
            except Problem as refusal:
                return refusal.code
            return "closed"

        told_to = at_once([partial(close, who) for who in range(8)], threads=8)
        assert Counter(told_to) == {"closed": 1, "complaint-turned": 7}
        assert complaint.states.count() == 2

    def test_a_complaint_opened_in_eight_windows_at_once_was_read_once(self) -> None:
        complaint = posted()
        client = signed_in(account_of("supervisor"))
        cookies = client.cookies

        def look() -> int:
            window = Client()
            window.cookies = cookies
            return int(window.get(address(complaint)).status_code)

        assert at_once([look] * 8, threads=8) == [200] * 8
        assert len(bodies("complaint-viewed")) == 1
