"""Who stands at the door now? Scans and departures of one morning at 邢台轴承, in every order."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

from checkins.doorway import Arrival, DoorVisit, Exit, Party, Person, parties, with_partners
from officers.rules import CertificateState, masked

NINE = datetime(2026, 7, 1, 1, tzinfo=UTC)
STAY = timedelta(hours=12)


def at(hours: float) -> datetime:
    return NINE + timedelta(hours=hours)


def visit(number: int = 1, *, agency: int = 1, joint_id: str = "") -> DoorVisit:
    return DoorVisit(
        id=number,
        number=f"RQ20260701-{number}",
        agency_id=agency,
        agency_code=f"130502-{agency}",
        agency_name="襄都区市场监督管理局",
        supervised_by="130502-SFJ",
        started_at=NINE,
        purpose="inspection",
        category="routine",
        reason="",
        source_no="",
        joint_id=joint_id,
    )


def person(name: str) -> Person:
    numbers = {"张伟": 1, "李娜": 2, "王强": 3}
    return Person(
        officer_id=numbers[name],
        certificate_no=f"1305020010{numbers[name]}",
        name=name,
        photo_sha256="",
        certified=True,
        state=CertificateState.VALID,
    )


def scan(name: str, hours: float = 0, *, of: DoorVisit | None = None, **words: object) -> Arrival:
    return Arrival(at=at(hours), visit=of or visit(), person=person(name), words=words)


def leaves(
    hours: float, *, visit_id: int = 1, agency: int = 1, purpose: str = "inspection", moved: bool = False
) -> Exit:
    return Exit(at=at(hours), visit_id=visit_id, agency_id=agency, purpose=purpose, moved=moved)


def there(arrivals: list[Arrival], exits: list[Exit] | None = None, *, hours: float = 1) -> list[list[str]]:
    found = [parties(order, exits or [], at=at(hours), stay=STAY) for order in permutations(arrivals)]
    names = [[[guest.person.name for guest in party.guests] for party in one] for one in found]
    assert all(one == names[0] for one in names), "the order of arrival does not matter"
    return names[0]


def test_two_colleagues_are_one_party_in_the_order_in_which_they_scanned() -> None:
    assert there([scan("李娜", 0.1), scan("张伟", 0), scan("张伟", 0.5)]) == [["张伟", "李娜"]]


def test_agencies_that_came_together_are_a_party_each() -> None:
    fire = visit(2, agency=2, joint_id="RQ20260701-1")
    assert there([scan("张伟", of=visit(joint_id="RQ20260701-1")), scan("王强", 0.2, of=fire)]) == [["张伟"], ["王强"]]


def test_nobody_is_there_twelve_hours_after_the_scan_nor_before_it() -> None:
    assert there([scan("张伟")], hours=11.99) == [["张伟"]]
    assert there([scan("张伟")], hours=12) == []
    assert there([scan("张伟", 2)], hours=1) == []


def test_a_departure_ends_the_visit_for_all_who_scanned_before_it() -> None:
    assert there([scan("张伟"), scan("李娜", 0.2)], [leaves(0.5)]) == []
    assert there([scan("张伟"), scan("李娜", 0.2)], [leaves(0.1)]) == [["李娜"]]


def test_who_comes_back_is_there_again() -> None:
    assert there([scan("张伟"), scan("张伟", 0.8)], [leaves(0.5)]) == [["张伟"]]


def test_another_visits_departure_ends_nothing() -> None:
    assert there([scan("张伟")], [leaves(0.5, visit_id=2, agency=2)]) == [["张伟"]]


def test_a_departure_said_of_a_visit_that_was_taken_in_since_ends_the_one_that_took_it() -> None:
    assert there([scan("张伟")], [leaves(0.5, visit_id=7, moved=True)]) == []
    assert there([scan("张伟")], [leaves(0.5, visit_id=7, moved=True, purpose="service")]) == [["张伟"]]
    assert there([scan("张伟")], [leaves(0.5, visit_id=7, agency=2, moved=True)]) == [["张伟"]]


def test_what_several_scans_said_is_collected_once_each() -> None:
    [party] = parties(
        [
            scan("张伟", plan_no="P-1", items=["特种设备", "消防通道"]),
            scan("李娜", 0.1, plan_no="P-1", approval_no="A-7", items=["消防通道"], emergency=True),
        ],
        [],
        at=at(1),
        stay=STAY,
    )
    assert (party.plan_nos, party.approval_nos, party.items) == (["P-1"], ["A-7"], ["特种设备", "消防通道"])
    assert (party.emergency, party.since) == (True, NINE)


def test_a_colleague_who_was_named_is_there_and_one_of_another_agency_is_not() -> None:
    arrivals = [scan("张伟", partners=["13050200102", "13050200103", "13059999999", "13050200101"])]
    found: list[Party] = parties(arrivals, [], at=at(1), stay=STAY)
    people = {
        "13050200101": (person("张伟"), 1, False),
        "13050200102": (person("李娜"), 1, False),
        "13050200103": (person("王强"), 2, True),
    }
    with_partners(found, people)
    assert [(guest.person.name, guest.named, guest.confirmed) for guest in found[0].guests] == [
        ("张伟", False, True),
        ("李娜", True, False),
    ]


def test_a_masked_number_keeps_its_ends_and_a_short_one_keeps_nothing() -> None:
    assert masked("13050200101") == "13******01"
    assert masked("XD00042") == "******"
    assert masked("") == "******"
