"""`manage.py retain` wipes what is kept no longer, and the record still holds."""

import hashlib
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import override_settings
from django.utils import timezone
from time_machine import TimeMachineFixture

from audit.actor import Actor
from audit.casework import State
from audit.history import save_as
from audit.ladder import Rung
from audit.models import Case, Complaint, ComplaintPicture, ComplaintState, Entry, Flag
from audit.services.entry import record
from audit.services.redact import WIPED
from audit.tree import receipt
from checkins.models import Blob, Scan
from project.management.commands.retain import years_before
from tests.audit.tampering import past_the_guards
from tests.audit.test_verify import verified
from tests.audit.test_verify_rows import all_sealed
from tests.town import BEARINGS, CABLES, CASHMERE, GLASS, Town

NOON = datetime(2026, 7, 1, 4, tzinfo=UTC)


def retain(*options: str) -> str:
    out = StringIO()
    call_command("retain", *options, stdout=out)
    return out.getvalue()


def photo(content: bytes) -> Blob:
    told = hashlib.sha256(content).hexdigest()
    return Blob.objects.create(
        sha256=told, size=len(content), content_type="image/jpeg", width=1, height=1, copy=content, copy_sha256=told,
        original=content, received_at=timezone.now(), by="test", text="uniscid=" + BEARINGS,
    )  # fmt: skip


def complaint(number: str, *states: str, about: str = BEARINGS) -> Complaint:
    one = Complaint.objects.create(
        number=number, submission=uuid.uuid4(), source="phone", kind="other", credit_code=about,
        enterprise_name="邢台轴承有限公司", region_code="130502", text="查得太多", phone="13800000000",
        may_be_named=False, by_owner=False, salt=bytes(16), received_at=timezone.now(), by="test",
    )  # fmt: skip
    picture = number.encode()
    told = hashlib.sha256(picture).hexdigest()
    ComplaintPicture.objects.create(complaint=one, place=1, sha256=told, copy=picture, copy_sha256=told)
    for serial, state in enumerate(states, start=1):
        ComplaintState.objects.create(complaint=one, serial=serial, state=state, note="", by="test", at=timezone.now())
    return one


@pytest.mark.django_db
def test_what_is_kept_no_longer_is_wiped_and_everything_else_still_proves_itself(
    town: Town, time_machine: TimeMachineFixture
) -> None:
    time_machine.move_to(NOON, tick=False)
    old = town.zhang_wei.scan(scanned_at=NOON.isoformat()).json()["scan_id"]
    first = photo(b"the door in 2026")
    closed, open_still = complaint("TS-1", "open", "closed"), complaint("TS-2", "open", about=CABLES)
    all_sealed()
    record(kind="rule-enacted", subject="rule:X", body={}, actor=Actor.command("test"), at=NOON)
    time_machine.move_to(NOON + timedelta(days=6 * 365), tick=False)
    new = town.li_na.scan(GLASS, scanned_at=timezone.now().isoformat()).json()["scan_id"]
    second = photo(b"the door in 2032")
    all_sealed()
    entries = Entry.objects.filter(at__lt=NOON + timedelta(days=1), kind__in=WIPED).count()
    assert entries >= 2

    time_machine.move_to(NOON + timedelta(days=3654), tick=False)
    before = list(Entry.objects.values_list("pk", "body", "salt"))
    assert f"到期：条目 {entries}，照片 2，投诉 1" in retain()
    assert list(Entry.objects.values_list("pk", "body", "salt")) == before

    assert "已抹除" in retain("--apply")
    stays = Entry.objects.filter(at__lt=NOON + timedelta(days=1), body__isnull=False)
    assert {"rows-sealed", "rule-enacted"} <= set(stays.values_list("kind", flat=True))
    assert not stays.filter(kind__in=WIPED)
    assert (receipt(kind="scan", subject=old), receipt(kind="scan", subject=new) is None) == (None, False)
    for blob in (first, second):
        blob.refresh_from_db()
        assert (blob.copy, blob.original, blob.text, len(blob.copy_sha256)) == (None, None, None, 64)
    closed.refresh_from_db()
    open_still.refresh_from_db()
    assert (closed.text, closed.phone, closed.salt, open_still.text) == (None, None, None, "查得太多")
    assert list(ComplaintPicture.objects.order_by("pk").values_list("copy", flat=True)) == [None, b"TS-2"]
    assert Scan.objects.count() == 2
    all_sealed()
    code, out = verified()
    assert (code, f"已抹去 {entries}，" in out) == (0, True), out
    assert "到期：条目 0，照片 0，投诉 0" in retain("--apply")
    with override_settings(RETENTION_POLICY=replace(settings.RETENTION_POLICY, visit_years=11)):
        assert verified()[1].count("未满留存期限，内容却被抹去") == entries
    with past_the_guards() as cursor:
        cursor.execute("UPDATE audit_complaint SET text = NULL, phone = NULL, salt = NULL WHERE number = 'TS-2'")
        cursor.execute("UPDATE audit_complaint SET enterprise_name = 'x' WHERE number = 'TS-1'")
    code, out = verified()
    assert [line for line in out.splitlines() if line.startswith("audit_complaint ")] == [
        f"audit_complaint {one.pk}：{_sealed(out, one.pk)}" for one in (closed, open_still)
    ]


