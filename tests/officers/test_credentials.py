"""Day credentials: issued on the record, given again, worth nothing from the moment that phone or officer is."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID

import cbor2
import pytest
from django.db import IntegrityError, transaction
from django.db.utils import DatabaseError
from pytest_django import DjangoAssertNumQueries

from audit.models import Entry
from officers import credential, presentation
from officers.confirmation import Confirmed, confirmation
from officers.es256 import Es256Signer
from officers.models import Credential, Device, SigningKey, StatusPlace
from officers.presentation import STEP
from officers.reasons import Reason
from officers.services.device import revoke_device
from officers.services.offline_id import Door, Lacking, OfflineId, offline_id
from officers.services.rotate_keys import rotate_keys
from officers.taken_back import taken_back
from tests.officers.issuing import OPERATOR, caller_of, issuer_key, new_phone, phone_of, policy
from tests.officers.people import ADMIN, change, officer, picture
from tests.officers.test_enrolment_race import at_once

NOW = datetime.fromisoformat("2026-11-22T12:00:00.7+08:00")
HOUR = timedelta(hours=1)
SCAN_ID = UUID("019b76da-a800-7000-8000-0123456789ab")
BEARINGS, CASHMERE = "91110108551385082Q", "9144030010001686XA"
DOOR = Door(scan_id=SCAN_ID, credit_code=BEARINGS)


def asked(device: Device, *, at: datetime = NOW, door: Door | None = DOOR, **changes: object) -> OfflineId:
    return offline_id(caller=caller_of(device), door=door, at=at, policy=policy(**changes))


def given(device: Device, *, at: datetime = NOW) -> bytes:
    body = asked(device, at=at).credential
    assert body is not None
    return body


def shown(body: bytes, key: Es256Signer, *, at: datetime = NOW, credit_code: str = BEARINGS) -> str:
    step = int(at.timestamp()) // STEP
    return presentation.by_phone(credential=body, scan_id=SCAN_ID, credit_code=credit_code, step=step, key=key)


def said(text: str, *, at: datetime = NOW, credit_code: str = BEARINGS) -> Confirmed:
    return confirmation(text, credit_code=credit_code, at=at)


@pytest.mark.django_db
class TestIssue:
    def test_zhang_wei_gets_a_credential_for_twelve_hours_on_the_record(self) -> None:
        key, signing_key = new_phone(), issuer_key(NOW)
        device, _ = phone_of(officer(photo_sha256=picture().sha256), at=NOW, key=key)
        body = given(device)
        read = credential.read(body)
        place = StatusPlace.objects.get()
        assert (read.x, read.y_is_odd) == key.public.point
        assert read.holder == credential.Holder(
            name="张伟",
            agency_code="130503-XF",
            certificate_no="13050300017",
            photo=bytes.fromhex(picture_of(device))[:16],
            status_index=place.pk,
        )
        assert (read.issued_at, read.expires_at - read.issued_at) == (int(NOW.timestamp()), 12 * 3600)
        row = Credential.objects.get()
        assert (bytes(row.body), row.key, row.place) == (body, signing_key, place)
        entry = Entry.objects.get(kind="credential-issued")
        assert entry.subject == f"device:{device.pk}"
        assert bytes(row.sha256).hex().encode() in bytes(entry.body or b"")

    def test_the_same_bytes_again_while_more_than_an_hour_is_left(
        self, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        issuer_key(NOW)
        device, _ = phone_of(officer(), at=NOW, key=new_phone())
        body, caller = given(device), caller_of(device)
        with django_assert_num_queries(2):
            again = offline_id(caller=caller, door=None, at=NOW + 10.9 * HOUR, policy=policy())
        assert again.credential == body
        assert again.credential_expires_at == NOW.replace(microsecond=0) + 12 * HOUR
        assert given(device, at=NOW + 11.1 * HOUR) != body
        assert Entry.objects.filter(kind="credential-issued").count() == Credential.objects.count() == 2

    @pytest.mark.parametrize("column", ["name", "photo_sha256"])
    def test_another_one_when_the_register_says_something_else(self, column: str) -> None:
        issuer_key(NOW)
        wei = officer()
        device, _ = phone_of(wei, at=NOW, key=new_phone())
        before = given(device)
        change(wei, **{column: {"name": "张伟伟", "photo_sha256": "ab" * 32}[column]})
        assert credential.read(given(device)).holder != credential.read(before).holder

    def test_it_ends_with_the_certificate_and_is_not_renewed_with_each_call(self) -> None:
        issuer_key(NOW)
        device, _ = phone_of(officer(valid_until=date(2026, 11, 22)), at=NOW, key=new_phone())
        asked(device, at=NOW + 11.5 * HOUR)
        ends = asked(device, at=NOW + 11.6 * HOUR).credential_expires_at
        assert ends == datetime.fromisoformat("2026-11-23T00:00:00+08:00")
        assert Credential.objects.count() == 1
        assert asked(device, at=NOW + 12 * HOUR).reason is Lacking.CERTIFICATE_NOT_VALID

    def test_it_ends_when_a_suspension_that_is_announced_begins(self) -> None:
        issuer_key(NOW)
        device, _ = phone_of(officer(status="suspended", status_since=NOW + 2 * HOUR), at=NOW, key=new_phone())
        assert asked(device).credential_expires_at == (NOW + 2 * HOUR).replace(microsecond=0)

    def test_after_a_rotation_the_next_one_is_by_the_new_key(self) -> None:
        first = issuer_key(NOW)
        second = rotate_keys(policy=policy(), actor=OPERATOR, at=NOW)
        device, _ = phone_of(officer(), at=NOW, key=new_phone())
        asked(device)
        asked(device, at=NOW + 49 * HOUR)
        assert [row.key for row in Credential.objects.order_by("pk")] == [first, second]

    @pytest.mark.parametrize(
        ("columns", "reason"),
        [
            ({"status": "revoked", "status_since": NOW - HOUR}, Lacking.CERTIFICATE_NOT_VALID),
            ({"status": "suspended", "status_since": NOW - HOUR}, Lacking.CERTIFICATE_NOT_VALID),
            ({"valid_until": date(2026, 11, 21)}, Lacking.CERTIFICATE_NOT_VALID),
            ({"valid_from": date(2026, 11, 23)}, Lacking.CERTIFICATE_NOT_VALID),
            ({"number": "1" * 32}, None),
        ],
    )
    def test_who_gets_none_is_told_why(self, columns: dict[str, object], reason: Lacking | None) -> None:
        issuer_key(NOW)
        device, _ = phone_of(officer(**columns), at=NOW, key=new_phone())  # type: ignore[arg-type]
        found = asked(device)
        assert (found.credential is None, found.reason) == (reason is not None, reason)

    def test_long_codes_leave_no_room_for_a_name(self) -> None:
        issuer_key(NOW)
        device, _ = phone_of(officer("1" * 32), at=NOW, key=new_phone())
        caller = replace(caller_of(device), agency_code="1" * 40)
        found = offline_id(caller=caller, door=DOOR, at=NOW, policy=policy())
        assert (found.credential, found.reason) == (None, Lacking.DOES_NOT_FIT)

    def test_a_house_without_keys_says_so(self) -> None:
        device, _ = phone_of(officer(), at=NOW, key=new_phone())
        assert asked(device) == OfflineId(reason=Lacking.NO_SIGNING_KEY)

    def test_a_house_whose_key_does_not_open_says_so_too(self) -> None:
        issuer_key(NOW)
        device, _ = phone_of(officer(), at=NOW, key=new_phone())
        assert asked(device, secrets=("another",)) == OfflineId(reason=Lacking.NO_SIGNING_KEY)

    @pytest.mark.parametrize("with_key", [True, False], ids=["with-a-key", "without"])
    def test_a_phone_taken_out_of_service_between_two_statements_gets_nothing(self, with_key: bool) -> None:
        issuer_key(NOW)
        device, _ = phone_of(officer(), at=NOW, key=new_phone() if with_key else None)
        caller = caller_of(device)
        revoke_device(device=device, actor=ADMIN, at=NOW, reason="丢失")
        found = offline_id(caller=caller, door=DOOR, at=NOW, policy=policy())
        assert found == OfflineId(reason=Lacking.CERTIFICATE_NOT_VALID)
        assert not Credential.objects.exists()

    def test_rows_are_appended_and_nothing_else(self) -> None:
        issuer_key(NOW)
        device, _ = phone_of(officer(), at=NOW, key=new_phone())
        asked(device)
        for rows in (Credential.objects.all(), StatusPlace.objects.all()):
            with pytest.raises((IntegrityError, DatabaseError)), transaction.atomic():
                rows.delete()
        with pytest.raises((IntegrityError, DatabaseError)), transaction.atomic():
            Credential.objects.update(expires_at=NOW + 100 * HOUR)
        assert Credential.objects.count() == StatusPlace.objects.count() == 1


def picture_of(device: Device) -> str:
    return device.officer.photo_sha256


@pytest.mark.django_db
class TestWithoutAKey:
    def test_li_na_shows_what_the_issuer_signs_for_a_minute(self) -> None:
        issuer_key(NOW)
        device, _ = phone_of(officer(name="李娜"), at=NOW)
        found = asked(device)
        assert (found.credential, found.reason) == (None, Lacking.NO_DEVICE_KEY)
        assert found.presentation is not None
        read = presentation.read(found.presentation)
        assert isinstance(read, presentation.ByIssuer)
        assert (read.holder.name, read.scan_id, read.credit_code) == ("李娜", SCAN_ID, BEARINGS)
        assert read.expires_at - int(NOW.timestamp()) == 60
        assert said(found.presentation, at=NOW + HOUR / 61).against is None
        assert said(found.presentation, at=NOW + HOUR / 50).against is Reason.STALE

    def test_twice_a_minute_at_two_statements_and_without_another_row(
        self, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        issuer_key(NOW)
        device, _ = phone_of(officer(), at=NOW)
        asked(device)
        caller, before = caller_of(device), Entry.objects.count()
        with django_assert_num_queries(2):
            offline_id(caller=caller, door=DOOR, at=NOW, policy=policy())
        assert (StatusPlace.objects.count(), Entry.objects.count()) == (1, before)

    def test_each_phone_and_visit_is_one_entry_and_so_is_another_name(self) -> None:
        issuer_key(NOW)
        wei = officer()
        phones = [phone_of(wei, at=NOW)[0] for _ in range(2)]
        there = Door(scan_id=UUID(int=7), credit_code=CASHMERE)
        showings = [(phones[0], DOOR, 0), (phones[0], DOOR, 1), (phones[1], DOOR, 1), (phones[0], there, 2)]
        for device, door, hours in [*showings, (phones[0], there, 13.9)]:
            assert asked(device, door=door, at=NOW + hours * HOUR).presentation is not None
        entries = Entry.objects.filter(kind="presentation-issued").order_by("pk")
        assert [entry.subject for entry in entries] == [f"device:{device.pk}" for device in (*phones, phones[0])]
        assert str(SCAN_ID).encode() in bytes(entries[0].body or b"")
        change(wei, name="张伟伟")
        for hours, total in ((13.95, 4), (13.96, 4), (26, 5)):  # another name; the same; twelve hours are over
            asked(phones[0], door=there, at=NOW + hours * HOUR)
            assert Entry.objects.filter(kind="presentation-issued").count() == total, hours

    def test_what_another_with_the_issuers_key_could_sign_is_confirmed_for_nobody_who_shows_nothing(self) -> None:
        issuer_key(NOW)
        device, _ = phone_of(officer(), at=NOW, key=new_phone())
        issued = credential.read(given(device))
        text = presentation.by_issuer(
            holder=issued.holder,
            scan_id=SCAN_ID,
            credit_code=BEARINGS,
            issued_at=int(NOW.timestamp()),
            signer=signer_of(SigningKey.objects.get()),
        )
        assert said(text).against is Reason.NOT_CONFIRMED

    def test_a_lost_phone_is_red_at_once_and_on_the_list_and_another_one_after_it_has_asked_again(self) -> None:
        issuer_key(NOW)
        wei = officer()
        lost, other = (phone_of(wei, at=NOW)[0] for _ in range(2))
        before = asked(lost).presentation or ""
        assert said(before).against is None
        revoke_device(device=lost, actor=ADMIN, at=NOW, reason="丢失")
        assert said(before).against is Reason.REVOKED
        read = presentation.read(before)
        assert taken_back(at=NOW).places == [read.holder.status_index]
        assert asked(lost) == OfflineId(reason=Lacking.CERTIFICATE_NOT_VALID)
        after = asked(other).presentation or ""
        assert said(after).against is None
        assert presentation.read(after).holder.status_index != read.holder.status_index

    def test_there_is_nothing_to_show_outside_a_visit(self) -> None:
        issuer_key(NOW)
        device, _ = phone_of(officer(), at=NOW)
        assert asked(device, door=None) == OfflineId(reason=Lacking.NO_VISIT)


@pytest.mark.django_db
class TestConfirmation:
    def test_nothing_speaks_against_zhang_wei_in_two_statements(
        self, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        key = new_phone()
        issuer_key(NOW)
        device, _ = phone_of(officer(), at=NOW, key=key)
        text = shown(given(device), key)
        with django_assert_num_queries(2):
            found = said(text)
            assert (found.against, found.device_id) == (None, device.pk)
            assert found.officer is not None
            assert (found.officer.name, found.officer.agency.name) == ("张伟", "信都区消防救援大队")
        assert found.presentation is not None
        assert found.presentation.scan_id == SCAN_ID

    def test_by_the_issuer_in_two_statements_too(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        issuer_key(NOW)
        device, _ = phone_of(officer(), at=NOW)
        text = asked(device).presentation or ""
        with django_assert_num_queries(2):
            found = said(text)
        assert (found.against, found.device_id, found.officer) == (None, None, device.officer)

    def test_a_lost_phone_is_red_at_once_and_the_officers_other_phone_after_it_has_asked_again(self) -> None:
        issuer_key(NOW)
        lost_key, other_key, wei = new_phone(), new_phone(), officer()
        lost, _ = phone_of(wei, at=NOW, key=lost_key, name="丢失的手机")
        other, _ = phone_of(wei, at=NOW, key=other_key)
        before = {device: given(device) for device in (lost, other)}
        assert len({credential.read(body).holder.status_index for body in before.values()}) == 1
        revoke_device(device=lost, actor=ADMIN, at=NOW, reason="丢失")
        assert said(shown(before[lost], lost_key)).against is Reason.REVOKED
        assert said(shown(before[other], other_key)).against is None
        after = given(other)
        assert credential.read(after).holder.status_index != credential.read(before[lost]).holder.status_index
        assert given(other) == after
        assert said(shown(after, other_key)).against is None

    def test_a_place_is_good_again_when_no_living_credential_names_it(self) -> None:
        issuer_key(NOW)
        wei = officer()
        lost, _ = phone_of(wei, at=NOW, key=new_phone())
        other, _ = phone_of(wei, at=NOW, key=new_phone())
        asked(lost)
        revoke_device(device=lost, actor=ADMIN, at=NOW, reason="丢失")
        place = credential.read(given(other, at=NOW + 13 * HOUR)).holder.status_index
        assert StatusPlace.objects.get().pk == place

    @pytest.mark.parametrize(
        ("columns", "reason"),
        [
            ({"status": "revoked", "status_since": NOW}, Reason.REVOKED),
            ({"status": "suspended", "status_since": NOW}, Reason.REVOKED),
            ({"valid_until": date(2026, 11, 21)}, Reason.EXPIRED),
            ({"valid_from": date(2026, 11, 23)}, Reason.NOT_YET),
        ],
    )
    @pytest.mark.parametrize("with_key", [True, False], ids=["by-phone", "by-issuer"])
    def test_an_officer_out_of_office_is_red_at_once(
        self, columns: dict[str, object], reason: Reason, with_key: bool
    ) -> None:
        issuer_key(NOW)
        key, wei = new_phone(), officer()
        device, _ = phone_of(wei, at=NOW, key=key if with_key else None)
        text = shown(given(device), key) if with_key else asked(device).presentation or ""
        assert said(text).against is None
        change(wei, **columns)
        assert said(text).against is reason

    def test_what_was_taken_back_weighs_more_than_a_wrong_door_or_time(self) -> None:
        issuer_key(NOW)
        key, wei = new_phone(), officer()
        device, _ = phone_of(wei, at=NOW, key=key)
        text = shown(given(device), key)
        assert said(text, credit_code=CASHMERE).against is Reason.OTHER_ENTERPRISE
        assert said(text, at=NOW + HOUR).against is Reason.STALE
        change(wei, status="revoked", status_since=NOW)
        assert said(text, credit_code=CASHMERE).against is Reason.REVOKED
        assert said(text, at=NOW + HOUR).against is Reason.REVOKED

    def test_a_credential_with_the_right_signature_that_was_never_issued_is_not_confirmed(self) -> None:
        issuer_key(NOW)
        key = new_phone()
        device, _ = phone_of(officer(), at=NOW, key=key)
        issued = credential.read(given(device))
        signer = signer_of(SigningKey.objects.get())
        forged = credential.make(
            holder=issued.holder,
            x=issued.x,
            y_is_odd=issued.y_is_odd,
            issued_at=issued.issued_at + 1,
            expires_at=issued.expires_at,
            signer=signer,
        )
        assert said(shown(forged, key)).against is Reason.NOT_CONFIRMED

    @pytest.mark.parametrize("text", ["", "LZ1:", "LZ1:" + "0" * 696, "\ud800", "LZ1:\x00"])
    def test_what_is_nothing_is_malformed(self, text: str) -> None:
        assert said(text) == Confirmed(against=Reason.MALFORMED)


def signer_of(key: SigningKey) -> Es256Signer:
    from officers.keyring import private_half

    found = private_half(key, policy=policy())
    assert isinstance(found, Es256Signer)
    return found


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_sixteen_calls_of_two_phones_issue_one_credential_each_at_one_place(self) -> None:
        issuer_key(NOW)
        wei = officer()
        phones = [phone_of(wei, at=NOW, key=new_phone())[0] for _ in range(2)]
        bodies = at_once(lambda number: given(phones[number % 2]))
        assert len(set(bodies)) == Credential.objects.count() == 2
        assert StatusPlace.objects.count() == 1
        assert Entry.objects.filter(kind="credential-issued").count() == 2

    def test_sixteen_calls_of_two_phones_without_a_key_are_two_entries_at_one_place(self) -> None:
        issuer_key(NOW)
        wei = officer()
        phones = [phone_of(wei, at=NOW)[0] for _ in range(2)]
        texts = at_once(lambda number: asked(phones[number % 2]).presentation)
        assert {presentation.read(text or "").holder.status_index for text in texts} == {StatusPlace.objects.get().pk}
        assert Entry.objects.filter(kind="presentation-issued").count() == Credential.objects.count() == 2


def test_the_walk_of_bytes_is_cbor_for_another_reader_too() -> None:
    """cbor2 reads what we call the credential of a presentation."""
    from project.reference.vectors.cast import day_credential

    assert [type(part) for part in cbor2.loads(day_credential())] == [bytes, dict, bytes, bytes]
