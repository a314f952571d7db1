"""The invented city in a real database: whole, the same every time, through the same deeds as a real one."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client
from pytest_django import DjangoDbBlocker

from audit.cases import with_lamp
from audit.complaints import as_they_stand
from audit.facts import ExemptReason
from audit.models import (
    Account,
    Case,
    CaseStep,
    Complaint,
    Document,
    Entry,
    Filing,
    Flag,
    FlagState,
    FrequencyRule,
    MonthlyReport,
    VisitFact,
)
from audit.rule_file import DEFAULT, read_toml
from checkins.models import Plan, Scan, Visit
from enterprises.models import Enterprise, Premises
from officers.models import Agency, Device, Officer, Photo
from officers.queries import caller
from officers.services.offline_id import offline_id
from officers.services.rotate_keys import ensure_key
from project.demo import ground, handout
from project.demo.doors import with_doors
from project.demo.handout import Handout
from project.demo.load import ACTOR, loaded
from project.demo.samples import choose, counted, enterprises_told, retold
from project.demo.world import World, world
from tests.house.demo_city import CAP, carry

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("demo city")]
TODAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def city() -> World:
    return world(today=TODAY, enterprises=60)


@pytest.fixture(scope="module")
def database(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """A transaction that all tests of this file read, and rolled back."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def failed(database: None, city: World) -> tuple[list[Any], bool]:
    """A load that fails almost at its end: what was there by then, and whether anything is there now."""
    seen: list[Any] = []

    def stumble(sentence: str, _share: float) -> None:
        if sentence == "印发月度通报":
            seen.extend(snapshot())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        carry(city, today=TODAY, at=NOW, tell=stumble)
    return seen, any(model._base_manager.exists() for model in (Agency, Entry, Scan, VisitFact))


@pytest.fixture(scope="module")
def handed(failed: object, city: World) -> Handout:
    """The city, carried after the load that failed."""
    return carry(city, today=TODAY, at=NOW)


def snapshot() -> list[Any]:
    """Everything that is told of the city, without keys, tokens and passwords."""
    facts = VisitFact.objects.order_by("visit", "version").values_list("visit", "version", "joint_id", "known_from")
    scans = Scan.objects.order_by("scan_id").values_list("scan_id", "received_at", "longitude", "latitude")
    flags = FlagState.objects.order_by("at", "id").values_list("at", "state", "evidence")
    photos = Officer.objects.order_by("certificate_no").values_list("certificate_no", "photo_sha256")
    places = Premises.objects.order_by("enterprise__credit_code", "address")
    return [list(rows) for rows in (facts, scans, flags, photos, places.values_list("address", "longitude"))]


def test_a_load_that_fails_leaves_nothing_and_the_same_day_gives_the_same_database(
    failed: tuple[list[Any], bool], handed: Handout
) -> None:
    seen, anything_left = failed
    assert not anything_left
    assert all(seen)
    assert snapshot() == seen


def test_the_whole_city_is_in_the_database(handed: Handout, city: World) -> None:
    assert Agency.objects.count() == len(city.agencies)
    assert Officer.objects.count() == len(city.officers)
    assert Enterprise.objects.count() == len(city.enterprises)
    assert Premises.objects.count() >= len(city.enterprises)
    assert VisitFact.objects.values("visit").distinct().count() == len(city.visits)
    assert loaded()
    assert not ground.foreign()


def test_every_officer_has_a_face_and_everybody_not_revoked_a_phone(handed: Handout) -> None:
    assert Photo.objects.count() == Officer.objects.count()
    assert not Officer.objects.filter(photo_sha256="").exists()
    assert Device.objects.count() == Officer.objects.exclude(status="revoked").count() == len(handed.officers)
    for one in handed.officers:
        found = caller(one.token)
        assert found is not None
        assert (found.certificate_no, found.agency_code) == (one.certificate_no, one.agency_code)


def test_every_second_phone_has_a_key_and_signs_what_it_shows_off_the_network(handed: Handout) -> None:
    ensure_key(policy=settings.ISSUER_POLICY, actor=ACTOR, at=NOW)
    with_key = [one for one in handed.officers if one.device_key is not None]
    assert len(with_key) == (len(handed.officers) + 1) // 2
    given: Counter[str] = Counter()
    for one in handed.officers:
        who = caller(one.token)
        assert who is not None
        device = Device.objects.get(pk=who.device_id)
        assert device.public_key == (
            one.device_key and {name: one.device_key[name] for name in ("kty", "crv", "x", "y")}
        )
        found = offline_id(caller=who, door=None, at=NOW, policy=settings.ISSUER_POLICY)
        given["credential" if found.credential else str(found.reason)] += 1
    assert given["credential"] >= len(with_key) - 3
    assert set(given) <= {"credential", "no_visit", "certificate_not_valid"}


