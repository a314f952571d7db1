"""One scan, as the phone posts it and as it is answered."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from time_machine import TimeMachineFixture

from audit.facts import SHANGHAI
from audit.history import save_as
from audit.models import Entry, Filing, Flag, FlagState, PendingEntry, VisitFact
from checkins.models import Answer, Resolution, Scan, Visit
from enterprises.models import Enterprise
from tests.town import BEARINGS, CASHMERE, FOUNDER, LICENCE, LONG_AGO, NOBODY_KNOWS, Town, scan_body


def test_zhang_wei_scans_a_licence_and_gets_everything_in_one_answer(town: Town) -> None:
    response = town.zhang_wei.scan()
    assert response.status_code == 201, response.content.decode()
    answer = response.json()
    assert answer["licence"]["scheme"] == "uniscid"
    assert answer["enterprise"]["name"] == "邢台轴承有限公司"
    assert answer["visit"]["officers"] == [{"name": "张伟", "certificate_no": "13050200101", "provisional": False}]
    assert answer["electronic_id"]["certificate_no"] == "13050200101"
    assert answer["electronic_id"]["agency"] == "襄都区市场监督管理局"
    assert answer["filing"]["status"] == "pending"
    assert answer["for_officer"]["frequency"]["own"] == 1
    assert answer["for_officer"]["frequency"]["cap"] == 2
    assert answer["for_officer"]["location_check"]["verdict"] == "inside"
    assert answer["for_officer"]["warnings"] == []


def test_the_deed_and_its_record_are_rows_that_belong_together(town: Town) -> None:
    answer = town.zhang_wei.scan().json()
    number = answer["visit"]["number"]
    visit = Visit.objects.get(number=number)
    assert visit.history.get().history_user == "officer:13050200101"
    fact = VisitFact.objects.get(visit=number)
    assert (fact.version, fact.state, fact.enterprise_name) == (1, "open", "邢台轴承有限公司")
    assert Filing.objects.get(number=answer["filing"]["number"]).payload["visit"] == number
    entry = Entry.objects.get(subject=answer["scan_id"])
    assert len(bytes(entry.leaf)) == 32
    assert PendingEntry.objects.filter(entry=entry).exists()
    assert Resolution.objects.get(scan_id=answer["scan_id"]).visit == visit


def test_li_na_joins_the_visit_that_zhang_wei_opened(town: Town) -> None:
    first = town.zhang_wei.scan().json()
    second = town.li_na.scan().json()
    assert second["visit"]["number"] == first["visit"]["number"]
    assert second["visit"]["joined"] is True
    assert [officer["name"] for officer in second["visit"]["officers"]] == ["张伟", "李娜"]
    assert second["for_officer"]["frequency"]["own"] == 1
    assert Visit.objects.count() == 1
    assert Filing.objects.filter(event="visit.joined").count() == 1


def test_another_agency_opens_its_own_visit_and_sees_both_in_the_total(town: Town) -> None:
    town.zhang_wei.scan()
    answer = town.wang_qiang.scan().json()
    frequency = answer["for_officer"]["frequency"]
    assert (frequency["own"], frequency["all_agencies"]) == (1, 2)
    assert [visit["agency"] for visit in frequency["last_visits"]] == ["襄都区市场监督管理局"]


def test_a_joint_code_makes_two_agencies_one_visit_for_the_enterprise(town: Town) -> None:
    code = town.zhang_wei.scan().json()["visit"]["joint_code"]
    answer = town.wang_qiang.scan(visit={"joint_code": code}).json()
    assert answer["visit"]["joint_id"]
    assert (answer["for_officer"]["frequency"]["own"], answer["for_officer"]["frequency"]["all_agencies"]) == (1, 1)


def test_an_unknown_joint_code_is_a_warning(town: Town) -> None:
    answer = town.wang_qiang.scan(visit={"joint_code": "NOSUCH00"}).json()
    assert [warning["code"] for warning in answer["for_officer"]["warnings"]] == ["joint_code_unknown"]


def _days_ago(days: float) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).isoformat()


def _codes(answer: dict[str, Any]) -> list[str]:
    return [warning["code"] for warning in answer["for_officer"]["warnings"]]


@pytest.fixture
def midyear(time_machine_at_noon: datetime) -> datetime:
    return time_machine_at_noon


def test_the_third_visit_of_the_year_is_over_the_cap_and_raises_one_flag_that_explains_itself(
    town: Town, midyear: datetime
) -> None:
    town.zhang_wei.scan(scanned_at=_days_ago(40))
    assert "cap_reached" in _codes(town.li_na.scan(scanned_at=_days_ago(20)).json())
    assert not Flag.objects.exists()
    third = town.zhang_wei.scan().json()
    assert "over_cap" in _codes(third)
    flag = Flag.objects.get()
    assert (flag.agency_name, flag.opened_by_visit) == ("襄都区市场监督管理局", third["visit"]["number"])
    state = FlagState.objects.get()
    assert len(state.evidence["counted"]) == 3
    assert "超过年度上限 2 次" in state.evidence["sentence"]
    town.zhang_wei.scan(scanned_at=_days_ago(60))
    assert [state.state for state in FlagState.objects.order_by("id")] == ["raised", "grown"]
    assert Flag.objects.count() == 1


def test_a_scan_after_midnight_on_new_years_day_joins_the_visit_that_began_last_year(
    town: Town, time_machine: TimeMachineFixture
) -> None:
    time_machine.move_to(datetime(2026, 12, 31, 23, 0, tzinfo=SHANGHAI), tick=False)
    eve = town.zhang_wei.scan().json()
    time_machine.move_to(datetime(2027, 1, 1, 1, 0, tzinfo=SHANGHAI), tick=False)
    morning = town.li_na.scan().json()
    assert morning["visit"]["number"] == eve["visit"]["number"]
    assert (morning["for_officer"]["frequency"]["year"], morning["for_officer"]["frequency"]["own"]) == (2026, 1)
    noon = town.zhang_wei.scan(scanned_at="2027-01-01T00:59:00+08:00", visit={"purpose": "service"}).json()
    assert noon["for_officer"]["frequency"]["year"] == 2027


def test_exempt_service_and_superior_ordered_visits_do_not_count(town: Town, midyear: datetime) -> None:
    for days, visit in (
        (50, {"purpose": "service"}),
        (40, {"reason": "complaint", "source_no": "12345-2026-0077"}),
        (30, {"category": "special", "superior_ordered": True}),
    ):
        town.zhang_wei.scan(scanned_at=_days_ago(days), visit=visit)
    frequency = town.zhang_wei.scan().json()["for_officer"]["frequency"]
    assert (frequency["own"], frequency["service_visits"]) == (1, 1)


def test_an_exempt_reason_without_its_source_number_counts_and_warns(town: Town) -> None:
    answer = town.zhang_wei.scan(visit={"reason": "complaint"}).json()
    assert _codes(answer) == ["exempt_without_source"]
    assert answer["for_officer"]["frequency"]["own"] == 1


def test_sun_lei_whose_certificate_ran_out_is_recorded_and_warned_never_refused(town: Town) -> None:
    response = town.sun_lei.scan()
    assert response.status_code == 201
    warning = response.json()["for_officer"]["warnings"][0]
    assert (warning["code"], warning["would_refuse"]) == ("certificate_expired", True)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ({"location": None}, ["location_missing"]),
        ({"location": {"longitude": 114.6, "latitude": 37.07, "accuracy_m": 15}}, ["far_from_premises"]),
        ({"location": {"longitude": 114.5, "latitude": 37.07, "accuracy_m": 15, "mock": True}}, ["mock_location"]),
        ({"visit": {"reason": "i-felt-like-it"}}, ["reason_unknown"]),
        ({"visit": {"continues": "RQ19990101-XXXXXXXXXX"}}, ["continues_unknown"]),
        ({"credit_code": CASHMERE}, ["code_conflict", "outside_region"]),
        ({"credit_code": "91330104341916223P"}, ["credit_code_invalid"]),
    ],
)
def test_odd_scans_are_stored_and_warned_about(town: Town, words: dict[str, Any], expected: list[str]) -> None:
    response = town.zhang_wei.scan(**words)
    assert response.status_code == 201
    assert _codes(response.json()) == expected
    assert Scan.objects.count() == 1


def test_an_amap_fix_in_gcj02_is_inside_although_its_numbers_lie_500_metres_off(town: Town) -> None:
    gcj = {"longitude": 114.5062, "latitude": 37.0706, "accuracy_m": 15, "datum": "GCJ02"}
    check = town.zhang_wei.scan(location=gcj).json()["for_officer"]["location_check"]
    assert check["verdict"] == "inside"
    assert check["distance_m"] < 60
    raw = Scan.objects.get()
    assert (raw.longitude, raw.datum) == (114.5062, "GCJ02")


def test_an_enterprise_that_the_registry_does_not_know_is_visited_all_the_same(town: Town) -> None:
    answer = town.zhang_wei.scan(NOBODY_KNOWS).json()
    assert answer["enterprise"] == {
        "credit_code": NOBODY_KNOWS,
        "name": "",
        "status": "unknown",
        "region_code": "",
        "industry": "",
        "risk_grade": "",
        "kind": "unknown",
    }
    assert "enterprise_unknown" in _codes(answer)
    assert Visit.objects.get().enterprise is None


def test_a_phone_clock_in_1970_and_one_in_the_future_are_facts_with_a_warning(town: Town) -> None:
    reset = town.zhang_wei.scan(scanned_at="1970-01-01T00:00:10Z").json()
    late = ["late_upload", "late_without_reason", "late_beyond_limit"]
    assert _codes(reset) == ["certificate_not_yet_valid", *late]
    answer = town.zhang_wei.scan(scanned_at=(datetime.now(UTC) + timedelta(days=3)).isoformat()).json()
    assert _codes(answer) == ["clock_ahead"]
    assert datetime.fromisoformat(answer["visit"]["started_at"]) <= datetime.now(UTC)


def test_fields_that_v1_does_not_know_are_kept_and_not_compared(town: Town) -> None:
    body = scan_body(battery=17, visit={"purpose": "inspection", "weather": "雾"})
    town.zhang_wei.post("/scans", body)
    assert Scan.objects.get().extra == {"scan": {"battery": 17}, "visit": {"weather": "雾"}}
    assert town.zhang_wei.post("/scans", {**body, "battery": 16}).status_code == 200


class TestReplay:
    def test_the_same_scan_again_is_answered_with_the_same_facts(self, town: Town) -> None:
        body = scan_body()
        first = town.zhang_wei.post("/scans", body)
        again = town.zhang_wei.post("/scans", body)
        assert (first.status_code, again.status_code) == (201, 200)
        assert again.headers["Idempotency-Replayed"] == "true"
        fresh = {"electronic_id", "server_time", "filing", "standing"}
        assert {k: v for k, v in again.json().items() if k not in fresh} == {
            k: v for k, v in first.json().items() if k not in fresh
        }
        assert Answer.objects.get().replays == 1
        assert (
            Scan.objects.count()
            == Visit.objects.count()
            == Filing.objects.filter(event__startswith="visit.").count()
            == 1
        )
        assert sorted(Entry.objects.values_list("kind", flat=True)) == ["scan", "visit-shown"]
        assert first.json()["filing"]["promise"] == again.json()["filing"]["promise"]

    def test_the_same_moment_written_in_another_offset_is_the_same_content(self, town: Town) -> None:
        body = scan_body(scanned_at="2026-05-06T09:30:00+08:00")
        town.zhang_wei.post("/scans", body)
        assert town.zhang_wei.post("/scans", {**body, "scanned_at": "2026-05-06T01:30:00.000Z"}).status_code == 200

    def test_the_filing_status_is_fresh(self, town: Town) -> None:
        body = scan_body()
        town.zhang_wei.post("/scans", body)
        Filing.objects.update(status="delivered")
        assert town.zhang_wei.post("/scans", body).json()["filing"]["status"] == "delivered"

    def test_other_content_under_a_known_id_is_refused_and_names_the_visit(self, town: Town) -> None:
        body = scan_body()
        first = town.zhang_wei.post("/scans", body).json()
        altered = town.zhang_wei.post("/scans", {**body, "credit_code": CASHMERE})
        assert altered.status_code == 422
        assert altered.headers["Content-Type"] == "application/problem+json"
        assert altered.json()["type"] == "/problems/scan-altered"
        assert altered.json()["visit"] == first["visit"]["number"]
        assert Scan.objects.count() == 1

    def test_another_officers_id_is_refused_without_a_word_about_it(self, town: Town) -> None:
        body = scan_body()
        town.zhang_wei.post("/scans", body)
        foreign = town.li_na.post("/scans", body)
        assert foreign.status_code == 422
        assert foreign.json()["type"] == "/problems/scan-id-taken"
        assert "visit" not in foreign.json()
        assert Scan.objects.count() == 1


class TestUnresolved:
    OPAQUE = "https://www.sgs.gov.cn/lz/licenseLink.do?method=licenceView&entyId=20110428abc"

    def test_an_opaque_code_is_kept_and_resolved_by_its_officer(self, town: Town) -> None:
        answer = town.zhang_wei.post("/scans", scan_body(code=self.OPAQUE)).json()
        assert answer["visit"] is answer["enterprise"] is None
        assert (answer["filing"]["number"], answer["filing"]["status"]) == (None, "none")
        assert "unresolved" in _codes(answer)
        assert not Visit.objects.exists()

        resolved = town.zhang_wei.post(f"/scans/{answer['scan_id']}/resolution", {"credit_code": BEARINGS})
        assert resolved.status_code == 201, resolved.content.decode()
        assert resolved.json()["enterprise"]["name"] == "邢台轴承有限公司"
        again = town.zhang_wei.post(f"/scans/{answer['scan_id']}/resolution", {"credit_code": BEARINGS})
        assert again.status_code == 200
        assert again.json()["visit"] == resolved.json()["visit"]
        other = town.zhang_wei.post(f"/scans/{answer['scan_id']}/resolution", {"credit_code": CASHMERE})
        assert (other.status_code, other.json()["credit_code"]) == (409, BEARINGS)
        assert Visit.objects.count() == VisitFact.objects.count() == 1

    def test_nobody_else_may_resolve_it_and_a_wrong_code_is_told(self, town: Town) -> None:
        scan_id = town.zhang_wei.post("/scans", scan_body(code=self.OPAQUE)).json()["scan_id"]
        path = f"/scans/{scan_id}/resolution"
        assert town.li_na.post(path, {"credit_code": BEARINGS}).status_code == 404
        assert town.zhang_wei.post(path, {"credit_code": "91330104341916223P"}).status_code == 422
        assert town.zhang_wei.post(f"/scans/{uuid.uuid4()}/resolution", {"credit_code": BEARINGS}).status_code == 404

    def test_an_old_licence_with_only_a_registration_number_finds_its_enterprise(self, town: Town) -> None:
        row = Enterprise.objects.get(credit_code=BEARINGS)
        row.registration_no = "440106000067508"
        with transaction.atomic():
            save_as(row, actor=FOUNDER, at=LONG_AGO)
        answer = town.zhang_wei.post("/scans", scan_body(code="http://example.gov.cn/?zch=440106000067508")).json()
        assert answer["enterprise"]["credit_code"] == BEARINGS


class TestWithdrawal:
    def test_a_mistaken_scan_is_withdrawn_and_leaves_the_count_but_not_the_table(self, town: Town) -> None:
        answer = town.zhang_wei.scan().json()
        path = f"/scans/{answer['scan_id']}/withdrawal"
        done = town.zhang_wei.post(path, {"reason": "扫错了店"})
        assert done.status_code == 200, done.content.decode()
        assert (done.json()["visit"], done.json()["visit_status"]) == (answer["visit"]["number"], "withdrawn")
        assert [fact.state for fact in VisitFact.objects.order_by("version")] == ["open", "withdrawn"]
        assert Scan.objects.count() == 1
        again = town.zhang_wei.post(path, {"reason": "another reason"})
        assert again.json()["reason"] == "扫错了店"
        frequency = town.wang_qiang.scan().json()["for_officer"]["frequency"]
        assert frequency["all_agencies"] == 1

    def test_both_counts_show_until_a_supervisor_confirms(self, town: Town) -> None:
        first = town.zhang_wei.scan(scanned_at=_days_ago(1)).json()
        town.zhang_wei.post(f"/scans/{first['scan_id']}/withdrawal", {"reason": "扫错了店"})
        frequency = town.zhang_wei.scan().json()["for_officer"]["frequency"]
        assert (frequency["own"], frequency["own_with_unconfirmed"]) == (1, 2)

    def test_when_li_na_was_there_too_the_visit_stays_hers_under_its_number(self, town: Town) -> None:
        first = town.zhang_wei.scan().json()
        town.li_na.scan()
        done = town.zhang_wei.post(f"/scans/{first['scan_id']}/withdrawal", {"reason": "误扫"}).json()
        assert (done["visit"], done["visit_status"]) == (first["visit"]["number"], "open")
        fact = VisitFact.objects.order_by("-version").first()
        assert fact is not None
        assert [officer["name"] for officer in fact.officers] == ["李娜"]

    def test_after_ten_minutes_it_is_too_late_and_for_others_it_never_was(
        self, town: Town, time_machine: TimeMachineFixture
    ) -> None:
        time_machine.move_to("2026-06-01T10:00:00+08:00", tick=False)
        scan_id = town.zhang_wei.scan().json()["scan_id"]
        assert town.li_na.post(f"/scans/{scan_id}/withdrawal", {"reason": "x"}).status_code == 404
        time_machine.shift(601)
        late = town.zhang_wei.post(f"/scans/{scan_id}/withdrawal", {"reason": "x"})
        assert (late.status_code, late.json()["type"]) == (409, "/problems/withdrawal-too-late")


class TestRevokedToken:
    def _revoke(self, town: Town, at: datetime) -> None:
        device = town.zhang_wei.officer.devices.get()
        device.revoked_at = at
        with transaction.atomic():
            save_as(device, actor=FOUNDER, at=at)

    def test_it_may_hand_in_what_was_scanned_before_for_ten_days(self, town: Town) -> None:
        self._revoke(town, datetime.now(UTC) - timedelta(days=2))
        assert town.zhang_wei.scan(scanned_at=_days_ago(3)).status_code == 201
        refused = town.zhang_wei.scan(scanned_at=_days_ago(1))
        assert (refused.status_code, refused.json()["type"]) == (401, "/problems/token-revoked")
        assert refused.headers["WWW-Authenticate"].startswith("Bearer")
        assert Scan.objects.count() == 1

    def test_after_ten_days_it_is_nobody(self, town: Town) -> None:
        self._revoke(town, datetime.now(UTC) - timedelta(days=11))
        assert town.zhang_wei.scan(scanned_at=_days_ago(12)).status_code == 401


def test_the_body_must_name_an_enterprise_somehow(town: Town) -> None:
    assert town.zhang_wei.post("/scans", scan_body(code=None)).status_code == 422
    assert town.zhang_wei.post("/scans", scan_body(code=LICENCE.format("no-code"))).status_code == 201
