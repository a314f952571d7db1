"""What supervisors decide in the admin: what an opaque licence code means, and which stall is which enterprise."""

import json
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from audit.models import Account, Entry, VisitFact
from audit.services.account import create_account
from checkins.models import Merge, MergeConfirmation, Visit
from enterprises.models import Enterprise, LicenceAlias, LicenceAliasRuling
from enterprises.queries import alias_meaning, disputed
from enterprises.subject import subject_number
from tests.house.admin_world import AT, SETUP, World, account_of, build, signed_in
from tests.town import BEARINGS, CASHMERE, GLASS

CODE = {"scheme": "sgs", "opaque_id": "8a7b6c5d"}


@pytest.fixture
def world(db: None) -> World:
    return build()


def chen_fang() -> Account:
    """李静's colleague at 襄都区司法局."""
    return create_account(
        username="chen.fang",
        name="陈芳",
        role="supervisor",
        region_prefix="130502",
        agency_code="130502-SFJ",
        password=None,
        actor=SETUP,
        at=AT,
    )


def enterprise(world: World, credit_code: str, name: str, region: str = "130502", **words: Any) -> Enterprise:
    row: Enterprise = world.tracked(Enterprise(credit_code=credit_code, name=name, region_code=region, **words))
    return row


def taught(credit_code: str, *, by: str, minutes: int = 0) -> LicenceAlias:
    return LicenceAlias.objects.create(
        **CODE, credit_code=credit_code, taught_by=f"officer:{by}", scan="", at=AT + timedelta(minutes=minutes)
    )


def listed(client: Client, model: str, **words: str) -> list[Any]:
    return list(client.get(reverse(f"admin:{model}_changelist"), words).context["cl"].result_list)


def page(client: Client, row: Any) -> Any:
    return client.get(reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk]))


def press(client: Client, row: Any, name: str, **words: str) -> Any:
    url = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_button", args=[row.pk, name])
    return client.post(url, words)


