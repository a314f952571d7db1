"""A list costs the same with five rows and with fifty; a question that makes no sense costs no 500."""

from typing import Any

import pytest
from axes.models import AccessFailureLog, AccessLog
from django.contrib import admin
from django.db import connection, models
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

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
    SignIn,
    Verification,
    VisitFact,
)
from audit.services.account import create_account
from checkins.models import Correction, Item, Merge, OverdueApproval, Scan, SequenceGap, SequenceRepeat, Urgency, Visit
from enterprises.models import Contact, Enterprise, LicenceAlias, Premises
from officers.models import Activation, Agency, Device, Officer
from tests.house.admin_world import AT, SETUP, World, account_of, build, signed_in
from tests.house.test_admin_sight import MATRIX, page

pytestmark = pytest.mark.django_db

# Who looks, and the statements of one list: session, account, second factor, count, rows, filters' choices, read log.
COST: dict[type[models.Model], tuple[str, int]] = {
    Account: ("system_admin", 6),
    SignIn: ("audit_admin", 6),
    FailedSignIn: ("audit_admin", 6),
    Entry: ("audit_admin", 6),
    ReadLog: ("audit_admin", 6),
    FrequencyRule: ("supervisor", 7),
    Agency: ("supervisor", 6),
    Item: ("supervisor", 5),
    Officer: ("supervisor", 7),
    Device: ("agency_leader", 6),
    Activation: ("agency_leader", 6),
    Enterprise: ("supervisor", 7),
    Contact: ("supervisor", 6),
    Premises: ("supervisor", 6),
    Flag: ("supervisor", 7),
    LookUpFlag: ("supervisor", 6),
    Filing: ("supervisor", 6),
    Delivery: ("supervisor", 6),
    Endpoint: ("supervisor", 5),
    Manifest: ("supervisor", 5),
    Verification: ("supervisor", 5),
    VisitFact: ("supervisor", 6),
    Visit: ("supervisor", 6),
    Scan: ("supervisor", 6),
    SequenceGap: ("supervisor", 6),
    SequenceRepeat: ("supervisor", 6),
    Urgency: ("supervisor", 6),
    OverdueApproval: ("supervisor", 6),
    LicenceAlias: ("supervisor", 6),
    Merge: ("supervisor", 6),
    Correction: ("supervisor", 6),
    Document: ("supervisor", 6),
    Complaint: ("supervisor", 6),
    Case: ("supervisor", 8),
}


def fill(world: World, upto: int) -> None:
    """So many rows of everything within 襄都区's sight."""
    own = world.agencies["own"]
    while world.serial < upto:
        world.visit_by(own, region="130502")
        n = world.serial
        world.agency(f"130502{n:03d}-ZHZF", f"第{n}执法队", own, f"130502{n:03d}", "130502-SFJ")
        create_account(username=f"user{n:03d}", name=f"用户{n}", password=None, actor=SETUP, at=AT)
        ReadLog.objects.create(actor=f"account:user{n}", page="board", subject="period=2026", shown=1, at=AT)
        AccessLog.objects.create(username=f"user{n}", ip_address="10.0.0.1", user_agent="x", path_info="/")
        AccessFailureLog.objects.create(username=f"user{n}", ip_address="10.0.0.1", user_agent="x", path_info="/")


def measured(clients: dict[str, Client]) -> dict[str, tuple[int, int]]:
    found = {}
    for model, (role, _cost) in COST.items():
        clients[role].get(page(model, "changelist"))  # content types and the like are looked up once a process
        with CaptureQueriesContext(
            connection,
        ) as queries:
            response = clients[role].get(page(model, "changelist"))
        found[model.__name__] = (len(queries), len(response.context["cl"].result_list))
    return found