def test_plans_of_the_coming_weeks_are_announced_and_some_doors_have_two(handed: Handout) -> None:
    plans = list(Plan.objects.all())
    doors = Counter(plan.credit_code for plan in plans)
    assert (len(doors), set(doors.values())) == (30, {1, 2})
    assert all(TODAY < plan.first_day < plan.last_day and plan.joint_open for plan in plans)
    assert Document.objects.filter(kind="plan").count() == len(plans)


def test_every_visit_names_agencies_officers_and_enterprises_that_are_registered(handed: Handout) -> None:
    agencies = set(Agency.objects.values_list("code", "path", "supervised_by"))
    staff = set(Officer.objects.values_list("certificate_no", "name"))
    doors = set(Enterprise.objects.values_list("credit_code", "name"))
    for fact in VisitFact.objects.all():
        assert (fact.agency_code, fact.agency_path, fact.supervised_by) in agencies
        assert (fact.credit_code, fact.enterprise_name) in doors
        assert {(one["certificate_no"], one["name"]) for one in fact.officers} <= staff
        assert fact.reason in {"", *ExemptReason}
        assert bool(fact.reason) == bool(fact.source_no)


def test_the_last_three_weeks_were_scanned_and_what_was_before_is_marked(handed: Handout) -> None:
    scanned = VisitFact.objects.filter(origin="scanned")
    imported = VisitFact.objects.filter(origin="imported")
    assert set(Visit.objects.values_list("number", flat=True)) == set(scanned.values_list("visit", flat=True))
    assert Filing.objects.filter(event__startswith="visit.").count() == scanned.count()
    assert Scan.objects.count() >= Visit.objects.count() > 0
    assert imported.count() > scanned.values("visit").distinct().count()
    assert not imported.filter(started_at__gte=datetime(2026, 11, 1, tzinfo=UTC)).exists()
    for fact in VisitFact.objects.all():
        assert fact.started_at < fact.known_from < NOW


def test_agencies_that_came_together_share_a_joint_id_and_count_once(handed: Handout, city: World) -> None:
    told = {visit.joint_id for visit in city.visits if visit.joint_id}
    shared: dict[str, set[str]] = {}
    for fact in VisitFact.objects.exclude(joint_id=""):
        shared.setdefault(fact.joint_id, set()).add(fact.agency_code)
    assert len(shared) == len(told) > 0
    numbers = set(Visit.objects.values_list("number", flat=True))
    assert all(len(agencies) > 1 or joint_id in numbers for joint_id, agencies in shared.items())


def test_agencies_over_their_cap_are_flagged_and_each_flag_explains_itself(handed: Handout) -> None:
    over = {pair for year in (2025, 2026) for pair, times in counted(year=year).items() if times > CAP}
    assert {(flag.agency_code, flag.credit_code) for flag in Flag.objects.filter(rule="annual_cap")} == over
    assert over
    for state in FlagState.objects.select_related("flag"):
        flag, evidence = state.flag, state.evidence
        assert FrequencyRule.objects.filter(code=flag.rule, version=evidence["version"]).exists()
        assert len(evidence["counted"]) > (CAP if flag.rule == "annual_cap" else 1)
        assert flag.agency_name in evidence["sentence"]
        known = VisitFact.objects.filter(known_from__lte=state.at).values_list("visit", flat=True)
        assert set(evidence["counted"]) <= set(known)


def test_complaints_and_cases_stand_in_every_state_and_every_lamp(handed: Handout) -> None:
    stood: Any = as_they_stand(Complaint.objects.all())
    assert {row.state for row in stood} == {"open", "accepted", "closed"}
    near = date(2026, 11, 23)
    shown = Case.objects.annotate(lit=with_lamp("due_on", today=TODAY, near=near)).values_list("state", "lit", "rating")
    assert {"opened", "handed", "answered", "closed"} == {state for state, _lamp, _rating in shown}
    assert {"green", "yellow", "red"} == {lamp for _state, lamp, _rating in shown}
    assert CaseStep.objects.filter(rating="unsatisfied", case__state="handed").exists(), "re-opened, and still found"
    assert {"door", "phone", "paper", "visit", "12345"} == set(Complaint.objects.values_list("source", flat=True))
    assert Case.objects.filter(flag__isnull=False).exists()
    assert all(step.at < NOW for step in CaseStep.objects.all())


