"""An opaque code on the wall: chosen by hand once, instant for everybody afterwards."""

from typing import Any

import pytest

from audit.actor import Actor
from audit.models import Entry
from enterprises.models import LicenceAlias
from enterprises.services.alias import EnterpriseNotRegistered, rule
from tests.town import BEARINGS, CASHMERE, LONG_AGO, NOBODY_KNOWS, Town, scan_body

OPAQUE = "https://www.szcredit.org.cn/web/x.aspx?ID=0123456789abcdef0123456789abcdef"
OPAQUE_ID = OPAQUE.partition("ID=")[2]
SESSION = "http://www.gsxt.gov.cn/%7Babc-1500000000000%7D"


def _codes(answer: dict[str, Any]) -> list[str]:
    return [warning["code"] for warning in answer["for_officer"]["warnings"]]


def test_zhang_wei_chooses_once_and_wang_qiangs_scan_of_the_same_code_is_instant(town: Town) -> None:
    taught = town.zhang_wei.post("/scans", scan_body(code=OPAQUE, credit_code=BEARINGS)).json()
    assert taught["enterprise"]["name"] == "邢台轴承有限公司"
    instant = town.wang_qiang.post("/scans", scan_body(code=OPAQUE)).json()
    assert instant["enterprise"]["credit_code"] == BEARINGS
    assert instant["licence"]["scheme"] == "shenzhen"
    lesson = LicenceAlias.objects.get()
    assert (lesson.taught_by, lesson.scan) == ("officer:13050200101", taught["scan_id"])


def test_resolving_an_unresolved_scan_teaches_too(town: Town) -> None:
    scan_id = town.zhang_wei.post("/scans", scan_body(code=OPAQUE)).json()["scan_id"]
    town.zhang_wei.post(f"/scans/{scan_id}/resolution", {"credit_code": BEARINGS})
    assert town.wang_qiang.post("/scans", scan_body(code=OPAQUE)).json()["enterprise"]["credit_code"] == BEARINGS


def test_two_officers_who_disagree_put_it_into_dispute_until_a_supervisor_rules(town: Town) -> None:
    town.zhang_wei.post("/scans", scan_body(code=OPAQUE, credit_code=BEARINGS))
    other = town.wang_qiang.post("/scans", scan_body(code=OPAQUE, credit_code=CASHMERE)).json()
    assert "code_conflict" in _codes(other)
    answer = town.li_na.post("/scans", scan_body(code=OPAQUE)).json()
    assert answer["enterprise"] is None
    assert {"alias_disputed", "unresolved"} <= set(_codes(answer))
    assert set(answer["licence"]["candidates"]) == {BEARINGS, CASHMERE}
    assert answer["licence"]["needs_confirmation"] is True

    rule(
        scheme="shenzhen",
        opaque_id=OPAQUE_ID,
        credit_code=CASHMERE,
        reason="现场核对",
        actor=Actor.account("lijing"),
        at=LONG_AGO,
    )
    settled = town.li_na.post("/scans", scan_body(code=OPAQUE)).json()
    assert settled["enterprise"]["credit_code"] == CASHMERE
    assert Entry.objects.filter(kind="alias-ruled").count() == 1


def test_a_withdrawn_choice_teaches_nothing(town: Town) -> None:
    scan_id = town.zhang_wei.post("/scans", scan_body(code=OPAQUE, credit_code=CASHMERE)).json()["scan_id"]
    town.zhang_wei.post(f"/scans/{scan_id}/withdrawal", {"reason": "选错了"})
    assert town.wang_qiang.post("/scans", scan_body(code=OPAQUE)).json()["enterprise"] is None
    assert LicenceAlias.objects.count() == 2


@pytest.mark.parametrize(
    ("code", "chosen"), [(SESSION, BEARINGS), (OPAQUE, NOBODY_KNOWS), (f"{OPAQUE}&uniscid={CASHMERE}", BEARINGS)]
)
def test_session_ids_unregistered_enterprises_and_clear_codes_teach_nothing(town: Town, code: str, chosen: str) -> None:
    assert town.zhang_wei.post("/scans", scan_body(code=code, credit_code=chosen)).status_code == 201
    assert not LicenceAlias.objects.exists()


def test_a_ruling_must_name_a_registered_enterprise(town: Town) -> None:
    with pytest.raises(EnterpriseNotRegistered):
        rule(scheme="url", opaque_id="x", credit_code=NOBODY_KNOWS, reason="x", actor=Actor.account("a"), at=LONG_AGO)


def test_a_code_whose_inner_digit_is_odd_warns_only(town: Town) -> None:
    answer = town.zhang_wei.scan("91110115WNRW1W8CG7").json()
    assert answer["visit"] is not None
    assert "inner_digit" in _codes(answer)


def test_a_slip_of_the_finger_is_proposed_never_taken(town: Town) -> None:
    answer = town.zhang_wei.post("/scans", scan_body(code="911101O8551385082Q")).json()
    assert (answer["enterprise"], answer["licence"]["candidates"]) == (None, [BEARINGS])
