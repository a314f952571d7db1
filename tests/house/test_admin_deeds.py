"""What is done in the admin is a deed: by name, with history, in the record, and only where it may be done."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from PIL import Image

from audit.models import Account, Entry, Flag, FrequencyRule
from enterprises.models import Enterprise, Premises
from officers.models import Activation, Agency, Device, Officer
from tests.house.admin_world import PASSWORD, World, account_of, build, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return build()


def entry(kind: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(bytes(Entry.objects.get(kind=kind).body or b""))
    return found


def add(client: Client, name: str, words: dict[str, Any]) -> Any:
    return client.post(reverse(f"admin:{name}_add"), words)


def change(client: Client, name: str, key: int, words: dict[str, Any]) -> Any:
    return client.post(reverse(f"admin:{name}_change", args=[key]), words)


def button(client: Client, row: Any, name: str, **words: str) -> Any:
    url = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_button", args=[row.pk, name])
    assert client.get(url).status_code in {200, 404}
    return client.post(url, words)


def officer_words(agency: Agency, **changes: Any) -> dict[str, Any]:
    return {
        "certificate_no": "13050299001",
        "name": "张伟",
        "agency": agency.pk,
        "valid_from": "2026-01-01",
        "valid_until": "2029-12-31",
        "status": "active",
        "status_since_0": "",
        "status_since_1": "",
        "categories": "市场监管、食品药品",
    } | changes


NO_PREMISES = {"premises-TOTAL_FORMS": "0", "premises-INITIAL_FORMS": "0"}


def test_zhao_min_makes_an_account_qian_fang_grants_and_arms_it_and_it_opens() -> None:
    zhao, qian = signed_in(account_of("system_admin")), signed_in(account_of("security_admin"))
    words = {"username": "li.jing", "name": "李静", "email": "", "role": "system_admin", "region_prefix": "13"}
    assert add(zhao, "audit_account", words).status_code == 302
    li = Account.objects.get(username="li.jing")
    assert (li.role, li.region_prefix, li.has_usable_password()) == ("", "", False)
    assert li.history.get().history_user_id == "account:zhao.min"

    rights = {"name": "改名", "role": "supervisor", "region_prefix": "130502", "agency_code": "130502-SFJ"}
    assert change(qian, "audit_account", li.pk, rights).status_code == 302
    li.refresh_from_db()
    assert (li.name, li.role, li.region_prefix) == ("李静", "supervisor", "130502")
    assert li.history.first().history_user_id == "account:qian.fang"
    assert entry("account-changed")["actor"] == "account:qian.fang"

    password = button(zhao, li, "password")
    assert "no-store" in password["Cache-Control"]
    factor = button(qian, li, "totp").content.decode()
    assert "<svg" in factor
    li.refresh_from_db()
    assert li.check_password(password.context["told"].text)


def test_a_name_saved_while_rights_are_granted_takes_no_right_away() -> None:
    """赵敏's form was read before 钱芳's grant, and is saved after it."""
    zhao, li = signed_in(account_of("system_admin")), account_of("")
    rights = {"role": "supervisor", "region_prefix": "130502", "agency_code": "130502-SFJ"}
    granted: list[int] = []
    seen: list[str] = []

    def grant(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        """The last moment before the deed's own transaction: the savepoint after the form's row was read."""
        if sql.startswith("SAVEPOINT") and len(seen) > 1 and not granted:
            granted.append(Account.objects.filter(pk=li.pk).update(**rights))
        if 'FROM "audit_account"' in sql and params[:1] == (li.pk,):
            seen.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(grant):
        assert change(zhao, "audit_account", li.pk, {"name": "王武", "email": ""}).status_code == 302
    li.refresh_from_db()
    assert (granted, li.name, li.role, li.region_prefix) == ([1], "王武", "supervisor", "130502")


def test_neither_administrator_alone_can_take_an_account_over() -> None:
    zhao, qian = signed_in(account_of("system_admin")), signed_in(account_of("security_admin"))
    li = account_of("supervisor", password=PASSWORD)
    assert button(zhao, li, "totp").status_code == 404
    assert button(qian, li, "password").status_code == 404
    assert change(zhao, "audit_account", li.pk, {"name": "李静", "role": "security_admin"}).status_code == 302
    li.refresh_from_db()
    assert (li.role, li.check_password(PASSWORD)) == ("supervisor", True)


def test_qian_fang_cannot_raise_herself_and_is_told_so() -> None:
    qian = account_of("security_admin")
    client = signed_in(qian)
    response = change(client, "audit_account", qian.pk, {"role": "audit_admin", "region_prefix": "", "agency_code": ""})
    assert response.status_code == 200
    assert "不能修改自己账号的权限" in response.content.decode()
    assert "不能修改自己" in button(client, qian, "totp").content.decode()
    qian.refresh_from_db()
    assert qian.role == "security_admin"


def test_a_supervisor_without_a_region_is_refused_on_the_form_with_what_was_typed() -> None:
    li = account_of("")
    client = signed_in(account_of("security_admin"))
    response = change(client, "audit_account", li.pk, {"role": "supervisor", "agency_code": "130502-SFJ"})
    text = response.content.decode()
    assert "该角色还需填写：地区前缀" in text
    assert "130502-SFJ" in text
    assert Account.objects.get(pk=li.pk).role == ""


def test_disabling_asks_for_a_reason() -> None:
    li = account_of("supervisor")
    client = signed_in(account_of("system_admin"))
    assert "请填写原因" in button(client, li, "disable").content.decode()
    assert button(client, li, "disable", reason="调离").status_code == 302
    li.refresh_from_db()
    assert not li.is_active
    assert entry("account-disabled")["body"]["reason"] == "调离"
    assert button(client, li, "disable", reason="再次").status_code == 404
    assert button(client, li, "enable", reason="调回").status_code == 302


def test_zhou_jie_registers_an_officer_of_his_own_bureau_only(world: World) -> None:
    client = signed_in(account_of("agency_admin"))
    response = add(client, "officers_officer", officer_words(world.agencies["sibling"]))
    assert response.status_code == 200
    assert not Officer.objects.filter(certificate_no="13050299001").exists()
    assert add(client, "officers_officer", officer_words(world.agencies["own"])).status_code == 302
    officer = Officer.objects.get(certificate_no="13050299001")
    assert officer.categories == ["市场监管", "食品药品"]
    assert officer.history.get().history_user_id == "account:zhou.jie"
    assert entry("officer_registered")["actor"] == "account:zhou.jie"


def test_zhou_jie_changes_an_officer_and_gives_him_a_face(world: World, tmp_path: Any) -> None:
    client = signed_in(account_of("agency_admin"))
    officer = world.rows["own"][Officer]
    picture = tmp_path / "face.png"
    Image.new("RGB", (480, 640), "#8899aa").save(picture)
    words = officer_words(world.agencies["child"], certificate_no="ignored")
    with picture.open("rb") as portrait:
        assert change(client, "officers_officer", officer.pk, words | {"portrait": portrait}).status_code == 302
    officer.refresh_from_db()
    assert (officer.certificate_no, officer.agency) == ("1305020000001", world.agencies["child"])
    assert len(officer.photo_sha256) == 64
    assert {row.history_user_id for row in officer.history.all()} == {"command:test", "account:zhou.jie"}


def test_what_is_no_picture_is_refused_and_nothing_of_the_form_is_kept(world: World, tmp_path: Any) -> None:
    client = signed_in(account_of("agency_admin"))
    officer = world.rows["own"][Officer]
    words = officer_words(world.agencies["own"], name="新名字")
    (tmp_path / "face.png").write_bytes(b"no picture")
    with (tmp_path / "face.png").open("rb") as portrait:
        assert change(client, "officers_officer", officer.pk, words | {"portrait": portrait}).status_code == 200
    officer.refresh_from_db()
    assert officer.name != "新名字"


def test_an_activation_code_is_shown_once_as_text_and_picture(world: World) -> None:
    client = signed_in(account_of("agency_admin"))
    response = button(client, world.rows["own"][Officer], "activation")
    told = response.context["told"]
    assert told.text in response.content.decode()
    assert "<svg" in response.content.decode()
    assert "no-store" in response["Cache-Control"]
    made = Activation.objects.latest("pk")
    assert made.made_by == "account:zhou.jie"
    listed = client.get(reverse("admin:officers_activation_changelist")).content.decode()
    assert told.text not in listed
    assert button(client, world.rows["sibling"][Officer], "activation").status_code == 404
    wu = signed_in(account_of("agency_leader"))
    assert button(wu, world.rows["own"][Officer], "activation").status_code == 404


def test_a_lost_phone_is_taken_out_of_service(world: World) -> None:
    client = signed_in(account_of("security_admin"))
    device = world.rows["sibling"][Device]
    assert button(client, device, "revoke", reason="\x00").status_code == 200
    assert button(client, device, "revoke", reason="遗失\x00").status_code == 302
    device.refresh_from_db()
    assert device.revoked_at is not None
    assert device.history.first().history_user_id == "account:qian.fang"
    zhou = signed_in(account_of("agency_admin"))
    assert button(zhou, world.rows["parent"][Device], "revoke", reason="遗失").status_code == 404
    assert change(zhou, "officers_device", world.rows["own"][Device].pk, {"name": "x"}).status_code in {403, 404}


def test_an_agency_is_registered_by_the_system_administrator_alone(world: World) -> None:
    words = {
        "code": "130505-SCJG",
        "name": "任泽区市场监督管理局",
        "parent": world.agencies["parent"].pk,
        "region_code": "130505",
        "level": "district",
        "supervised_by": "",
        "status": "active",
    }
    assert add(signed_in(account_of("agency_admin")), "officers_agency", words).status_code == 404
    assert add(signed_in(account_of("system_admin")), "officers_agency", words).status_code == 302
    agency = Agency.objects.get(code="130505-SCJG")
    assert agency.path == "/130500-SCJG/130505-SCJG/"
    assert agency.history.get().history_user_id == "account:zhao.min"


def test_an_enterprise_and_its_premises_are_saved_by_their_deeds_together(world: World) -> None:
    client = signed_in(account_of("system_admin"))
    place = {
        "premises-TOTAL_FORMS": "1",
        "premises-INITIAL_FORMS": "0",
        "premises-0-address": "泉北东大街 8 号",
        "premises-0-longitude": "114.50",
        "premises-0-latitude": "37.07",
        "premises-0-datum": "WGS84",
    }
    words = {
        "credit_code": "91330000755918469E",
        "registration_no": "",
        "name": "邢台第一食品厂",
        "region_code": "130502",
        "industry": "C14",
        "risk_grade": "B",
        "status": "open",
    }
    half = place | {"premises-0-latitude": ""}
    assert add(client, "enterprises_enterprise", words | half).status_code == 200
    assert not Enterprise.objects.filter(credit_code="91330000755918469E").exists()
    assert (
        add(client, "enterprises_enterprise", words | {"credit_code": "91330104341916223P"} | place).status_code == 200
    )
    assert add(client, "enterprises_enterprise", words | place).status_code == 302
    premises = Premises.objects.get(enterprise__credit_code="91330000755918469E")
    assert premises.history.get().history_user_id == "account:zhao.min"
    assert premises.enterprise.history.get().history_user_id == "account:zhao.min"
    for kind in ("enterprise_registered", "premises_registered"):
        assert entry(kind)["actor"] == "account:zhao.min"


def test_who_may_only_look_changes_nothing_by_posting(world: World) -> None:
    before = Entry.objects.count()
    for role in ("supervisor", "discipline", "agency_leader", "audit_admin"):
        client = signed_in(account_of(role))
        for row in (world.rows["own"][Officer], world.rows["own"][Agency], world.rows["own"][Enterprise]):
            words = {"name": "李鬼", **officer_words(world.agencies["own"]), **NO_PREMISES}
            url = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
            assert client.post(url, words).status_code in {200, 403, 404}
    assert {entry.kind for entry in Entry.objects.order_by("pk")[before:]} <= {
        "account-created",
        "account-totp-enrolled",
        "account-recovery-codes-made",
    }


def test_a_rule_is_only_looked_at_here_and_made_by_two_people_on_the_board(world: World) -> None:
    client = signed_in(account_of("supervisor"))
    words = {"code": "xiangdu-cap", "kind": "annual_cap", "parameters": '{"cap": 3}', "region_prefix": "130502"}
    assert add(client, "audit_frequencyrule", words).status_code == 404
    assert FrequencyRule.objects.count() == 1
    rule = FrequencyRule.objects.get()
    page = client.get(reverse("admin:audit_frequencyrule_change", args=[rule.pk])).content.decode()
    assert 'name="_save"' not in page
    assert "邢台市办法" in page


def test_a_flag_explains_itself_in_chinese(world: World) -> None:
    rows = world.rows["own"]
    text = (
        signed_in(account_of("supervisor"))
        .get(reverse("admin:audit_flag_change", args=[rows[Flag].pk]))
        .content.decode()
    )
    assert "超过年度上限 0 次" in text
    assert "计入的入企（1 次）" in text
    assert "不计入的入企（1 次）" in text
    assert "服务走访，不是检查" in text
    officer = rows[Officer]
    assert f"{officer.name}（{officer.certificate_no}）" in text
    assert "2026-11-20 10:00" in text
