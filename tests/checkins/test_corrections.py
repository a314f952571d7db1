"""What a fresh pair of eyes found: corrections, codes and phones that were believed too easily."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from audit.history import save_as
from audit.models import Entry, Filing, Flag, VisitFact
from checkins.models import Resolution, Scan, Visit
from enterprises.models import LicenceAlias, Premises
from tests.town import BEARINGS, FOUNDER, GLASS, Town, scan_body

OPAQUE = "https://www.szcredit.org.cn/web/x.aspx?ID=0123456789abcdef0123456789abcdef"


def _codes(answer: dict[str, Any]) -> list[str]:
    return [warning["code"] for warning in answer["for_officer"]["warnings"]]


def _ago(**ago: float) -> str:
    return (datetime.now(UTC) - timedelta(**ago)).isoformat()


def test_a_withdrawal_that_carries_a_year_over_its_cap_raises_the_flag(
    town: Town, time_machine_at_noon: datetime
) -> None:
    for days in (40, 20):
        town.zhang_wei.scan(scanned_at=_ago(days=days))
    exempting = town.zhang_wei.scan(visit={"reason": "complaint", "source_no": "12345-1"}).json()
    town.li_na.scan()
    assert not Flag.objects.exists()
    town.zhang_wei.post(f"/scans/{exempting['scan_id']}/withdrawal", {"reason": "误扫"})
    assert Flag.objects.get().opened_by_visit == exempting["visit"]["number"]


def test_the_flag_stands_in_the_scans_entry(town: Town, time_machine_at_noon: datetime) -> None:
    for days in (40, 20, 0):
        answer = town.zhang_wei.scan(scanned_at=_ago(days=days)).json()
    entry = Entry.objects.get(subject=answer["scan_id"])
    assert entry.body is not None
    assert "超过年度上限 2 次" in bytes(entry.body).decode()


def test_a_blank_source_number_exempts_nobody(town: Town) -> None:
    answer = town.zhang_wei.scan(visit={"reason": "complaint", "source_no": "  "}).json()
    assert _codes(answer) == ["exempt_without_source"]
    assert answer["for_officer"]["frequency"]["own"] == 1


class TestJointCode:
    def test_it_is_for_another_agency_at_that_time_with_that_purpose(self, town: Town) -> None:
        code = town.zhang_wei.scan(scanned_at=_ago(hours=30)).json()["visit"]["joint_code"]
        assert "joint_code_unknown" in _codes(town.wang_qiang.scan(visit={"joint_code": code}).json())
        fresh = town.zhang_wei.scan().json()["visit"]["joint_code"]
        service = {"purpose": "service", "joint_code": fresh}
        assert "joint_code_unknown" in _codes(town.wang_qiang.scan(visit=service).json())
        assert "joint_code_unknown" in _codes(town.li_na.scan(visit={"joint_code": fresh}).json())

    def test_a_colleague_who_brings_the_code_joins_the_row_too(self, town: Town) -> None:
        code = town.zhang_wei.scan().json()["visit"]["joint_code"]
        first = town.wang_qiang.scan().json()["visit"]["number"]
        joined = town.wang_qiang.scan(visit={"joint_code": code}).json()["visit"]
        assert joined["number"] == first
        assert Visit.objects.get(number=first).joint_id == joined["joint_id"]


def test_exempt_visits_are_inside_the_enterprises_total_and_outside_the_cap(town: Town) -> None:
    town.wang_qiang.scan(visit={"reason": "complaint", "source_no": "12345-1"})
    frequency = town.zhang_wei.scan().json()["for_officer"]["frequency"]
    assert (frequency["own"], frequency["all_agencies"]) == (1, 2)


def test_a_revoked_phone_hands_in_and_gets_no_electronic_id(town: Town) -> None:
    device = town.zhang_wei.officer.devices.get()
    device.revoked_at = datetime.now(UTC)
    with transaction.atomic():
        save_as(device, actor=FOUNDER, at=datetime.now(UTC))
    body = scan_body(scanned_at=_ago(hours=1))
    for status in (201, 200):
        response = town.zhang_wei.post("/scans", body)
        assert (response.status_code, response.json()["electronic_id"]) == (status, None)


class TestWhoMovedOn:
    def _move(self, town: Town) -> None:
        officer = town.zhang_wei.officer
        officer.agency = town.agencies["130534-SCJG"]
        with transaction.atomic():
            save_as(officer, actor=FOUNDER, at=datetime.now(UTC))

    def test_a_withdrawal_is_from_the_agency_of_the_scan(self, town: Town) -> None:
        answer = town.zhang_wei.scan().json()
        self._move(town)
        done = town.zhang_wei.post(f"/scans/{answer['scan_id']}/withdrawal", {"reason": "误扫"}).json()
        assert done["visit_status"] == "withdrawn"

    def test_a_resolution_too(self, town: Town) -> None:
        scan_id = town.zhang_wei.post("/scans", scan_body(code=OPAQUE)).json()["scan_id"]
        self._move(town)
        town.zhang_wei.post(f"/scans/{scan_id}/resolution", {"credit_code": BEARINGS})
        assert Visit.objects.get().agency.code == "130502-SCJG"


class TestContinues:
    def test_the_opener_may_leave_and_the_continued_visit_stands(self, town: Town) -> None:
        opening = town.zhang_wei.scan(scanned_at=_ago(days=3)).json()
        number = opening["visit"]["number"]
        town.li_na.scan(visit={"continues": number})
        town.zhang_wei.post(f"/scans/{opening['scan_id']}/withdrawal", {"reason": "误扫"})
        fact = VisitFact.objects.filter(visit=number).order_by("-version")[0]
        assert (fact.state, [one["name"] for one in fact.officers]) == ("open", ["李娜"])

    def test_a_withdrawn_visit_is_not_revived(self, town: Town) -> None:
        opening = town.zhang_wei.scan(scanned_at=_ago(days=3)).json()
        town.zhang_wei.post(f"/scans/{opening['scan_id']}/withdrawal", {"reason": "误扫"})
        answer = town.li_na.scan(visit={"continues": opening["visit"]["number"]}).json()
        assert answer["visit"]["number"] != opening["visit"]["number"]
        assert "continues_unknown" in _codes(answer)

    def test_another_agencys_visit_is_not_continued(self, town: Town) -> None:
        number = town.zhang_wei.scan(scanned_at=_ago(days=1)).json()["visit"]["number"]
        answer = town.wang_qiang.scan(visit={"continues": number}).json()
        assert "continues_unknown" in _codes(answer)
        assert [one["name"] for one in answer["visit"]["officers"]] == ["王强"]

    def test_a_visit_of_last_year_may_be_continued_and_joined_this_year(self, town: Town, time_machine: Any) -> None:
        time_machine.move_to("2026-11-20T10:00:00+08:00", tick=False)
        number = town.zhang_wei.scan().json()["visit"]["number"]
        time_machine.move_to("2027-02-03T10:00:00+08:00", tick=False)
        assert town.li_na.scan(visit={"continues": number}).json()["visit"]["number"] == number
        follower = town.zhang_wei.scan(scanned_at="2027-02-03T09:59:59+08:00").json()
        assert follower["visit"]["number"] != number
        time_machine.move_to("2027-02-03T11:00:00+08:00", tick=False)
        assert town.zhang_wei.scan().json()["visit"]["number"] == number


def test_a_merged_stalls_scan_can_still_be_withdrawn(town: Town) -> None:
    from audit.actor import Actor
    from checkins.services.merge import confirm_merge, propose_merge

    answer = town.zhang_wei.post("/scans", scan_body(code=None, subject={"name": "豆腐摊"})).json()
    now = datetime.now(UTC)
    merge = propose_merge(
        subject=answer["enterprise"]["credit_code"], credit_code=GLASS, reason="x", actor=Actor.account("a"), at=now
    )
    confirm_merge(merge=merge, annual_cap=2, actor=Actor.account("b"), at=now)
    assert town.li_na.scan(GLASS).json()["visit"]["number"] == answer["visit"]["number"]
    done = town.zhang_wei.post(f"/scans/{answer['scan_id']}/withdrawal", {"reason": "误扫"})
    assert done.status_code == 200, done.content.decode()
    assert [one["name"] for one in VisitFact.objects.order_by("-version")[0].officers] == ["李娜"]
    filing = Filing.objects.get(event="visit.merged")
    assert set(filing.payload) == set(Filing.objects.get(event="visit.filed").payload)


@pytest.mark.parametrize("address", ["新兴西大街\n88号", "新兴西大街\x1f88号", "新兴西大街 88号 "])
def test_an_odd_address_never_refuses_the_scan(town: Town, address: str) -> None:
    assert town.zhang_wei.scan(premises_address=address).status_code == 201
    assert town.zhang_wei.scan(premises_address=address).status_code == 201
    assert Premises.objects.get(address__startswith="新兴").address == "新兴西大街 88号"


def test_withdrawing_a_later_scan_of_a_learned_code_takes_back_no_earlier_lesson(town: Town) -> None:
    town.zhang_wei.post("/scans", scan_body(code=OPAQUE, credit_code=BEARINGS))
    later = town.zhang_wei.post("/scans", scan_body(code=OPAQUE)).json()
    town.zhang_wei.post(f"/scans/{later['scan_id']}/withdrawal", {"reason": "误扫"})
    assert LicenceAlias.objects.count() == 1
    assert town.wang_qiang.post("/scans", scan_body(code=OPAQUE)).json()["enterprise"]["credit_code"] == BEARINGS


def test_the_platform_is_told_when_an_officer_leaves(town: Town) -> None:
    town.zhang_wei.scan()
    second = town.li_na.scan().json()
    town.li_na.post(f"/scans/{second['scan_id']}/withdrawal", {"reason": "误扫"})
    assert list(Filing.objects.order_by("id").values_list("event", flat=True)) == [
        "visit.filed",
        "visit.joined",
        "visit.left",
    ]


def test_a_resolutions_replay_tells_the_filing_as_it_is_and_the_record_tells_it_apart(town: Town) -> None:
    scan_id = town.zhang_wei.post("/scans", scan_body(code=OPAQUE)).json()["scan_id"]
    path = f"/scans/{scan_id}/resolution"
    town.zhang_wei.post(path, {"credit_code": BEARINGS})
    Filing.objects.update(status="delivered")
    assert town.zhang_wei.post(path, {"credit_code": BEARINGS}).json()["filing"]["status"] == "delivered"
    assert sorted(Entry.objects.values_list("kind", flat=True)) == ["resolution", "scan", "visit-shown"]


def test_a_withdrawn_unresolved_scan_is_not_resolved_any_more(town: Town) -> None:
    scan_id = town.zhang_wei.post("/scans", scan_body(code=OPAQUE)).json()["scan_id"]
    town.zhang_wei.post(f"/scans/{scan_id}/withdrawal", {"reason": "误扫"})
    refused = town.zhang_wei.post(f"/scans/{scan_id}/resolution", {"credit_code": BEARINGS})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/scan-withdrawn")
    assert not Visit.objects.exists()


def test_null_for_the_visit_means_nothing_said(town: Town) -> None:
    body = scan_body(visit=None)
    assert town.zhang_wei.post("/scans", body).status_code == 201
    del body["visit"]
    assert town.zhang_wei.post("/scans", body).status_code == 200


def test_the_fix_is_kept_in_wgs84_beside_the_raw_one(town: Town) -> None:
    town.zhang_wei.scan(location={"longitude": 114.5062, "latitude": 37.0706, "accuracy_m": 15, "datum": "GCJ02"})
    check = Resolution.objects.get().facts["for_officer"]["location_check"]
    assert abs(float(check["longitude"]) - 114.5) < 0.001
    assert Scan.objects.get().longitude == 114.5062


def test_the_visits_listed_before_are_before(town: Town, time_machine_at_noon: datetime) -> None:
    town.wang_qiang.scan(scanned_at=_ago(days=1))
    late = town.zhang_wei.scan(scanned_at=_ago(days=9)).json()
    assert late["for_officer"]["frequency"]["last_visits"] == []


def test_a_later_version_is_never_known_from_earlier_on(town: Town, time_machine: Any) -> None:
    time_machine.move_to("2026-06-01T10:00:10+08:00", tick=False)
    town.zhang_wei.scan()
    time_machine.move_to("2026-06-01T10:00:05+08:00", tick=False)
    town.li_na.scan()
    versions = VisitFact.objects.order_by("version").values_list("version", "known_from")
    assert [version for version, _known in versions] == [1, 2]
    assert versions[0][1] <= versions[1][1]


def test_a_replay_says_where_the_scan_stands_by_now(town: Town) -> None:
    body = scan_body(code=OPAQUE)
    scan_id = town.zhang_wei.post("/scans", body).json()["scan_id"]
    assert town.zhang_wei.post("/scans", body).json()["standing"] == {"state": "unresolved", "visit": None}
    number = town.zhang_wei.post(f"/scans/{scan_id}/resolution", {"credit_code": BEARINGS}).json()["visit"]["number"]
    assert town.zhang_wei.post("/scans", body).json()["standing"] == {"state": "open", "visit": number}
    town.zhang_wei.post(f"/scans/{scan_id}/withdrawal", {"reason": "误扫"})
    assert town.zhang_wei.post("/scans", body).json()["standing"] == {"state": "withdrawn", "visit": None}
