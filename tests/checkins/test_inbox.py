"""One inbox of decisions: what waits for whom, since when, until when, and where it is decided."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from time_machine import TimeMachineFixture

from audit import waiting as supervision
from audit.actor import Actor
from audit.draft import Draft
from audit.duties import REACH, decides
from audit.models import Account, Case, Flag, FlagState, ReadLog
from audit.services.draft_rule import draft_rule
from checkins import waiting as door
from checkins.models import Correction, Merge, MergeConfirmation
from checkins.pages import inbox
from enterprises.models import LicenceAlias
from tests.audit.test_rule_pages import colleague
from tests.house.admin_world import AT, SETUP, World, account_of, build, signed_in

pytestmark = pytest.mark.django_db
INBOX = "/board/inbox/"


@pytest.fixture
def world(time_machine: TimeMachineFixture) -> World:
    """Everything happened on 20 November; it is Monday, 23 November 2026."""
    time_machine.move_to(datetime(2026, 11, 23, 2, tzinfo=UTC), tick=False)
    return build()


def shown(client: Client, *, language: str = "zh-hans") -> str:
    response = client.get(INBOX, headers={"Accept-Language": language})
    assert response.status_code == 200
    return str(response.content.decode())


def drafted(by: Account) -> int:
    draft = Draft(
        code="xd_cap",
        title="襄都区上限",
        kind="annual_cap",
        parameters={"cap": 1},
        region_prefix="130502",
        effective_from=date(2026, 11, 25),
        source="P",
    )
    actor = Actor.account(by.username)
    return draft_rule(draft, note="试行", actor=actor, at=datetime(2026, 11, 21, 2, tzinfo=UTC)).pk


def test_li_jing_finds_what_waits_for_her_with_how_long_is_left_and_goes_where_it_is_decided(world: World) -> None:
    li_jing, chen_yu = account_of("supervisor"), colleague()
    hers, his = drafted(li_jing), drafted(chen_yu)
    own, sibling = world.rows["own"], world.rows["sibling"]
    for row, name in ((own[LicenceAlias], own), (own[LicenceAlias], world.rows["child"])):
        LicenceAlias.objects.create(
            scheme=row.scheme, opaque_id="disputed", credit_code=name[LicenceAlias].credit_code,
            taught_by=f"officer:{name[LicenceAlias].pk}", at=AT,
        )  # fmt: skip
    flag: Any = own[Flag]
    FlagState.objects.create(flag=flag, state="doubted", at=AT, actor=SETUP, evidence={"sentence": "依据减少"})
    page = shown(signed_in(li_jing))
    for model, part in ((Correction, "checkins/correction"), (Merge, "checkins/merge"), (Case, "audit/case")):
        assert f"/admin/{part}/{own[model].pk}/change/" in page
        assert f"/admin/{part}/{sibling[model].pk}/change/" not in page
    assert f"/admin/audit/flag/{flag.pk}/change/" in page
    assert f"/board/rules/drafts/{his}" in page
    assert f"/board/rules/drafts/{hers}" not in page, "her own is another's to enact"
    assert "disputed" in page
    assert "2026-11-25 到期，还有 2 天" in page, "the draft's day"
    assert "2026-11-20 到期，已逾期 3 天" in page, "the case was due on Friday"
    assert "今天到期" in page, "a complaint of Friday is due on Monday"
    assert "没有期限，已等 3 天" in page
    assert "逾期未答复" in page
    assert "Inbox" in shown(signed_in(li_jing), language="en")
    assert ReadLog.objects.filter(page="board-inbox", subject="inbox", actor="account:li.jing").count() == 2

    merge: Any = own[Merge]
    MergeConfirmation.objects.create(merge=merge, confirmed_by="account:chen.yu", at=AT)
    FlagState.objects.create(flag=flag, state="lowered", at=AT, actor=SETUP, evidence={})
    again = shown(signed_in(li_jing))
    assert f"/admin/checkins/merge/{merge.pk}/change/" not in again
    assert f"/admin/audit/flag/{flag.pk}/change/" not in again, "what is decided waits no more"


def test_an_agency_finds_the_cases_to_answer_others_nothing_and_nobody_is_sent_to_the_log_in(world: World) -> None:
    for role in REACH:
        client = signed_in(account_of(role))
        if not decides(role):
            assert client.get(INBOX).status_code == 404, role
            continue
        page = shown(client)
        assert (f"/admin/audit/case/{world.rows['own'][Case].pk}/change/" in page) is True
        assert f"/admin/audit/case/{world.rows['sibling'][Case].pk}/change/" not in page
        assert ("/admin/checkins/correction/" in page) == (role == "supervisor")
    assert {role for role in REACH if decides(role)} == {"supervisor", "agency_admin", "agency_leader"}
    half = Client()
    half.force_login(Account.objects.get(username="li.jing"))
    for client in (Client(), half):
        assert client.get(INBOX)["Location"].startswith("/admin/login/?next=/board/inbox/")
    assert client.post(INBOX).status_code == 405


def test_the_inbox_costs_the_same_with_few_and_with_many(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (supervision, door, inbox):
        monkeypatch.setattr(module, "MOST", 3)
    client = signed_in(account_of("supervisor"))
    shown(client)
    with CaptureQueriesContext(connection) as few:
        shown(client)
    for _more in range(4):
        world.visit_by(world.agencies["own"], region="130502")
    with CaptureQueriesContext(connection) as many:
        page = shown(client)
    assert len(few) == len(many) == 12
    assert page.count("3+") == 4, "complaints, cases, corrections, merges"
