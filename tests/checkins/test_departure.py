"""Departures: the visit ends, its duration is known, and a later scan opens a new visit, whatever arrives first."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from audit.models import Entry, Filing, VisitFact
from checkins.models import Departure, Visit
from tests.town import Phone, Town, scan_body

MORNING = datetime(2026, 7, 1, 1, 0, tzinfo=UTC)  # nine o'clock in Xingtai


def at(hours: float) -> str:
    return (MORNING + timedelta(hours=hours)).isoformat()


@pytest.fixture(autouse=True)
def _evening(time_machine: Any) -> None:
    time_machine.move_to(MORNING + timedelta(hours=12), tick=False)


def scanned(phone: Phone, hours: float, **words: Any) -> str:
    found: str = phone.scan(scanned_at=at(hours), **words).json()["visit"]["number"]
    return found


def leave(phone: Phone, number: str, hours: float, **words: Any) -> Any:
    return phone.post(f"/visits/{number}/departure", {"departed_at": at(hours), **words})


def test_zhang_wei_leaves_after_ninety_minutes(town: Town) -> None:
    number = scanned(town.zhang_wei, 0)
    answer = leave(town.zhang_wei, number, 1.5, location=scan_body()["location"])
    assert answer.status_code == 201, answer.content.decode()
    visit = answer.json()["visit"]
    assert (visit["number"], visit["duration_minutes"], visit["state"]) == (number, 90, "open")
    assert visit["known"]["departure"] is True
    filing = Filing.objects.filter(event__startswith="visit.").latest("pk")
    assert (filing.event, filing.payload["duration_minutes"]) == ("visit.departed", 90)
    assert Entry.objects.filter(kind="departure", subject=f"visit:{number}").count() == 1
    assert Departure.objects.get().longitude == 114.5001


def test_the_same_departure_again_is_answered_again(town: Town) -> None:
    number = scanned(town.zhang_wei, 0)
    first, again = leave(town.zhang_wei, number, 1), leave(town.zhang_wei, number, 1)
    assert (again.status_code, again["Idempotency-Replayed"]) == (200, "true")
    assert first.json() == again.json()
    assert Departure.objects.count() == Filing.objects.filter(event="visit.departed").count() == 1


def test_the_same_moment_said_from_another_place_is_refused_and_changes_nothing(town: Town) -> None:
    number, place = scanned(town.zhang_wei, 0), scan_body()["location"]
    assert leave(town.zhang_wei, number, 1, location=place).status_code == 201
    for other in ({**place, "longitude": 114.6}, {**place, "datum": "GCJ02"}, {**place, "mock": True}, None):
        refused = leave(town.zhang_wei, number, 1, location=other)
        told = refused.json()
        assert (refused.status_code, told["type"], told["visit"]) == (422, "/problems/departure-altered", number)
    assert leave(town.zhang_wei, number, 1, location=place).status_code == 200
    assert Departure.objects.get().longitude == 114.5001


def test_another_agencys_visit_does_not_exist_for_the_asker(town: Town) -> None:
    number = scanned(town.zhang_wei, 0)
    for who, which in ((town.wang_qiang, number), (town.zhang_wei, "RQ-nobody"), (town.zhang_wei, "RQ%00")):
        assert leave(who, which, 1).status_code == 404
    assert not Departure.objects.exists()


def test_nobody_leaves_a_visit_that_was_taken_back(town: Town) -> None:
    answer = town.zhang_wei.scan().json()
    town.zhang_wei.post(f"/scans/{answer['scan_id']}/withdrawal", {"reason": "误扫"})
    refused = leave(town.zhang_wei, answer["visit"]["number"], 1)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/visit-not-open")


def test_a_scan_after_the_departure_is_a_new_visit_in_whatever_order_all_arrives(town: Town) -> None:
    for shop, order in zip(SHOPS, permutations(("morning", "departure", "afternoon")), strict=True):
        answers: dict[str, str] = {}
        for what in order:
            if what == "departure":
                # It names the visit that the phone knows: the first one, or the one that took the scan in.
                number = answers.get("morning") or answers.get("afternoon")
                if number is None:
                    answers["late"] = "departure"
                    continue
                assert leave(town.zhang_wei, number, 1).status_code == 201
            else:
                hours = 0 if what == "morning" else 2
                answers[what] = scanned(town.zhang_wei, hours, code=None, credit_code=shop)
        if "late" in answers:
            leave(town.zhang_wei, answers["morning"], 1)
        starts = Visit.objects.filter(credit_code=shop, status="open").order_by("started_at")
        assert [one.started_at for one in starts] == [MORNING, MORNING + timedelta(hours=2)], order


SHOPS = (
    "91110108551385082Q", "9144030010001686XA", "91350100M000100Y43", "91440101681325547Y", "91440101MA5D5T047J",
    "911101057263777049",
)  # fmt: skip


def test_while_a_colleague_is_still_there_nobody_opens_a_new_visit(town: Town) -> None:
    number = scanned(town.zhang_wei, 0)
    assert scanned(town.li_na, 0.1) == number
    leave(town.zhang_wei, number, 1)
    back = scanned(town.zhang_wei, 1.5)
    assert back != number  # as far as anybody knows, the visit had ended
    answer = leave(town.li_na, number, 2).json()["visit"]
    assert Visit.objects.get(number=back).status == "absorbed"
    assert answer["duration_minutes"] == 120
    assert VisitFact.objects.filter(visit=back).latest("version").state == "absorbed"


def test_a_departure_named_by_an_absorbed_number_is_the_others(town: Town) -> None:
    later = scanned(town.zhang_wei, 2)
    leave(town.zhang_wei, later, 3)
    earlier = scanned(town.li_na, 1)
    answer = leave(town.li_na, later, 4).json()["visit"]
    assert answer["number"] in {earlier, later}
    assert (answer["duration_minutes"], answer["state"]) == (180, "open")


def test_a_departure_is_never_later_than_its_receipt_and_none_is_no_fault(town: Town) -> None:
    number = scanned(town.zhang_wei, 11)
    answer = leave(town.zhang_wei, number, 40).json()
    assert answer["visit"]["duration_minutes"] == 60
    other = scanned(town.wang_qiang, 0)
    listed = VisitFact.objects.filter(visit=other).latest("version")
    assert listed.state == "open"


def test_leaving_before_coming_says_nothing(town: Town) -> None:
    number = scanned(town.zhang_wei, 3)
    visit = leave(town.zhang_wei, number, 2).json()["visit"]
    assert (visit["duration_minutes"], visit["departed_at"]) == (None, None)
    assert visit["known"]["departure"] is False
    assert leave(town.zhang_wei, number, 4).json()["visit"]["known"]["departure"] is True


def test_a_visit_that_goes_on_the_next_day_disturbs_for_the_sum_of_both(town: Town, time_machine: Any) -> None:
    number = scanned(town.zhang_wei, 0)
    leave(town.zhang_wei, number, 2)
    time_machine.move_to(MORNING + timedelta(hours=36), tick=False)
    assert scanned(town.zhang_wei, 24, visit={"continues": number}) == number
    assert leave(town.zhang_wei, number, 25).json()["visit"]["duration_minutes"] == 180


def test_bad_words_are_refused(town: Town) -> None:
    number = scanned(town.zhang_wei, 0)
    for words in ({}, {"departed_at": "gestern"}, {"departed_at": at(1), "location": 7}):
        assert town.zhang_wei.post(f"/visits/{number}/departure", words).status_code == 422
    assert not Departure.objects.exists()
