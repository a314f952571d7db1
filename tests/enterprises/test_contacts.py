"""Whom to reach at an enterprise: registered by form or file, never shown whole."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.urls import reverse

from audit.models import Entry
from audit.register import NotRegistrable
from enterprises.models import Contact, OwnerCode, OwnerPin
from enterprises.services.choose_pin import choose_pin
from enterprises.services.contact import save_contact, withdraw_contact
from enterprises.services.prove_owner import CodeWrong, PinWrong, prove_by_code, prove_by_pin
from enterprises.services.send_code import NobodyToReach, send_code
from tests.enterprises.owners import (
    CLERK,
    CODE,
    DOOR_KEYS,
    KEYS,
    NOW,
    PHONE,
    POLICY,
    Letterbox,
    bearings,
    door_of,
    with_contact,
)
from tests.house.admin_world import account_of, signed_in

pytestmark = pytest.mark.django_db
NEW_PHONE = "13987654321"


def recorded() -> str:
    return "".join(bytes(entry.body or b"").decode() for entry in Entry.objects.all())


def page(kind: str, *args: Any) -> str:
    return reverse(f"admin:enterprises_contact_{kind}", args=args)


def test_a_contact_is_registered_and_recorded_without_the_phone() -> None:
    contact = save_contact(
        contact=Contact(enterprise=bearings(), name=" 刘洋 ", phone="138 1234-1234"), actor=CLERK, at=NOW
    )
    assert (contact.name, contact.phone) == ("刘洋", PHONE)
    entry = Entry.objects.get(kind="contact_registered")
    assert entry.subject == f"contact:{CODE}"
    assert json.loads(bytes(entry.body or b""))["body"]["phone"] == "138****1234"
    save_contact(contact=contact, actor=CLERK, at=NOW)
    contact.phone = NEW_PHONE
    save_contact(contact=contact, actor=CLERK, at=NOW, reason="换号")
    assert [entry.kind for entry in Entry.objects.order_by("pk")] == ["contact_registered", "contact_changed"]
    assert [row.phone for row in contact.history.order_by("history_id")] == [PHONE, NEW_PHONE]
    assert PHONE not in recorded()
    assert NEW_PHONE not in recorded()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"phone": ""}, "联系手机：不能为空"),
        ({"phone": "03191234567"}, "应为 11 位手机号"),
        ({"phone": "1381234123"}, "应为 11 位手机号"),
        ({"phone": "call me"}, "应为 11 位手机号"),
        ({"name": "刘" * 41}, "超过 40 个字"),
    ],
)
def test_a_contact_that_cannot_be_reached_is_refused_in_words(fields: dict[str, str], sentence: str) -> None:
    values = {"name": "刘洋", "phone": PHONE} | fields
    with pytest.raises(NotRegistrable, match=sentence):
        save_contact(contact=Contact(enterprise=bearings(), **values), actor=CLERK, at=NOW)
    assert not Entry.objects.exists()


def test_an_enterprise_has_one_contact() -> None:
    enterprise = bearings()
    with_contact(enterprise)
    with pytest.raises(NotRegistrable, match="已有登记联系人"):
        save_contact(contact=Contact(enterprise=enterprise, name="王芳", phone=NEW_PHONE), actor=CLERK, at=NOW)


def test_another_phone_ends_what_the_former_contact_could_prove() -> None:
    enterprise, box = bearings(), Letterbox()
    contact, door = with_contact(enterprise), door_of(enterprise)
    choose_pin(door, typed="407195", again="407195", actor=CLERK, at=NOW)
    sent = send_code(door, sender=box, keys=KEYS, actor=CLERK, at=NOW, policy=POLICY)
    contact.name = "刘洋洋"
    save_contact(contact=contact, actor=CLERK, at=NOW)
    prove_by_pin(door, typed="407195", at=NOW, policy=POLICY)
    contact.phone = NEW_PHONE
    save_contact(contact=contact, actor=CLERK, at=NOW)
    with pytest.raises(PinWrong):
        prove_by_pin(door, typed="407195", at=NOW, policy=POLICY)
    with pytest.raises(CodeWrong):
        prove_by_code(door, code_id=sent.code_id, typed=box.code, keys=KEYS, at=NOW, policy=POLICY)


def test_a_withdrawn_contact_gets_no_code() -> None:
    enterprise = bearings()
    contact, door = with_contact(enterprise), door_of(enterprise)
    withdraw_contact(contact=contact, reason="离职", actor=CLERK, at=NOW)
    with pytest.raises(NobodyToReach):
        send_code(door, sender=Letterbox(), keys=KEYS, actor=CLERK, at=NOW, policy=POLICY)
    assert not OwnerCode.objects.exists()


def test_zhao_min_keeps_contacts_and_no_page_shows_a_phone_whole() -> None:
    enterprise = bearings()
    zhao_min = signed_in(account_of("system_admin"))
    made = zhao_min.post(page("add"), {"enterprise": enterprise.pk, "name": "刘洋", "phone": PHONE})
    assert made.status_code == 302
    contact = Contact.objects.get()
    same = zhao_min.post(page("change", contact.pk), {"name": "刘洋", "phone": ""})
    assert same.status_code == 302
    assert Contact.objects.get().phone == PHONE
    assert zhao_min.post(page("change", contact.pk), {"name": "刘洋", "phone": NEW_PHONE}).status_code == 302
    assert Contact.objects.get().phone == NEW_PHONE
    version = contact.history.earliest().pk
    refused = zhao_min.post(page("change", contact.pk), {"name": "刘洋", "phone": "123"})
    assert "应为 11 位手机号" in refused.content.decode()
    for role in ("system_admin", "audit_admin", "supervisor", "discipline"):
        client = zhao_min if role == "system_admin" else signed_in(account_of(role))
        for address in (
            page("changelist"),
            page("change", contact.pk),
            page("history", contact.pk),
            page("simple_history", contact.pk, version),
        ):
            answer = client.get(address)
            assert answer.status_code == 200
            text = answer.content.decode()
            assert PHONE not in text, (role, address)
            assert NEW_PHONE not in text, (role, address)
        assert "139****4321" in client.get(page("change", contact.pk)).content.decode()
        assert "<del>138****1234</del>" in client.get(page("history", contact.pk)).content.decode()
    pressed = zhao_min.post(page("button", contact.pk, "withdraw"), {"reason": "离职"})
    assert pressed.status_code == 302
    assert Contact.objects.get().phone == ""


def test_a_file_of_contacts_is_taken_in_once_and_again_changes_nothing(tmp_path: Path) -> None:
    enterprise = bearings()
    bearings("91350100M000100Y43", "襄都区明亮玻璃店")
    path = tmp_path / "联系人.csv"

    def take(*lines: str) -> str:
        path.write_text("\n".join(["统一社会信用代码,联系人,手机号", *lines]), encoding="utf-8")
        out = io.StringIO()
        try:
            call_command("import_contacts", str(path), stdout=out, stderr=out)
        except SystemExit:
            out.write("!")
        return out.getvalue()

    glass = f"91350100M000100Y43,陈静,{NEW_PHONE}"
    assert "新增 2，变更 0" in take(f"{CODE},刘洋,{PHONE}", glass)
    door = door_of(enterprise)
    proof = choose_pin(door, typed="407195", again="407195", actor=CLERK, at=NOW).proof
    assert "新增 0，变更 0，未变 2" in take(f"{CODE},刘洋,+86 {PHONE}", glass)
    prove_by_pin(door, typed="407195", at=NOW, policy=POLICY)
    told = take(f"{CODE},,{NEW_PHONE}", "91440101681325547Y,赵某,13800000000", "91350100M000100Y43,陈静,0319")
    assert "变更 1" in told
    assert "没有登记过这家企业" in told
    assert "应为 11 位手机号" in told
    assert Contact.objects.get(enterprise=enterprise).name == "刘洋"
    with pytest.raises(PinWrong):
        prove_by_pin(door, typed="407195", at=NOW, policy=POLICY)
    assert door_of(enterprise).proof != proof
    assert OwnerPin.objects.count() == 1
    assert PHONE not in recorded()
    assert DOOR_KEYS