@pytest.mark.django_db
def test_nothing_is_wiped_about_whom_a_case_or_a_complaint_is_open_or_whom_the_operator_names(
    town: Town, time_machine: TimeMachineFixture
) -> None:
    time_machine.move_to(NOON, tick=False)
    came: dict[str, str] = {}
    for code in (BEARINGS, GLASS, CABLES):
        shown = photo(code.encode())
        scan = town.zhang_wei.scan(code, scanned_at=NOON.isoformat(), photo_sha256=shown.sha256).json()
        came |= {scan["scan_id"]: code, f"visit:{scan['visit']['number']}": code, f"blob:{shown.sha256}": code}
    far = town.zhao_min.scan(CASHMERE, scanned_at=NOON.isoformat()).json()
    came[far["scan_id"]] = CASHMERE
    complaint("TS-1", "open", "closed", about=GLASS)
    complained = complaint("TS-2", "open", about=BEARINGS)
    asked = complaint("TS-3", "open", "closed", about=BEARINGS)
    warned = flag(about="", agency="130534-SCJG", period="2026-07")
    record(kind="month-watched", subject="month:2026-07", body={}, actor=Actor.command("test"), at=NOON)
    for number, one in (("DB-1", flag(about=GLASS)), ("DB-2", warned)):
        case = Case(
            number=number, flag=one, credit_code=one.credit_code, enterprise_name="", region_code="130502",
            supervised_by="130502-SFJ", state=State.ANSWERED, rung=Rung.REMIND, opened_at=NOON,
        )  # fmt: skip
        save_as(case, actor=Actor.command("test"), at=NOON, new=True)

    def whole() -> set[str]:
        there = set(Entry.objects.filter(kind__in=WIPED, body__isnull=False).values_list("subject", flat=True))
        there |= {f"blob:{key}" for key in Blob.objects.filter(copy__isnull=False).values_list("pk", flat=True)}
        return {came[subject] for subject in came if subject in there}

    time_machine.move_to(NOON + timedelta(days=3654), tick=False)
    with override_settings(RETENTION_POLICY=replace(settings.RETENTION_POLICY, held=frozenset({CABLES}))):
        assert "到期也不抹除：企业 3，单位 1" in retain()
        assert "，照片 3，投诉 2" in retain("--apply").splitlines()[-1]
    assert whole() == {BEARINGS, GLASS, CABLES, CASHMERE}
    assert not Entry.objects.filter(kind="redacted")

    retain("--apply")
    assert whole() == {BEARINGS, GLASS, CASHMERE}
    ComplaintState.objects.create(complaint=complained, serial=2, state="closed", by="test", at=timezone.now())
    Case.objects.filter(number="DB-1").update(state=State.CLOSED)
    retain("--apply")
    assert whole() == {CASHMERE}
    assert Entry.objects.get(kind="month-watched").body is not None
    asked.refresh_from_db()
    assert asked.text is None
    Case.objects.update(state=State.CLOSED)
    assert "到期也不抹除" not in retain("--apply")
    assert whole() == set()


def flag(*, about: str, agency: str = "130502-SCJG", period: str = "2026") -> Flag:
    return Flag.objects.create(
        rule="CAP", rule_version=1, level="warning", credit_code=about, enterprise_name="", region_code="130502",
        agency_code=agency, agency_name="", supervised_by="130502-SFJ", period=period, opened_by_visit="",
        raised_at=timezone.now(),
    )  # fmt: skip


def _sealed(out: str, key: Any) -> str:
    line = next(one for one in out.splitlines() if one.startswith(f"audit_complaint {key}：与条目 "))
    return line.partition("：")[2]


def test_a_year_ends_on_the_same_day_of_the_calendar() -> None:
    leap_day = datetime(2028, 2, 29, 4, tzinfo=UTC)
    assert years_before(leap_day, 3) == datetime(2025, 2, 28, 4, tzinfo=UTC)
    assert years_before(NOON, 10) == datetime(2016, 7, 1, 4, tzinfo=UTC)
