"""Everybody sees what is theirs, and 404 for the rest: every desk, every role, own, child, parent and sibling."""

from typing import Any

import pytest
from django.contrib import admin
from django.db import models
from django.test import Client
from django.urls import reverse

from audit.models import (
    Account,
    Case,
    Complaint,
    Delivery,
    Document,
    Endpoint,
    Entry,
    FailedSignIn,
    Filing,
    Flag,
    FrequencyRule,
    LookUpFlag,
    Manifest,
    ReadLog,
    Role,
    SignIn,
    Verification,
    VisitFact,
)
from audit.services.account import create_account
from checkins.models import Correction, Item, Merge, OverdueApproval, Scan, SequenceGap, SequenceRepeat, Urgency, Visit
from enterprises.models import Contact, Enterprise, LicenceAlias, Premises
from officers.models import Activation, Agency, Device, Officer
from tests.house.admin_world import AT, POSITIONS, SETUP, World, account_of, build, signed_in

pytestmark = pytest.mark.django_db

# o own, c child, p parent, s sibling; "all" where there is no such position; "-" the desk does not exist.
ROLES = (*Role.values, "")
MATRIX: dict[type[models.Model], tuple[str, ...]] = {
    #              system  security audit   superv. a-admin leader  discipl. none
    Account:       ("all",  "all",   "all",  "-",    "-",    "-",    "-",    "-"),
    SignIn:        ("-",    "-",     "all",  "-",    "-",    "-",    "-",    "-"),
    FailedSignIn:  ("-",    "-",     "all",  "-",    "-",    "-",    "-",    "-"),
    Entry:         ("-",    "-",     "all",  "-",    "-",    "-",    "-",    "-"),
    ReadLog:       ("-",    "-",     "all",  "-",    "-",    "-",    "-",    "-"),
    FrequencyRule: ("all",  "all",   "all",  "all",  "all",  "all",  "all",  "-"),
    Agency:        ("ocps", "ocps",  "ocps", "oc",   "oc",   "oc",   "oc",   "-"),
    Item:          ("ocps", "ocps",  "ocps", "oc",   "oc",   "oc",   "oc",   "-"),
    Officer:       ("ocps", "ocps",  "ocps", "oc",   "oc",   "oc",   "oc",   "-"),
    Device:        ("-",    "ocps",  "ocps", "-",    "oc",   "oc",   "-",    "-"),
    Activation:    ("-",    "ocps",  "ocps", "-",    "oc",   "oc",   "-",    "-"),
    Enterprise:    ("ocps", "-",     "ocps", "oc",   "-",    "-",    "oc",   "-"),
    Premises:      ("ocps", "-",     "ocps", "oc",   "-",    "-",    "oc",   "-"),
    Contact:       ("ocps", "-",     "ocps", "oc",   "-",    "-",    "oc",   "-"),
    Flag:          ("-",    "-",     "-",    "oc",   "-",    "oc",   "oc",   "-"),
    LookUpFlag:    ("-",    "-",     "-",    "oc",   "-",    "oc",   "oc",   "-"),
    Filing:        ("ocps", "-",     "ocps", "oc",   "-",    "oc",   "-",    "-"),
    Delivery:      ("ocps", "-",     "ocps", "oc",   "-",    "oc",   "-",    "-"),
    Endpoint:      ("all",  "-",     "all",  "all",  "-",    "",     "-",    "-"),
    Manifest:      ("all",  "-",     "all",  "all",  "-",    "",     "-",    "-"),
    Verification:  ("all",  "-",     "all",  "all",  "-",    "",     "-",    "-"),
    VisitFact:     ("-",    "-",     "-",    "oc",   "-",    "oc",   "oc",   "-"),
    Visit:         ("-",    "-",     "-",    "oc",   "-",    "oc",   "oc",   "-"),
    Scan:          ("-",    "-",     "-",    "oc",   "-",    "oc",   "-",    "-"),
    SequenceGap:   ("-",    "-",     "-",    "oc",   "-",    "oc",   "-",    "-"),
    SequenceRepeat: ("-",   "-",     "-",    "oc",   "-",    "oc",   "-",    "-"),
    Urgency:       ("-",    "-",     "-",    "oc",   "-",    "oc",   "-",    "-"),
    OverdueApproval: ("-",  "-",     "-",    "oc",   "-",    "oc",   "oc",   "-"),
    LicenceAlias:  ("-",    "-",     "-",    "oc",   "-",    "-",    "oc",   "-"),
    Merge:         ("-",    "-",     "-",    "oc",   "-",    "-",    "oc",   "-"),
    Correction:    ("-",    "-",     "-",    "oc",   "-",    "oc",   "oc",   "-"),
    Document:      ("-",    "-",     "-",    "oc",   "-",    "oc",   "oc",   "-"),
    Complaint:     ("-",    "-",     "-",    "oc",   "-",    "-",    "oc",   "-"),
    Case:          ("-",    "-",     "-",    "oc",   "oc",   "oc",   "oc",   "-"),
}  # fmt: skip


