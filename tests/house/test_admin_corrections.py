"""Supervisors rule in the admin on what agencies say anew of their visits."""

from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from audit.models import FlagState, VisitFact
from audit.services.account import create_account
from checkins.models import Correction, Ruling, Visit
from tests.checkins.test_corrections_confirmed import ago, classify, void
from tests.house.admin_world import AT, SETUP, account_of, signed_in
from tests.town import CASHMERE, Town


@pytest.fixture
def over_cap(town: Town, time_machine_at_noon: datetime) -> str:
    for days in (40, 20, 0):
        answer = town.zhang_wei.scan(scanned_at=ago(days=days)).json()
    return str(answer["visit"]["number"])


def page(client: Client, correction: Correction) -> Any:
    return client.get(reverse("admin:checkins_correction_change", args=[correction.pk]))


def press(client: Client, correction: Correction, name: str, reason: str = "已核对台账") -> Any:
    return client.post(reverse("admin:checkins_correction_button", args=[correction.pk, name]), {"reason": reason})


def wang_fang() -> Client:
    """A supervisor of 清河县."""
    account = create_account(
        username="wang.fang",
        name="王芳",
        role="supervisor",
        region_prefix="130534",
        agency_code="130534-SFJ",
        password=None,
        actor=SETUP,
        at=AT,
    )
    return signed_in(account)


def test_li_jing_sees_both_counts_and_confirms_with_a_note(town: Town, over_cap: str) -> None:
    void(town.li_na, over_cap)
    correction = Correction.objects.get()
    li_jing = signed_in(account_of("supervisor"))
    assert "2026 年：照现状 3 次，照该单位所称 2 次" in page(li_jing, correction).content.decode()
    assert "请填写原因" in press(li_jing, correction, "confirm", reason="").content.decode()
    assert press(li_jing, correction, "confirm").status_code == 302
    ruling = Ruling.objects.get()
    assert (ruling.verdict, ruling.by, ruling.note) == ("confirmed", "account:li.jing", "已核对台账")
    assert FlagState.objects.latest("pk").state == "lowered"
    text = page(li_jing, correction).content.decode()
    assert "已核对台账" in text
    assert "照现状 2 次，照该单位所称 2 次" in text
    assert press(li_jing, correction, "reject").status_code == 404, "it is settled"


def test_the_waiting_come_first_and_are_told_in_words(town: Town, over_cap: str) -> None:
    classify(town.zhang_wei, over_cap, category="special", superior_ordered=True)
    waiting = Correction.objects.get()
    settled = town.li_na.scan(CASHMERE).json()["visit"]["number"]
    classify(town.li_na, settled, category="case")
    li_jing = signed_in(account_of("supervisor"))
    response = li_jing.get(reverse("admin:checkins_correction_changelist"))
    assert next(row.pk for row in response.context["cl"].result_list) == waiting.pk
    assert "类别：专项，上级部署：是" in response.content.decode()
    inbox = li_jing.get(reverse("admin:checkins_correction_changelist"), {"standing": "waiting"})
    assert [row.pk for row in inbox.context["cl"].result_list] == [waiting.pk]


def test_rejecting_leaves_the_visit_as_it_was(town: Town, over_cap: str) -> None:
    void(town.li_na, over_cap)
    assert press(signed_in(account_of("supervisor")), Correction.objects.get(), "reject").status_code == 302
    assert Visit.objects.get(number=over_cap).status == "open"
    assert "lowered" not in set(FlagState.objects.values_list("state", flat=True))


@pytest.mark.parametrize("role", ["agency_leader", "discipline"])
def test_others_read_and_do_not_rule(town: Town, over_cap: str, role: str) -> None:
    void(town.li_na, over_cap)
    client = signed_in(account_of(role))
    assert page(client, Correction.objects.get()).status_code == 200
    assert press(client, Correction.objects.get(), "confirm").status_code == 404
    assert client.get(reverse("admin:checkins_correction_add")).status_code == 404
    assert not Ruling.objects.exists()


def test_another_countys_supervisor_sees_none_of_it(town: Town, over_cap: str) -> None:
    void(town.li_na, over_cap)
    client = wang_fang()
    assert page(client, Correction.objects.get()).status_code == 404
    assert press(client, Correction.objects.get(), "confirm").status_code == 404


class TestHerOwnWord:
    def _add(self, client: Client, number: str) -> Any:
        words = {"visit": Visit.objects.get(number=number).pk, "reason": "误入他企"}
        return client.post(reverse("admin:checkins_correction_add"), words)

    def test_li_jing_voids_a_visit_weeks_later(self, town: Town, over_cap: str, time_machine: Any) -> None:
        time_machine.move_to("2026-09-01T09:00:00+08:00")
        li_jing = signed_in(account_of("supervisor"))
        assert self._add(li_jing, over_cap).status_code == 302
        fact = VisitFact.objects.filter(visit=over_cap).order_by("-version")[0]
        assert (fact.state, Correction.objects.get().by) == ("voided", "account:li.jing")
        again = self._add(li_jing, over_cap)
        assert again.status_code == 200
        assert "该入企已撤回、作废或并入另一入企" in again.content.decode()

    def test_not_one_of_an_agency_that_she_does_not_supervise(self, town: Town) -> None:
        """王芳 sees 襄都区's visit to an enterprise of her county; it is not hers to void."""
        number = town.zhang_wei.scan(CASHMERE).json()["visit"]["number"]
        answer = self._add(wang_fang(), number)
        assert answer.status_code == 200
        assert "没有找到该入企" in answer.content.decode()
        assert not Correction.objects.exists()