def entry(kind: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(bytes(Entry.objects.get(kind=kind).body or b""))
    return found


def test_li_jing_rules_which_enterprise_a_disputed_code_means(world: World) -> None:
    enterprise(world, BEARINGS, "邢台轴承厂")
    enterprise(world, CASHMERE, "襄都羊绒店")
    bearings, cashmere = taught(BEARINGS, by="张伟"), taught(CASHMERE, by="李娜", minutes=1)
    li_jing = signed_in(account_of("supervisor"))
    assert listed(li_jing, "enterprises_licencealias", disputed="open") == [cashmere, bearings]
    text = page(li_jing, bearings).content.decode()
    assert "未定：认定不一致" in text
    assert "襄都羊绒店（9144030010001686XA） · officer:李娜" in text

    assert "请填写原因" in press(li_jing, cashmere, "rule").content.decode()
    assert press(li_jing, cashmere, "rule", reason="执照照片核对").status_code == 302
    ruling = LicenceAliasRuling.objects.get()
    assert (ruling.credit_code, ruling.ruled_by, ruling.reason) == (CASHMERE, "account:li.jing", "执照照片核对")
    assert entry("alias-ruled")["actor"] == "account:li.jing"
    assert alias_meaning(**CODE).credit_code == CASHMERE
    assert listed(li_jing, "enterprises_licencealias", disputed="open") == []
    assert listed(li_jing, "enterprises_licencealias", disputed="ruled") == [cashmere, bearings]
    assert "account:li.jing · 执照照片核对" in page(li_jing, bearings).content.decode()
    assert press(li_jing, cashmere, "rule", reason="再次").status_code == 404


def test_a_code_is_ruled_on_only_for_an_enterprise_in_reach_and_by_who_may(world: World) -> None:
    enterprise(world, BEARINGS, "邢台轴承厂")
    enterprise(world, CASHMERE, "信都羊绒店", region="130503")
    ours, theirs = taught(BEARINGS, by="张伟"), taught(CASHMERE, by="李娜")
    li_jing, zheng_yi = signed_in(account_of("supervisor")), signed_in(account_of("discipline"))
    assert press(li_jing, theirs, "rule", reason="核对").status_code == 404
    assert page(li_jing, theirs).status_code == 404
    assert page(zheng_yi, ours).status_code == 200
    assert press(zheng_yi, ours, "rule", reason="核对").status_code == 404
    assert not LicenceAliasRuling.objects.exists()
    assert "信都羊绒店" in page(li_jing, ours).content.decode(), "she is told what else was said about her code"


class Disputes(TestCase):
    """The list's filter says what `alias.meaning` says."""

    @given(
        st.lists(
            st.tuples(st.sampled_from("张李王"), st.sampled_from([BEARINGS, CASHMERE, GLASS, ""]), st.integers(0, 4)),
            min_size=1,
            max_size=6,
        ),
        st.lists(st.tuples(st.sampled_from([BEARINGS, GLASS]), st.integers(0, 2)), max_size=2),
    )
    def test_the_filter_finds_what_is_disputed(
        self, lessons: list[tuple[str, str, int]], rulings: list[tuple[str, int]]
    ) -> None:
        for who, code, minutes in lessons:
            taught(code, by=who, minutes=minutes)
        for code, minutes in rulings:
            LicenceAliasRuling.objects.create(
                **CODE, credit_code=code, ruled_by="x", reason="x", at=AT + timedelta(minutes=minutes)
            )
        LicenceAlias.objects.create(scheme="sgs", opaque_id="another", credit_code=GLASS, taught_by="officer:张", at=AT)
        rows, mine = LicenceAlias.objects.all(), LicenceAlias.objects.filter(**CODE).count()
        found = {ruled: disputed(rows, ruled=ruled).count() for ruled in (False, True)}
        known = alias_meaning(**CODE)
        assert found == {ruled: mine * (known.disputed and bool(rulings) is ruled) for ruled in (False, True)}


def proposed(client: Client, subject: str, credit_code: str) -> Any:
    words = {"subject": subject, "credit_code": credit_code, "reason": "已领营业执照"}
    return client.post(reverse("admin:checkins_merge_add"), words)


def stall_at(world: World, *, region: str = "130502") -> tuple[Enterprise, Visit]:
    """东门早市豆腐摊, where the district's bureau was once."""
    stall = enterprise(world, subject_number("豆腐摊"), "东门早市豆腐摊", region, kind="subject")
    rows = world.visit_by(world.agencies["own"], region=region)
    visit: Visit = rows[Visit]
    Visit.objects.filter(pk=visit.pk).update(credit_code=stall.credit_code, enterprise=stall)
    return stall, visit


def test_two_supervisors_merge_a_stall_into_its_enterprise_and_one_cannot(world: World) -> None:
    stall, visit = stall_at(world)
    enterprise(world, GLASS, "襄都区明亮玻璃店")
    li_jing, chen = signed_in(account_of("supervisor")), signed_in(chen_fang())
    assert proposed(li_jing, stall.credit_code.lower(), GLASS).status_code == 302
    merge = Merge.objects.latest("pk")
    assert (merge.subject, merge.proposed_by) == (stall.credit_code, "account:li.jing")
    assert entry("merge-proposed")["actor"] == "account:li.jing"
    assert "合并须由另一人确认" in press(li_jing, merge, "confirm").content.decode()
    assert not MergeConfirmation.objects.exists()

    text = page(chen, merge).content.decode()
    assert "东门早市豆腐摊" in text
    assert "待确认" in text
    assert press(chen, merge, "confirm").status_code == 302
    visit.refresh_from_db()
    assert (visit.credit_code, visit.history.latest().history_user_id) == (GLASS, "account:chen.fang")
    assert VisitFact.objects.filter(visit=visit.number).latest("version").credit_code == GLASS
    assert entry("merge-confirmed")["body"]["visits"] == [visit.number]
    assert "account:chen.fang" in page(li_jing, merge).content.decode()
    assert press(chen, merge, "confirm").status_code == 404


def test_the_waiting_merges_come_first_and_a_settled_subject_waits_no_more(world: World) -> None:
    stall, _visit = stall_at(world)
    enterprise(world, GLASS, "襄都区明亮玻璃店")
    enterprise(world, BEARINGS, "邢台轴承厂")
    li_jing, chen = signed_in(account_of("supervisor")), signed_in(chen_fang())
    for target in (GLASS, BEARINGS):
        assert proposed(li_jing, stall.credit_code, target).status_code == 302
    wrong, right = Merge.objects.filter(subject=stall.credit_code).order_by("pk")
    assert press(chen, right, "confirm").status_code == 302
    rows = listed(li_jing, "checkins_merge")
    assert [row.pk for row in rows[-2:]] == [right.pk, wrong.pk]
    assert all(not earlier.settled or later.settled for earlier, later in pairwise(rows))
    words = li_jing.get(reverse("admin:checkins_merge_changelist")).content.decode()
    assert (words.count("已确认"), words.count("已失效")) == (1, 1)
    assert press(chen, wrong, "confirm").status_code == 404


@pytest.mark.parametrize("region", ["130503", "130528"])
def test_a_merge_out_of_her_region_is_as_if_there_were_none(world: World, region: str) -> None:
    stall, visit = stall_at(world, region=region)
    enterprise(world, GLASS, "外区玻璃店", region)
    before = Merge.objects.count()
    li_jing = signed_in(account_of("supervisor"))
    response = proposed(li_jing, stall.credit_code, GLASS)
    assert response.status_code == 200
    assert "须由未合并的无照对象并入有照企业" in response.content.decode()
    assert Merge.objects.count() == before
    merge = Merge.objects.create(subject=stall.credit_code, credit_code=GLASS, reason="x", proposed_by=SETUP, at=AT)
    assert page(li_jing, merge).status_code == 404
    assert press(li_jing, merge, "confirm").status_code == 404
    visit.refresh_from_db()
    assert visit.credit_code == stall.credit_code


def test_what_cannot_be_merged_is_said_on_the_form(world: World) -> None:
    enterprise(world, GLASS, "襄都区明亮玻璃店")
    enterprise(world, BEARINGS, "邢台轴承厂")
    li_jing = signed_in(account_of("supervisor"))
    response = proposed(li_jing, BEARINGS, GLASS)
    assert "须由未合并的无照对象并入有照企业" in response.content.decode()
    assert BEARINGS in response.content.decode()
    assert not Entry.objects.filter(kind="merge-proposed").exists()
    assert proposed(signed_in(account_of("discipline")), BEARINGS, GLASS).status_code == 404