@pytest.fixture
def world() -> World:
    return build()


def page(model: type[models.Model], kind: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{kind}", args=args)


def statuses(client: Client, model: type[models.Model], row: models.Model) -> set[int]:
    """How the row's page and its history answer."""
    return {
        client.get(page(model, "change", row.pk)).status_code,
        client.get(page(model, "history", row.pk)).status_code,
    }


def test_every_desk_stands_in_the_matrix() -> None:
    assert set(admin.site._registry) == set(MATRIX)


def observed(client: Client, model: type[models.Model], world: World) -> str:
    """What this browser can see of the model, in the matrix's words: by its list, and by pages called by name."""
    newest: Any = model._default_manager.order_by("-pk").first()  # a read log is longer once it has been read
    response = client.get(page(model, "changelist"))
    listed = {row.pk for row in response.context["cl"].result_list} if response.status_code == 200 else set()
    if model not in world.rows["own"]:
        rows = {"all": newest}
    else:
        rows = {position[0]: world.rows[position][model] for position in POSITIONS}
    seen = ""
    for letter, row in rows.items():
        answers = statuses(client, model, row)
        assert answers == ({200} if row.pk in listed else {404}), (model, letter)
        seen += letter if row.pk in listed else ""
    return seen if response.status_code == 200 else "-"


@pytest.mark.parametrize("role", ROLES)
def test_a_role_sees_its_own_and_404_for_the_rest(world: World, role: str) -> None:
    """And, in the same world, deletes nothing."""
    client = signed_in(account_of(role))
    expected = {model.__name__: cells[ROLES.index(role)] for model, cells in MATRIX.items()}
    assert {model.__name__: observed(client, model, world) for model in MATRIX} == expected
    for model in MATRIX:
        _deletes_nothing(client, model, world)


def _deletes_nothing(client: Client, model: type[models.Model], world: World) -> None:
    row = world.rows["own"].get(model) or model._default_manager.first()
    assert row is not None
    for method in (client.get, client.post):
        assert method(page(model, "delete", row.pk), {"post": "yes"}).status_code == 404, model
    bulk = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes", "index": "0"}
    client.post(page(model, "changelist"), bulk)
    assert model._default_manager.filter(pk=row.pk).exists(), model


def test_the_index_and_the_lists_of_floors_show_a_role_only_its_desks(world: World) -> None:
    client = signed_in(account_of("discipline"))
    shown = {item["object_name"] for app in client.get("/admin/").context["app_list"] for item in app["models"]}
    assert shown == {
        "Agency",
        "Officer",
        "Enterprise",
        "FrequencyRule",
        "Flag",
        "LookUpFlag",
        "OverdueApproval",
        "VisitFact",
        "Visit",
        "LicenceAlias",
        "Merge",
        "Document",
        "Correction",
        "Item",
        "Complaint",
        "Case",
        "Contact",
        "Premises",
    }
    assert signed_in(account_of("")).get("/admin/").context["app_list"] == []


def test_third_parties_hang_nothing_on_the_wall() -> None:
    client = signed_in(account_of("system_admin"))
    for path in ("otp_totp/totpdevice/", "auth/group/", "axes/accessattempt/", "otp_static/staticdevice/"):
        assert client.get(f"/admin/{path}").status_code == 404


def test_li_jing_reads_a_city_visit_in_her_district_but_not_the_city_bureau(world: World) -> None:
    rows = world.visit_by(world.agencies["parent"], region="130502")
    client = signed_in(account_of("supervisor"))
    for model in (Visit, Flag, VisitFact, Filing, Enterprise):
        assert client.get(page(model, "change", rows[model].pk)).status_code == 200, model
    for hidden in (Agency, Officer, Scan):
        assert client.get(page(hidden, "change", rows[hidden].pk)).status_code == 404, hidden


def test_the_citys_bureau_of_justice_supervises_down_to_the_town(world: World) -> None:
    chen = create_account(
        username="chen.hua",
        name="陈华",
        role="supervisor",
        region_prefix="1305",
        agency_code="130500-SFJ",
        password=None,
        actor=SETUP,
        at=AT,
    )
    client = signed_in(chen)
    for position in POSITIONS:
        for model in (Agency, Officer, Visit, Flag):
            assert client.get(page(model, "change", world.rows[position][model].pk)).status_code == 200, position


def test_an_account_whose_region_or_agency_is_empty_sees_nothing_by_it(world: World) -> None:
    for role in ("supervisor", "discipline", "agency_leader"):
        account = account_of(role)
        Account.objects.filter(pk=account.pk).update(region_prefix="", agency_code="")
        client = signed_in(Account.objects.get(pk=account.pk))
        for model in (Agency, Officer, Enterprise, Flag, Visit, VisitFact, Scan, Filing, LicenceAlias, Merge):
            response = client.get(page(model, "changelist"))
            if response.status_code == 200:
                assert list(response.context["cl"].result_list) == [], (role, model)


def test_an_old_version_is_looked_at_within_sight_and_never_posted_back(world: World) -> None:
    officer = world.rows["own"][Officer]
    version = officer.history.get().pk
    sibling = world.rows["sibling"][Officer]
    client = signed_in(account_of("agency_admin"))
    url = page(Officer, "simple_history", officer.pk, version)
    assert client.get(url).status_code == 200
    assert client.post(url, {"name": "李鬼"}).status_code == 404
    assert client.get(page(Officer, "simple_history", sibling.pk, sibling.history.get().pk)).status_code == 404
    assert client.get(page(Officer, "simple_history", officer.pk, sibling.history.get().pk)).status_code == 404


def test_the_history_names_its_actor_in_words(world: World) -> None:
    client = signed_in(account_of("audit_admin"))
    text = client.get(page(Officer, "history", world.rows["own"][Officer].pk)).content.decode()
    assert "command:test" in text
    assert "新增" in text


def test_a_search_in_a_choice_finds_only_what_is_in_sight(world: World) -> None:
    client = signed_in(account_of("agency_admin"))
    question = {"app_label": "officers", "model_name": "officer", "field_name": "agency", "term": "市场监督"}
    found = client.get(reverse("admin:autocomplete"), question).json()["results"]
    assert [item["text"] for item in found] == ["襄都区市场监督管理局"]


def test_nobody_without_both_factors_gets_past_the_door(world: World, client: Client) -> None:
    client.force_login(account_of("supervisor"))
    for model in MATRIX:
        response = client.get(page(model, "changelist"))
        assert response.status_code == 302
        assert response["Location"].startswith("/admin/login/")
