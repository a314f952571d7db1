"""A stall that turns out to be a registered shop: two persons say so, and its visits move."""

from functools import partial
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from audit.actor import Actor
from audit.intake import Row
from audit.models import Entry, Filing, Flag, VisitFact
from checkins.models import Merge, MergeConfirmation, Visit
from checkins.services.merge import MergedAlready, NotMergeable, SamePerson, confirm_merge, propose_merge
from enterprises.models import Enterprise, NameKey, Spot
from enterprises.services.import_enterprises import import_enterprises
from enterprises.subject import is_subject_number
from tests.parallel import at_once
from tests.town import BEARINGS, GLASS, Phone, Town, build, scan_body

LI_JING, CHEN_FANG = Actor.account("lijing"), Actor.account("chenfang")
STALL = {"name": "东门早市豆腐摊"}


def _stall(town: Town) -> str:
    answer = town.zhang_wei.post("/scans", scan_body(code=None, subject=STALL)).json()
    return str(answer["enterprise"]["credit_code"])


def _propose(subject: str, credit_code: str = GLASS) -> Merge:
    return propose_merge(
        subject=subject, credit_code=credit_code, reason="已领营业执照", actor=LI_JING, at=timezone.now()
    )


def _confirm(merge: Merge, actor: Actor = CHEN_FANG) -> int:
    return confirm_merge(merge=merge, annual_cap=2, actor=actor, at=timezone.now())


def test_a_confirmed_merge_moves_the_visits_and_their_counts(town: Town) -> None:
    number = _stall(town)
    visit = Visit.objects.get()
    assert _confirm(_propose(number)) == 1
    visit.refresh_from_db()
    assert (visit.credit_code, visit.history.latest().history_user) == (GLASS, "account:chenfang")
    latest = VisitFact.objects.order_by("-version")[0]
    assert (latest.version, latest.credit_code, latest.enterprise_name) == (2, GLASS, "襄都区明亮玻璃店")
    assert Filing.objects.filter(event="visit.merged", credit_code=GLASS).count() == 1
    assert Entry.objects.filter(kind__startswith="merge-").count() == 2
    assert Enterprise.objects.get(credit_code=number).status == "cancelled"
    frequency = town.wang_qiang.scan(GLASS).json()["for_officer"]["frequency"]
    assert (frequency["own"], frequency["all_agencies"]) == (1, 2)


def test_nothing_moves_before_the_second_person_and_the_first_is_not_the_second(town: Town) -> None:
    merge = _propose(_stall(town))
    assert VisitFact.objects.get().credit_code == merge.subject
    with pytest.raises(SamePerson):
        _confirm(merge, LI_JING)
    assert not MergeConfirmation.objects.exists()


def test_the_old_number_leads_to_the_enterprise_from_then_on(town: Town) -> None:
    number = _stall(town)
    _confirm(_propose(number))
    answer = town.wang_qiang.post("/scans", scan_body(code=None, credit_code=number)).json()
    assert answer["enterprise"]["credit_code"] == GLASS


def _found(phone: Phone, q: str, **words: Any) -> list[tuple[str, str | None]]:
    """The credit codes that a search offers, each with the former name that fitted."""
    response = phone.client.get(
        "/api/v1/enterprises", {"q": q, **words}, headers={"authorization": f"Bearer {phone.token}"}
    )
    assert response.status_code == 200, response.content.decode()
    return [(one["credit_code"], one["former_name"]) for one in response.json()["results"]]


@pytest.mark.parametrize("typed", ["豆腐摊", "东门早市豆腐摊", "dfu", "doufutan", "东门早市豆府摊"])
def test_who_types_the_stalls_name_finds_the_enterprise_it_became_and_not_the_stall(town: Town, typed: str) -> None:
    number = _stall(town)
    merge = _propose(number)
    door = {"near": "114.5001,37.0701"}
    assert [_found(town.li_na, typed), _found(town.li_na, typed, **door)] == [[(number, None)]] * 2, "one word is none"
    _confirm(merge)
    assert [_found(town.li_na, typed), _found(town.li_na, typed, **door)] == [[(GLASS, STALL["name"])]] * 2
    for anew in (False, True):
        call_command("reindex_enterprises", from_scratch=anew, verbosity=0)
        assert [_found(town.li_na, typed), _found(town.li_na, typed, **door)] == [[(GLASS, STALL["name"])]] * 2


