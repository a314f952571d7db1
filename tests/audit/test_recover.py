"""What a platform holds comes back as it was; what is known, and what nobody can read, is left alone."""

import contextlib
import json
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import CommandError, call_command
from django.db import connections, transaction

from audit.actor import Actor
from audit.bulk import new_ids, raise_keys
from audit.envelope import Envelope
from audit.models import Delivery, Entry, Filing, Flag, VisitFact
from audit.receiving import Archive
from audit.returned import Belief
from audit.services.recover import Recovered, Registered, highest_keys, recover
from audit.supervision import Held, NotDelivered, read_held
from audit.webhook import Seal, Trust
from project.recovery import read_on
from tests.audit.platforms import KEY, Receiver, city

NOON = datetime(2026, 7, 1, 4, tzinfo=UTC)
LANE = "91110108551385082Q"
TELLING: dict[str, Any] = {
    "visit": "RQ20260701-AAAAAAAAAA",
    "version": 1,
    "state": "open",
    "credit_code": LANE,
    "enterprise": "邢台轴承有限公司",
    "region_code": "130502",
    "agency_code": "130502-SCJG",
    "agency": "襄都区市场监督管理局",
    "supervised_by": "130502-SFJ",
    "purpose": "inspection",
    "category": "routine",
    "reason": "",
    "source_no": "",
    "superior_ordered": False,
    "joint_id": "",
    "started_at": "2026-07-01T03:59:00.000000Z",
    "officers": [{"certificate_no": "13050200101", "name": "张伟"}],
    "items": [],
    "claim": None,
}


def held(sequence: int = 900, *, number: str = "", event: str = "visit.filed", **changes: Any) -> Held:
    data = {**TELLING, **changes}
    letter = Envelope(
        number=number or f"{data['visit']}-{data['version']}",
        event=event,
        lane=LANE,
        subject=data["visit"],
        time=NOON + timedelta(minutes=data["version"] if isinstance(data["version"], int) else 0),
        data=data,
        sequence=sequence,
        source="https://ruqi.example",
    )
    headers = Seal(private=KEY).headers(message=letter.number, at=letter.time, body=letter.body())
    return Held(letter=letter, received_at=NOON + timedelta(hours=1), receipt="PT1", headers=headers)


def signed(letter: Envelope) -> Held:
    headers = Seal(private=KEY).headers(message=letter.number, at=NOON, body=letter.body())
    return Held(letter=letter, received_at=NOON, receipt="PT1", headers=headers)


def recovered(*letters: Held, others: Any = (), only_list: bool = False) -> Recovered:
    told = Registered(agency_path="/130502-SCJG/", agency_level="district", industry="C34", risk_grade="B")
    return recover(
        letters,
        platform=city(),
        others=others,
        belief=Belief(
            trust=Trust(public=KEY.public_key()),
            source="https://ruqi.example",
            since=NOON - timedelta(days=1),
            until=NOON + timedelta(hours=2),
            highest=highest_keys(),
        ),
        registered={one.letter.number: told for one in letters},
        actor=Actor.command("recover"),
        at=NOON + timedelta(days=1),
        only_list=only_list,
    )


@pytest.mark.django_db
def test_a_visits_versions_come_back_known_from_their_own_moment_and_once() -> None:
    letters = held(), held(901, version=2, event="visit.departed", duration_minutes=20), held(902, version=3)
    assert recovered(*letters).facts == 3
    assert recovered(*letters).known == 3
    facts = list(VisitFact.objects.order_by("version"))
    assert [fact.known_from for fact in facts] == [one.letter.time for one in letters]
    assert (facts[0].industry, facts[0].agency_level, facts[0].origin) == ("C34", "district", "scanned")
    assert Entry.objects.filter(kind="fact-recovered").count() == 3
    filing = Filing.objects.order_by("pk")[0]
    assert (filing.status, filing.owed, filing.created_at) == ("delivered", 0, letters[0].letter.time)
    assert list(Delivery.objects.values_list("receipt", "status").distinct()) == [("PT1", "delivered")]
    with transaction.atomic():
        assert new_ids(Filing, 1)[0] > 902  # what is filed next comes behind all of these


@pytest.mark.django_db
def test_what_would_come_back_is_listed_first_and_nothing_is_written() -> None:
    letters = held(), held(901, version=2), held(905, number="FLAG-7-raised-00aa11bb22cc", event="flag.raised", flag=7)
    with transaction.atomic():
        following = new_ids(Filing, 1)[0]
    listed = recovered(*letters, only_list=True)
    assert listed.taken == [one.letter.number for one in letters]
    assert (listed.facts, listed.flags, listed.known) == (2, 1, 0)
    assert [model.objects.count() for model in (VisitFact, Filing, Delivery, Entry)] == [0, 0, 0, 0]
    with transaction.atomic():
        assert new_ids(Filing, 1)[0] < following + 100  # nor is any key past the letters' 900 and more
    assert recovered(*letters) == listed


