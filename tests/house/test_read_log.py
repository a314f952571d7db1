"""Who was shown whose data: every desk that tells of people, and the API's answers to accounts."""

import json
from typing import Any

import pytest
from django.contrib import admin
from django.db import models
from django.test import Client
from django.urls import reverse

from audit.models import Endpoint, Entry, Filing, FrequencyRule, Manifest, ReadLog, Verification
from checkins.models import Item, Scan
from officers.models import Agency, Officer
from tests.house.admin_world import account_of, build, signed_in
from tests.house.operations import BROWSER, SAMPLES, operations, send, sign_in_li_jing
from tests.house.test_admin_cost import COST
from tests.house.test_admin_sight import page
from tests.town import Town

pytestmark = pytest.mark.django_db
TELL_NOTHING_OF_PEOPLE: set[type[models.Model]] = {Agency, Endpoint, FrequencyRule, Item, Manifest, Verification}
WRITES = {"post /supervision/documents"}
ASKS = {
    "/api/v1/supervision/figures": {"group": "officer", "from": "2026-01-01", "to": "2026-12-31"},
    "/api/v1/supervision/counts": {"agency": "130502-SCJG", "credit_code": "91110108551385082Q", "year": "2026"},
    "/api/v1/supervision/unscanned": {"from": "2026-01-01", "to": "2026-12-31"},
    "/api/v1/supervision/scan-rate": {"from": "2026-01-01", "to": "2026-12-31"},
}


def read() -> list[tuple[str, str, str, int]]:
    """What was noted since the last time, oldest first."""
    rows = ReadLog.objects.filter(pk__gt=SEEN[-1]).order_by("pk")
    found = [(row.pk, row.actor, row.page, row.subject, row.shown) for row in rows]
    SEEN.append(max((row[0] for row in found), default=SEEN[-1]))
    return [row[1:] for row in found]


SEEN = [0]


@pytest.fixture(autouse=True)
def _from_the_start() -> None:
    SEEN[:] = [0]


def test_every_desk_that_tells_of_people_notes_its_list_and_its_row_once_each() -> None:
    world = build()
    people = {role: account_of(role) for role in {role for role, _cost in COST.values()}}
    clients = {role: signed_in(account) for role, account in people.items()}
    read()
    assert {model for model, desk in admin.site._registry.items() if not desk.personal} == TELL_NOTHING_OF_PEOPLE  # type: ignore[attr-defined]
    for model, (role, _cost) in COST.items():
        desk: Any = admin.site._registry[model]
        row = world.rows["own"].get(model) or model._default_manager.order_by("pk")[0]
        for address in ("changelist", "change"):
            keys = () if address == "changelist" else (row.pk,)
            assert clients[role].get(page(model, address, *keys), {"q": ""}).status_code == 200, (model, address)
        who = f"account:{people[role].username}"
        of = desk.read_as or f"{model._meta.app_label}_{model._meta.model_name}"
        named = f"{model._meta.model_name}={getattr(row, desk.named_by)}"
        told = [(actor, of_page, subject) for actor, of_page, subject, _shown in read()]
        expected = [(who, of, "q="), (who, of, named)]
        assert told == ([] if model in TELL_NOTHING_OF_PEOPLE else expected), model


def test_the_log_says_how_many_and_of_whom_and_nothing_of_what_was_refused() -> None:
    world = build()
    officer = world.rows["own"][Officer]
    browser = signed_in(account_of("supervisor"))
    read()
    browser.get(page(Officer, "changelist"), {"q": officer.certificate_no})
    browser.get(page(Officer, "changelist"), {"q": "李鬼"})
    browser.get(page(Officer, "history", officer.pk))
    browser.get(page(Officer, "simple_history", officer.pk, officer.history.get().pk))
    asked = {"app_label": "checkins", "model_name": "correction", "field_name": "visit", "term": "RQ"}
    found = len(browser.get(reverse("admin:autocomplete"), asked).json()["results"])
    for kind in ("change", "history"):
        assert browser.get(page(Officer, kind, world.rows["sibling"][Officer].pk)).status_code == 404
    assert browser.get(page(Entry, "changelist")).status_code == 404
    me = "account:li.jing"
    of = f"officer={officer.certificate_no}"
    assert read() == [
        (me, "officers_officer", f"q={officer.certificate_no}", 1),
        (me, "officers_officer", "q=%E6%9D%8E%E9%AC%BC", 0),
        (me, "officers_officer.history", of, 1),
        (me, "officers_officer.history", f"{of}&version={officer.history.get().pk}", 1),
        (me, "autocomplete", "app_label=checkins&model_name=correction&field_name=visit&term=RQ", found),
    ]


def test_administrators_see_that_a_filing_was_made_and_not_what_it_says() -> None:
    world = build()
    filing = world.rows["own"][Filing]
    for role, sees in (("system_admin", False), ("audit_admin", False), ("supervisor", True), ("agency_leader", True)):
        text = signed_in(account_of(role)).get(page(Filing, "change", filing.pk)).content.decode()
        assert ("field-payload" in text) is sees, role
        assert filing.number in text


def test_what_the_api_tells_an_account_is_noted_and_what_it_is_handed_is_not(town: Town) -> None:
    number = town.zhang_wei.scan().json()["visit"]["number"]
    sign_in_li_jing()
    read()
    asked = [one for one in operations() if "/supervision/" in one.path]
    assert {one.path for one in asked} >= ASKS.keys()
    for one in asked:
        sample = SAMPLES.get(str(one))
        address, body = sample(town) if sample else (one.address, None)
        answer = (
            BROWSER.get(address, ASKS.get(address, {}))
            if body is None
            else send(town.zhang_wei, one, body, path=address)
        )
        assert answer.status_code == 200, (address, answer.content)
        told = read()
        if str(one) in WRITES:
            assert told == []
            continue
        ((who, name, subject, shown),) = told
        said = json.loads(answer.content)
        lists = [value for value in said.values() if isinstance(value, list)]
        assert (who, name.startswith("api:")) == ("account:li.jing", True)
        assert shown == (sum(map(len, lists)) if lists else 1), address
        if address in ASKS:
            assert subject.startswith(next(iter(ASKS[address]))), address
        refused = BROWSER.get(address, {"from": "x", "limit": "x", "overdue": "x", "as_of": "x"})
        assert (refused.status_code >= 400, read()) == (True, []), address
    assert number


def test_a_phone_that_reads_its_officers_own_data_is_not_noted(town: Town, client: Client) -> None:
    town.zhang_wei.scan()
    for address in ("/me", "/visits", "/changes"):
        holds = {"authorization": f"Bearer {town.zhang_wei.token}"}
        assert client.get(f"/api/v1{address}", headers=holds).status_code == 200, address
    assert not ReadLog.objects.exists()
    assert Scan.objects.count() == 1
