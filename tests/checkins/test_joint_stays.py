"""Joint visits stay joint while their visits are read again: the host's scans move, or it takes its own scan back."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from audit.models import Filing
from checkins.models import Visit
from tests.checkins.test_together import join, leave, scanned, total
from tests.town import Phone, Town

MORNING = datetime(2026, 7, 1, 1, 0, tzinfo=UTC)  # nine o'clock in Xingtai


@pytest.fixture(autouse=True)
def _noon(time_machine: Any) -> None:
    time_machine.move_to(MORNING + timedelta(hours=3), tick=False)


def at(hours: float) -> str:
    return (MORNING + timedelta(hours=hours)).isoformat()


def came(phone: Phone, hours: float, **visit: Any) -> dict[str, Any]:
    told: dict[str, Any] = phone.scan(scanned_at=at(hours), visit=visit or None).json()["visit"]
    return told


def left(phone: Phone, number: str, hours: float) -> None:
    assert phone.post(f"/visits/{number}/departure", {"departed_at": at(hours)}).status_code == 201


def relieved(town: Town) -> tuple[dict[str, Any], dict[str, Any]]:
    """张伟 and 李娜 came at nine, he left at ten; at eleven he was back, as it seemed for a visit of its own."""
    first = came(town.zhang_wei, 0)
    came(town.li_na, 0.1)
    left(town.zhang_wei, first["number"], 1)
    return first, came(town.zhang_wei, 2)


def test_whoever_joined_an_absorbed_visit_is_together_with_the_one_that_absorbed_it(town: Town) -> None:
    first, second = relieved(town)
    theirs = came(town.wang_qiang, 2.1, joint_code=second["joint_code"])
    assert (theirs["joint_id"], total()) == (second["number"], 2)
    left(town.li_na, first["number"], 2.5)
    assert Visit.objects.get(number=second["number"]).status == "absorbed"
    assert total() == 1
    third = came(town.zhao_min, 2.6, joint_code=second["joint_code"])
    assert (third["joint_id"], total()) == (theirs["joint_id"], 1)


def test_the_companies_of_both_visits_are_one_when_one_absorbs_the_other(town: Town) -> None:
    first, second = relieved(town)
    early = came(town.wang_qiang, 0.2, joint_code=first["joint_code"])
    late = came(town.zhao_min, 2.1, joint_code=second["joint_code"])
    assert (early["joint_id"], late["joint_id"], total()) == (first["number"], second["number"], 2)
    left(town.li_na, first["number"], 2.5)
    assert total() == 1
    assert Visit.objects.get(number=late["number"]).joint_id == first["number"]
    told = Filing.objects.filter(visit=late["number"]).latest("pk")
    assert (told.event, told.payload["joint_id"]) == ("visit.regrouped", first["number"])
    came(town.li_na, 2.2)  # she had come back: two visits again, and each company with one of them
    assert total() == 2
    assert Visit.objects.get(number=early["number"]).joint_id == first["number"]
    assert Visit.objects.get(number=late["number"]).joint_id == second["number"]
    told = Filing.objects.filter(visit=late["number"]).latest("pk")
    assert (told.event, told.payload["joint_id"]) == ("visit.regrouped", second["number"])


def test_the_host_of_an_absorbed_guest_goes_back_with_it_when_it_stands_again(town: Town) -> None:
    theirs = came(town.wang_qiang, 1.9)
    first, second = relieved(town)
    came(town.zhao_min, 0.2, joint_code=first["joint_code"])
    join(town.zhang_wei, second["number"], **{"with": theirs["number"]})
    left(town.li_na, first["number"], 2.5)
    host = Visit.objects.get(number=theirs["number"])
    assert (host.joint_id, total()) == (first["number"], 1)
    came(town.li_na, 2.2)
    host.refresh_from_db()
    assert (host.joint_id, Visit.objects.get(number=second["number"]).joint_id) == ("", theirs["number"])
    assert total() == 2


def test_a_guest_that_went_over_by_its_own_word_before_stays_where_it_is(town: Town) -> None:
    first, second = relieved(town)
    came(town.wang_qiang, 0.2, joint_code=first["joint_code"])
    guest = came(town.zhao_min, 2.1, joint_code=second["joint_code"])
    leave(town.zhao_min, guest["number"])
    join(town.zhao_min, guest["number"], **{"with": first["number"]})
    left(town.li_na, first["number"], 2.5)
    came(town.li_na, 2.2)
    assert Visit.objects.get(number=second["number"]).status == "open"
    assert Visit.objects.get(number=guest["number"]).joint_id == first["number"]


def test_a_visit_that_joined_by_word_and_is_absorbed_takes_its_company_along(town: Town) -> None:
    theirs = came(town.wang_qiang, 1.9)
    first, second = relieved(town)
    join(town.zhang_wei, second["number"], **{"with": theirs["number"]})
    assert total() == 2
    left(town.li_na, first["number"], 2.5)
    assert (Visit.objects.get(number=first["number"]).joint_id, total()) == (theirs["number"], 1)


def test_who_left_the_others_is_not_brought_back_by_what_it_absorbs(town: Town) -> None:
    theirs = came(town.wang_qiang, 0)
    first = came(town.zhang_wei, 0, joint_code=theirs["joint_code"])
    came(town.li_na, 0.1)
    leave(town.zhang_wei, first["number"])
    left(town.zhang_wei, first["number"], 1)
    second = came(town.zhang_wei, 2)
    join(town.zhang_wei, second["number"], **{"with": theirs["number"]})
    left(town.li_na, first["number"], 2.5)
    assert (Visit.objects.get(number=first["number"]).joint_id, total()) == ("", 2)


def test_an_absorbed_visit_that_stands_again_takes_its_company_with_it(town: Town) -> None:
    first, second = relieved(town)
    came(town.wang_qiang, 2.1, joint_code=second["joint_code"])
    left(town.li_na, first["number"], 2.5)
    assert total() == 1
    came(town.li_na, 2.2)  # her phone was off: she had come back, so her leaving at half past says nothing of nine
    assert Visit.objects.get(number=second["number"]).status == "open"
    assert (Visit.objects.get(number=first["number"]).joint_id, total()) == ("", 2)


def test_the_code_of_a_joint_visit_is_good_after_its_host_took_its_scan_back(town: Town) -> None:
    host = scanned(town.zhang_wei)
    code = scanned(town.wang_qiang, joint_code=host["visit"]["joint_code"])["visit"]["joint_code"]
    taken = town.zhang_wei.post(f"/scans/{host['scan_id']}/withdrawal", {"reason": "误扫"})
    assert taken.status_code == 200
    third = scanned(town.zhao_min, joint_code=code)
    assert third["visit"]["joint_id"] == host["visit"]["number"]
    back = scanned(town.zhang_wei)["visit"]
    join(town.zhang_wei, back["number"], joint_code=code)
    assert [visit.joint_id for visit in Visit.objects.filter(status="open")] == [host["visit"]["number"]] * 3
