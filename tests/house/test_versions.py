"""A record's versions: who changed what and why, two of them side by side, nothing that the desk does not show."""

from copy import copy
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.actor import Actor
from audit.history import save_as
from audit.models import Account
from checkins.models import Item
from enterprises.models import Contact, Enterprise, Premises
from officers.models import Agency, Device, Officer
from tests.house.admin_world import AT, World, account_of, build, signed_in

pytestmark = pytest.mark.django_db
ZHOU = Actor.account("zhou.jie")


def page(row: Any, **words: Any) -> str:
    url = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_history", args=[row.pk])
    return url + ("?" + "&".join(f"{name}={value}" for name, value in words.items()) if words else "")


def changed(row: Any, *, minutes: int, reason: str = "", **values: Any) -> int:
    """Save it so as it is then; the version's key."""
    for name, value in values.items():
        setattr(row, name, value)
    with transaction.atomic():
        save_as(row, actor=ZHOU, at=AT + timedelta(minutes=minutes), reason=reason)
    return int(row.history.latest().pk)


def cells(client: Client, url: str) -> dict[str, tuple[str, str, bool]]:
    """What two versions say, by column, and whether the row is marked."""
    lines = client.get(url).context["lines"]
    return {line.label: (line.older, line.newer, line.differs) for line in lines}


def statements(client: Client, url: str) -> int:
    client.get(url)
    with CaptureQueriesContext(connection) as seen:
        assert client.get(url).status_code == 200
    return len(seen)


def test_zhou_jie_reads_how_an_officers_entry_came_to_be(world: World) -> None:
    """Moved, suspended, renewed; then sixty small changes: the page costs the same and shows fifty."""
    client = signed_in(account_of("agency_admin"))
    officer, first = world.rows["own"][Officer], world.rows["own"][Officer].history.get().pk
    assert "最初的版本" in client.get(page(officer)).content.decode()
    moved = changed(officer, minutes=1, agency=world.agencies["child"], reason="调往镇里")
    suspended = changed(officer, minutes=2, status="suspended", categories=["市场监管", "食品药品"])
    told = cells(client, page(officer))
    assert told["状态"] == ("有效", "暂停", True)
    assert told["执法类别"] == ("—", "市场监管、食品药品", True)
    assert told["姓名"] == (officer.name, officer.name, False)
    assert told["有效期止"][0] == "2028年12月31日"
    text = client.get(page(officer)).content.decode()
    assert "调往镇里" in text
    assert "account:zhou.jie" in text
    assert '<tr class="differs">' in text
    far = cells(client, page(officer, a=suspended, b=first))
    assert far["执法单位"] == ("襄都区市场监督管理局", "襄都区晏家屯镇综合行政执法队", True), "the older stands first"
    assert cells(client, page(officer, b=moved))["状态"] == ("有效", "有效", False), "beside the one before it"
    few = statements(client, page(officer, a=first, b=suspended))
    for number in range(58):
        changed(officer, minutes=3 + number, name=f"张伟{number % 2}")
    answer = client.get(page(officer))
    assert len(answer.context["versions"]) == 50
    assert (answer.context["count"], [*answer.context["pages"]]) == (61, [1, 2])
    assert answer.context["versions"][-1].changed == ["姓名"], "compared with the first of the next page"
    last = client.get(page(officer, p=2)).context["versions"]
    assert (len(last), last[-1].made, last[-1].changed) == (11, True, [])
    assert cells(client, page(officer, a=first, b=suspended)) == cells(client, page(officer, a=suspended, b=first))
    assert statements(client, page(officer)) == few == 9
    assert statements(client, page(officer, a=first, b=moved)) <= few + 1, "versions of another page are looked up"
    assert "Versions" in client.get(page(officer), headers={"Accept-Language": "en"}).content.decode()


def test_what_is_no_version_of_this_record_or_not_in_sight_is_404(world: World) -> None:
    client = signed_in(account_of("agency_admin"))
    officer, sibling = world.rows["own"][Officer], world.rows["sibling"][Officer]
    for asked in (sibling.history.get().pk, 0, -1, "x", "٣", 2**31, 10**30):
        assert client.get(page(officer, b=asked)).status_code == 404, asked
    assert client.get(page(officer, a=officer.history.get().pk, b=10**9)).status_code == 404
    assert client.get(page(officer, p="x")).status_code == client.get(page(officer, p=10**9)).status_code == 200
    assert client.post(page(officer)).status_code == 404
    assert client.get(page(sibling)).status_code == 404
    changed(officer, minutes=1, agency=world.agencies["sibling"])
    changed(officer, minutes=2, agency=world.agencies["own"])
    assert cells(client, page(officer))["执法单位"] == ("不在可见范围内", "襄都区市场监督管理局", True)
    assert "信都区" not in client.get(page(officer)).content.decode()


def test_no_version_shows_what_nobody_sees(world: World) -> None:
    """A phone in the middle, a password; an account's list of versions says that something else changed."""
    contact, li = world.rows["own"][Contact], account_of("supervisor")
    changed(contact, minutes=1, phone="13987654321")
    client = signed_in(account_of("system_admin"))
    assert cells(client, page(contact))["联系手机"] == ("138****0001", "139****4321", True)
    account = copy(Account.objects.get(pk=li.pk))
    changed(account, minutes=10, name="李静静")
    told = cells(client, page(account))
    assert told["姓名"][2]
    assert "密码" not in told
    for row in (contact, account):
        text = client.get(page(row)).content.decode()
        assert "13987654321" not in text
        assert "pbkdf2" not in text


def test_each_register_has_the_page_in_chinese_and_english(world: World) -> None:
    zhao, qian = signed_in(account_of("system_admin")), signed_in(account_of("security_admin"))
    for model in (Agency, Officer, Device, Enterprise, Premises, Contact, Item):
        client, row = qian if model is Device else zhao, world.rows["own"][model]
        assert "历史版本" in client.get(page(row)).content.decode(), model
        assert "Versions" in client.get(page(row), headers={"Accept-Language": "en"}).content.decode(), model


def test_a_desk_says_that_it_found_nothing(world: World) -> None:
    client = signed_in(account_of("system_admin"))
    for model in (Agency, Officer, Enterprise, Premises, Contact, Item):
        url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        assert "没有找到“查无此物”" in client.get(url, {"q": "查无此物"}).content.decode(), model
        assert "没有找到" not in client.get(url).content.decode(), model


FOUND = {
    "第1食品": 1, "1食": 1, "食品厂有限": 4, "食": 4, "di1shipin": 1, "dysp": 0, "TEST0000000000000": 4, "的": 0,
    "1305020000": 0,
}  # fmt: skip


def test_enterprises_are_found_by_the_index_of_names(world: World) -> None:
    client = signed_in(account_of("system_admin"))
    url = reverse("admin:enterprises_enterprise_changelist")
    with CaptureQueriesContext(connection) as seen:
        assert {typed: len(client.get(url, {"q": typed}).context["cl"].result_list) for typed in FOUND} == FOUND
    assert not [one for one in seen.captured_queries if "UPPER(" in one["sql"] or "ESCAPE" in one["sql"]]


@pytest.fixture
def world() -> World:
    return build()