def test_the_last_whole_month_of_city_and_district_lies_there_as_a_report(handed: Handout, city: World) -> None:
    of_city, of_district = MonthlyReport.objects.order_by("pk")
    assert (of_city.month, of_city.number) == ("2026-10", "入企通报〔2026〕1号-130500")
    assert (of_district.month, of_district.number) == ("2026-10", "入企通报〔2026〕1号-130502")
    visits = [visit for visit in city.visits if (visit.started_at.year, visit.started_at.month) == (2026, 10)]
    told = [json.loads(one.figures)["totals"] for one in (of_city, of_district)]
    assert sum(now["visits"] for now, *_before in told[0].values()) == len(visits)
    assert 0 < told[1]["inspection"][0]["visits"] < told[0]["inspection"][0]["visits"]


def test_the_law_is_the_set_that_ships_and_flags_stay_few(handed: Handout, city: World) -> None:
    shipped = read_toml(DEFAULT.read_text(encoding="utf-8"), since=TODAY)
    assert set(FrequencyRule.objects.values_list("code", flat=True)) == {draft.code for draft in shipped}
    flagged = Flag.objects.values("credit_code").distinct().count()
    assert 0 < flagged < len(city.enterprises) / 4
    assert {"annual_cap", "tier_sum"} <= set(Flag.objects.values_list("rule", flat=True))


def test_every_row_of_the_registers_names_who_carried_it_in(handed: Handout) -> None:
    for model in (Agency, Officer, Enterprise, Premises, Account, FrequencyRule):
        history: Any = model.history
        assert history.exists()
        assert set(history.values_list("history_user_id", flat=True)) == {str(ACTOR)}


def test_there_is_a_supervisor_for_each_bureau_and_everybody_else_once(handed: Handout) -> None:
    supervisors = [one for one in handed.accounts if one.role == "supervisor"]
    bureaus = Agency.objects.filter(code__endswith="-SFJ")
    assert {one.agency_code for one in supervisors} == set(bureaus.values_list("code", flat=True))
    others = [one.role for one in handed.accounts if one.role != "supervisor"]
    assert sorted(others) == sorted(
        ["system_admin", "security_admin", "audit_admin", "agency_admin", "agency_leader", "discipline"]
    )
    for one in handed.accounts:
        assert Account.objects.get(username=one.username).check_password(one.password)


def test_the_samples_are_an_ordinary_door_one_near_its_cap_and_one_over_it(handed: Handout) -> None:
    chosen = choose(handed, at=NOW, cap=CAP)
    assert choose(handed, at=NOW, cap=CAP) == chosen
    assert retold(chosen.told()) == chosen
    tallies = counted(year=2026)
    times = [tallies.get((door.agency_code, door.credit_code), 0) for door in chosen.doors if door.status == "open"]
    assert times[:2] == [0, CAP - 1]
    assert times[2] > CAP
    hands = {hand.certificate_no: hand for hand in chosen.hands}
    assert {door.certificate_no for door in chosen.doors} <= hands.keys()
    assert {hand.state for hand in chosen.hands} == {"valid", "expired", "suspended"}
    assert len({hand.agency_code for hand in chosen.hands}) > 5


def test_credentials_have_the_shape_of_the_contract(handed: Handout, tmp_path: Path) -> None:
    chosen = choose(handed, at=NOW, cap=CAP)
    told = handout.credentials(
        handed,
        base_url="http://127.0.0.1:8000",
        enterprises=with_doors(
            enterprises_told(chosen), base_url="http://127.0.0.1:8000", keys=settings.DOOR_KEYS, at=NOW
        ),
        first=[door.certificate_no for door in chosen.doors],
    )
    assert told.keys() == {"base_url", "officers", "supervisors", "enterprises"}
    assert all(one.keys() == {"name", "certificate_no", "agency", "token"} for one in told["officers"])
    assert all(one.keys() == {"username", "password", "totp_secret", "region"} for one in told["supervisors"])
    assert all(one.keys() == {"credit_code", "name", "licence_qr", "door"} for one in told["enterprises"])
    assert len({one["door"] for one in told["enterprises"]}) == len(told["enterprises"])
    door = told["enterprises"][0]["door"].removeprefix("http://127.0.0.1:8000")
    assert Client().get(door).status_code == 200
    assert "170****0000" in Client().get(f"{door}/owner").content.decode(), "whose code is printed"
    assert told["officers"][0]["certificate_no"] == chosen.doors[0].certificate_no
    again = [one["certificate_no"] for one in (told["officers"][3], told["officers"][2], told["officers"][3])]
    reordered = handout.credentials(handed, base_url="", enterprises=[], first=again)
    assert [one["certificate_no"] for one in reordered["officers"][:2]] == again[:2]
    assert told["enterprises"][0]["credit_code"] == chosen.doors[0].credit_code
    assert {one["region"] for one in told["supervisors"]} >= {"1305", "130502", "130534"}
    handout.keep(handed, folder=tmp_path)
    assert handout.read(tmp_path) == handed
    assert (tmp_path / handout.ACCOUNTS).stat().st_mode & 0o077 == 0