def test_a_list_costs_the_same_with_5_and_with_50_rows() -> None:
    world = build()
    clients = {role: signed_in(account_of(role)) for role in {role for role, _cost in COST.values()}}
    fill(world, 9)
    few = measured(clients)
    fill(world, 60)
    many = measured(clients)
    assert set(COST) == set(MATRIX)
    for name in few:
        if name != "FrequencyRule":
            assert few[name][1] >= 5, name
            assert many[name][1] == 50, name
    assert {name: cost for name, (cost, _rows) in few.items()} == {name: cost for name, (cost, _rows) in many.items()}
    assert {name: cost for name, (cost, _rows) in many.items()} == {
        model.__name__: cost for model, (_role, cost) in COST.items()
    }


KEYS = ("0", "-1", "99999999999999999999999", "abc", "%00", "_2F", "1/2", "' OR 1=1")
WORDS = (
    {"q": "李静"}, {"q": "%_\\'\""}, {"q": "\x00"}, {"q": "10.0.0.1"}, {"q": "00000000-0000-0000-0000-000000000001"},
    {"p": "abc"}, {"p": "99999"}, {"o": "99.x"}, {"status__exact": "\x00"}, {"password__startswith": "p"}, {"all": ""},
)  # fmt: skip


def test_a_key_that_is_none_is_404_and_a_strange_question_to_a_list_is_answered() -> None:
    build()
    clients = {role: signed_in(account_of(role)) for role in {role for role, _cost in COST.values()}}
    for model, (role, _cost) in COST.items():
        url, ask = page(model, "changelist"), clients[role].get
        for key in KEYS:
            for tail in ("change/", "history/", "do/password/"):
                assert ask(f"{url}{key}/{tail}").status_code in {302, 404}, (model, key, tail)
        for words in WORDS:
            answer = ask(url, words).status_code
            allowed = {400} if "\x00" in words.values() else {200, 302, 400}
            assert answer in allowed, (model, words)


def test_an_address_asks_a_list_nothing_but_what_its_filters_ask() -> None:
    """`?phone__startswith=138` would tell a masked number digit by digit, `?password__regex=` a hash."""
    build()
    accounts = {role: account_of(role) for role in {role for role, _cost in COST.values()}}
    browser = signed_in(accounts["supervisor"])
    refused = browser.get(page(Complaint, "changelist"), {"phone__startswith": "1"})
    assert (refused.status_code, "看不懂这个请求" in refused.content.decode()) == (400, True)
    for model, (role, _cost) in COST.items():
        request: Any = RequestFactory().get("/")
        request.user = accounts[role]
        desk = admin.site._registry[model]
        for column in model._meta.concrete_fields:
            if isinstance(column, models.CharField | models.TextField):
                for test in ("contains", "startswith", "regex", "gt"):
                    assert not desk.lookup_allowed(f"{column.name}__{test}", "1", request), (model, column.name)


def test_a_filter_that_is_no_word_of_its_list_filters_nothing() -> None:
    build()
    client = signed_in(account_of("supervisor"))
    for model, words in ((Case, {"calls_back": "x"}), (Case, {"state": "\x00"}), (Correction, {"standing": "\x00"})):
        assert client.get(page(model, "changelist"), words).status_code in {200, 400}, words


def test_a_search_finds() -> None:
    world = build()
    client = signed_in(account_of("supervisor"))
    rows = world.rows["own"]
    for model, question in (
        (Scan, str(rows[Scan].scan_id)),
        (Officer, rows[Officer].certificate_no),
        (Enterprise, "第1食品"),
        (Enterprise, rows[Enterprise].credit_code),
        (Premises, "di1shipin"),
        (Premises, rows[Enterprise].credit_code),
        (Flag, rows[Enterprise].credit_code),
        (Visit, rows[Visit].number),
        (Filing, rows[Filing].number),
        (LicenceAlias, rows[LicenceAlias].opaque_id),
        (Merge, rows[Merge].subject),
        (Complaint, rows[Complaint].number),
    ):
        found = client.get(page(model, "changelist"), {"q": question}).context["cl"].result_list
        assert [row.pk for row in found] == [rows[model].pk], model