@pytest.mark.django_db
def test_other_platforms_get_it_again_and_flags_come_back_as_letters() -> None:
    other = replace(city(), code="province", events=("visit.*",))
    flag = held(905, number="FLAG-7-raised-00aa11bb22cc", event="flag.raised", flag=7)
    done = recovered(held(), flag, others=[other])
    assert (done.facts, done.flags, VisitFact.objects.count()) == (1, 1, 1)
    assert set(Delivery.objects.values_list("platform", "status")) == {
        ("platform", "delivered"),
        ("province", "pending"),
    }
    assert dict(Filing.objects.values_list("event", "owed")) == {"visit.filed": 1, "flag.raised": 0}
    with transaction.atomic():
        assert new_ids(Flag, 1)[0] > 7  # the next flag bears no number under which the platform knows this one


@pytest.mark.django_db
def test_a_platform_cannot_invent_what_we_are_to_have_written() -> None:
    """It voids 邢台轴承 under our name: unsigned, with another letter's signature, with a key of its own."""
    real, voided = held(), held(901, version=2, state="voided", event="visit.voided")
    own = Seal(private=Ed25519PrivateKey.generate())
    forged = (
        replace(voided, headers={}),
        replace(voided, headers=real.headers),
        replace(voided, headers=own.headers(message=voided.letter.number, at=NOON, body=voided.letter.body())),
        replace(voided, letter=replace(voided.letter, data={**voided.letter.data, "state": "absorbed"})),
    )
    for one in forged:
        done = recovered(real, one)
        assert done.refused == {"RQ20260701-AAAAAAAAAA-2": "signature"}
    assert [fact.state for fact in VisitFact.objects.all()] == ["open"]
    assert Filing.objects.count() == 1


@pytest.mark.django_db
def test_of_what_bears_our_signature_only_that_is_taken_which_this_house_could_have_lost() -> None:
    letter, flag = held().letter, held(5, number="FLAG-7-raised-00aa11bb22cc", event="flag.raised", flag=7).letter
    telling = letter.data
    for why, some in {
        "source": [replace(letter, source="https://another.house")],
        "time": [replace(letter, time=NOON.replace(year=year)) for year in (2025, 9998)],
        "sequence": [replace(letter, sequence=number) for number in (0, 2**63 - 1)],
        "lane": [
            replace(letter, data={**telling, "credit_code": "911305007216993838"}),
            replace(flag, lane="agency:130502-SCJG"),
            replace(flag, lane="X" * 19, data={**flag.data, "credit_code": "X" * 19}),
        ],
        "version": [replace(letter, data={**telling, "version": version}) for version in (2**31 - 1, 0, "1")],
        "number": [
            replace(flag, number=f"{telling['visit']}-2"),
            replace(flag, data={**flag.data, "flag": 8}),
            replace(flag, number=f"FLAG-{10**17}-raised-00aa11bb22cc", data={**flag.data, "flag": 10**17}),
        ],
    }.items():
        for one in some:
            assert recovered(signed(one)).refused == {one.number: why}
    assert not Filing.objects.exists()
    with transaction.atomic():
        assert new_ids(Filing, 1)[0] < 10**6


@pytest.mark.django_db
def test_no_word_of_a_letter_stands_beside_ours_in_the_entry() -> None:
    """`verify` would take an entry with these words for that of a lot."""
    lot: dict[str, Any] = {"table": "x", "ids": [[1, 10**12]], "rows": 1, "root": "00"}
    assert recovered(held(**lot, duration_minutes=20)).facts == 1
    body = json.loads(bytes(Entry.objects.get(kind="fact-recovered").body or b""))["body"]
    assert body["further"] == {**lot, "duration_minutes": 20}
    assert body.keys() == {"further", "facts", "recovered_at", "platform", "receipt", "received_at"}
    out = StringIO()
    with contextlib.suppress(CommandError):  # the log is not sequenced here
        call_command("verify", stdout=out)
    assert "payload" not in out.getvalue()