def test_a_merged_stall_leaves_nothing_in_the_index_and_its_row_says_where_it_went(town: Town) -> None:
    number = _stall(town)
    stall = Enterprise.objects.get(credit_code=number)
    assert NameKey.objects.filter(enterprise=stall).exists()
    assert Spot.objects.filter(enterprise=stall).exists()
    assert [code for code, _former in _found(town.li_na, number)] == [number]
    _confirm(_propose(number))
    assert _found(town.li_na, number) == []
    stall.refresh_from_db()
    assert (stall.merged_into, stall.status, stall.history.latest().history_user) == (
        GLASS, "cancelled", "account:chenfang",
    )  # fmt: skip
    call_command("reindex_enterprises", verbosity=0)
    assert not NameKey.objects.filter(enterprise=stall).exists()
    assert not Spot.objects.filter(enterprise=stall).exists()
    glass = Enterprise.objects.get(credit_code=GLASS)
    assert (glass.name, glass.former_names, glass.merged_into) == ("襄都区明亮玻璃店", [STALL["name"]], None)
    assert glass.history.latest().history_user == "account:chenfang"
    assert Entry.objects.filter(kind="enterprise_changed", subject=f"enterprise:{GLASS}").count() == 1


def test_a_later_file_of_the_register_neither_loses_the_stalls_name_nor_brings_the_stall_back(town: Town) -> None:
    number = _stall(town)
    _confirm(_propose(number))
    rows: list[dict[str, Any]] = [
        {"credit_code": GLASS, "name": "襄都区光辉灯具店", "former_names": ["襄都区玻璃一店"], "action": "change"},
        {"credit_code": GLASS, "name": STALL["name"]},
        {"credit_code": GLASS, "name": "襄都区光辉灯具店"},
    ]
    for row in rows:
        assert import_enterprises(rows=[Row(1, row)], actor=CHEN_FANG, at=timezone.now()).refused == []
        assert [code for code, _former in _found(town.li_na, "豆腐摊")] == [GLASS]
    glass = Enterprise.objects.get(credit_code=GLASS)
    assert sorted(glass.former_names) == sorted([STALL["name"], "襄都区玻璃一店", "襄都区明亮玻璃店"])


def test_a_stall_called_like_the_enterprise_adds_no_name(town: Town) -> None:
    answer = town.zhang_wei.post("/scans", scan_body(code=None, subject={"name": "襄都区明亮玻璃店"})).json()
    number = str(answer["enterprise"]["credit_code"])
    assert is_subject_number(number)
    glass = Enterprise.objects.get(credit_code=GLASS)
    _confirm(_propose(number))
    assert glass.history.count() == 1
    assert Enterprise.objects.get(credit_code=GLASS).former_names == []
    assert not NameKey.objects.filter(enterprise__credit_code=number).exists()


def test_a_merge_that_comes_to_nothing_leaves_the_stall_where_it_is_found(town: Town) -> None:
    number = _stall(town)
    merge = _propose(number)
    keys = set(NameKey.objects.values_list("key", "enterprise_id"))
    point = transaction.savepoint()
    _confirm(merge)
    assert _found(town.li_na, "豆腐摊") == [(GLASS, STALL["name"])]
    transaction.savepoint_rollback(point)
    assert _found(town.li_na, "豆腐摊") == [(number, None)]
    assert set(NameKey.objects.values_list("key", "enterprise_id")) == keys


def test_what_is_no_subject_or_no_enterprise_or_merged_already_is_refused(town: Town) -> None:
    number = _stall(town)
    for subject, target in ((BEARINGS, GLASS), (number, number), (number, "91440101MA5D5T047J"), ("", GLASS)):
        with pytest.raises(NotMergeable):
            _propose(subject, target)
    merge = _propose(number)
    _confirm(merge)
    with pytest.raises((MergedAlready, NotMergeable)):
        _confirm(merge)
    with pytest.raises(NotMergeable):
        _propose(number)


def test_a_merge_that_carries_a_year_over_its_cap_warns_the_supervisor(
    town: Town, time_machine_at_noon: object
) -> None:
    number = _stall(town)
    for days in ("2026-05-01", "2026-06-01"):
        town.zhang_wei.scan(GLASS, scanned_at=f"{days}T10:00:00+08:00")
    assert not Flag.objects.exists()
    _confirm(_propose(number))
    flag = Flag.objects.get()
    assert (flag.credit_code, flag.agency_code) == (GLASS, "130502-SCJG")


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_supervisors_who_confirm_at_once_move_the_visits_once() -> None:
    town = build()
    merge = _propose(_stall(town))

    def confirm(actor: Actor) -> str:
        try:
            return str(_confirm(merge, actor))
        except (MergedAlready, NotMergeable) as refusal:
            return refusal.code

    outcomes = at_once([partial(confirm, Actor.account(f"supervisor{n}")) for n in range(8)], threads=8)
    assert outcomes.count("1") == 1
    assert VisitFact.objects.count() == 2