@pytest.mark.django_db
def test_a_letter_that_was_on_its_way_once_more_is_not_counted_down_twice() -> None:
    assert recovered(held(officers=[]), others=[replace(city(), code="province")]).facts == 1
    Delivery.objects.filter(platform="platform").update(status="pending")  # the manifest found it missing
    recovered(held())
    filing = Filing.objects.get(number="RQ20260701-AAAAAAAAAA-1")
    assert (filing.owed, filing.status) == (1, "pending")  # the province has still to get it


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_key_that_is_drawn_while_keys_are_raised_is_nobody_elses() -> None:
    """Scans go on while what was lost is taken back. Without the leap in bulk.py, or its lock, keys are drawn twice."""
    starting = threading.Barrier(4)
    drawn: list[int] = []

    def work(*, raises: bool) -> None:
        try:
            starting.wait()
            for _round in range(100):
                with transaction.atomic():
                    keys = new_ids(Filing, 3)
                    if raises:
                        raise_keys(Filing, past=keys[-1] + 2)
                drawn.extend(keys)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, kwargs={"raises": number < 2}) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(drawn), len(set(drawn))) == (1200, 1200)


def test_a_list_of_letters_that_leads_nowhere_is_given_up() -> None:
    """The same page again and again, or pages without letters for ever."""
    assert read_on(held=[held()], after=0, more=3) == 3
    assert read_on(held=[], after=3, more=None) is None
    for page in ([held()], 3), ([held()], 2), ([], 4):
        with pytest.raises(NotDelivered):
            read_on(held=page[0], after=3, more=page[1])


@pytest.mark.django_db
def test_what_was_filed_before_it_was_taken_back_is_said_once_more_and_its_lane_goes_on() -> None:
    """The house went on after the restore: its letter bears a number under which the platform holds another one."""
    ours = held(officers=[{"certificate_no": "13050200102", "name": "李娜"}])
    assert recovered(ours).facts == 1
    Filing.objects.update(status="pending", owed=1)
    Delivery.objects.update(status="pending", receipt="", delivered_at=None)
    assert recovered(held()).superseded == ["RQ20260701-AAAAAAAAAA-1"]
    assert list(Filing.objects.order_by("pk").values_list("number", "status", "owed")) == [
        ("RQ20260701-AAAAAAAAAA-1", "delivered", 0),
        ("RQ20260701-AAAAAAAAAA-2", "pending", None),
    ]
    newest = VisitFact.objects.latest("version")
    assert (newest.version, newest.officers[0]["name"]) == (2, "李娜")
    recovered(held())
    assert VisitFact.objects.count() == 2  # once: something later is known of it


@pytest.mark.django_db
def test_what_only_people_can_use_is_told_and_not_written() -> None:
    wrong = (
        held(1, number="TS-1", event="complaint.received"),
        held(2, number="RQ1-1"),  # about another visit than its number says
        held(3, visit="RQ2", officers="张伟"),
        held(4, visit="RQ3", started_at="yesterday"),
        held(5, visit="RQ4", purpose="x" * 99),
        held(6, visit="RQ5", reason=None),
    )
    done = recovered(*wrong, held(7, visit="RQ6", state="withdrawn"))
    assert done.left == [one.letter.number for one in wrong]
    assert (done.facts, done.not_open) == (1, {"RQ6"})
    assert Filing.objects.count() == VisitFact.objects.count() == 1


def test_a_platform_gives_back_page_by_page_what_was_made_since(tmp_path: Path) -> None:
    with Archive(tmp_path / "a.sqlite3") as archive:
        for number in range(5):
            archive.take(held(number, visit=f"RQ{number}", version=1 + number).letter, at=NOON)
        found = archive.since(NOON + timedelta(minutes=2), after=0, limit=3)
        assert [one.visit for one in found] == ["RQ1", "RQ2", "RQ3"]
        assert [one.visit for one in archive.since(NOON, after=found[-1].position, limit=3)] == ["RQ4"]


@pytest.mark.xdist_group("platform")
def test_a_nonsensical_question_to_the_receiver_is_422(platform: Receiver) -> None:
    for asked in ({"since": "yesterday"}, {"since": "2026-07-01"}, {"since": NOON.isoformat(), "after": "x"}):
        assert httpx.get(platform.filings, params=asked, trust_env=False).status_code == 422
    answer = httpx.get(platform.filings, params={"since": "2036-07-01T00:00:00Z"}, trust_env=False).json()
    assert answer == {"filings": [], "next": None}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{}",
        b'{"filings": [], "next": "x"}',
        b'{"filings": [{}], "next": null}',
        b'{"filings": 3, "next": 1}',
    ],
)
def test_nonsense_that_a_platform_gives_back_is_no_letter(content: bytes) -> None:
    with pytest.raises(NotDelivered):
        read_held(content)
