"""Filings reach the platform: at least once, each enterprise's in their order, nothing locked while it thinks."""

import json
import socket
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import httpx
import pytest
from django.db import DatabaseError, connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from audit.actor import Actor
from audit.addressee import Addressee
from audit.canonical import canonical, digest, utc_text
from audit.envelope import manifest_root
from audit.facts import day_of
from audit.management.courier import Courier, Line, Pace
from audit.models import Attempt, Delivery, Endpoint, Entry, Filing, Manifest
from audit.services.deliver import Claim, claim, settle
from audit.services.file import file
from audit.services.reconcile import days_to_reckon, keep_difference, manifest_of
from audit.services.requeue import NotDead, NotPaused, requeue, resume
from audit.services.share_out import introduce, share_out
from audit.supervision import Answered, NotDelivered, Platform, Receipt
from audit.webhook import public_text
from tests.audit.platforms import HOUSE, KEY, Answer, Receiver, city, line_to, receiver, scripted

# One group: the platforms are processes, started once for all of it.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("platform")]

NINE = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
LEASE = timedelta(seconds=40)
PROBE = timedelta(hours=1)
LI_JING = Actor.account("li.jing")
JIZHONG, DEMING, LONGGANG = "911305007216993838", "91130500MA0CXYZ12B", "911305007233665447"


class Clock:
    """What time is it? Whatever the test says."""

    def __init__(self) -> None:
        self.now = NINE

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **step: float) -> None:
        self.now += timedelta(**step)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def owe(*letters: tuple[str, str]) -> None:
    """Filings (number, credit code), each in a deed of its own."""
    for number, credit_code in letters:
        with transaction.atomic():
            file(
                number=number,
                event="visit.filed",
                credit_code=credit_code,
                visit=f"V-{number}",
                payload={"officers": ["张伟"]},
                at=NINE,
            )


def deliver(
    url: str,
    clock: Callable[[], datetime],
    *,
    lanes: int = 4,
    timeout: float = 5,
    allowed: tuple[str, ...] = ("127.0.0.0/8",),
) -> list[dict[str, Any]]:
    """One round of a worker, as `manage.py work --once` makes it; the events it told."""
    told: list[dict[str, Any]] = []
    addressee = city(url)
    introduce([addressee])
    with line_to(url, timeout=timeout, allowed=allowed) as line:
        Courier(
            lines=[Line(addressee=addressee, platform=line)],
            source=HOUSE,
            clock=clock,
            pace=Pace(lanes=lanes, lease=LEASE, probe=PROBE),
            tell=lambda event, facts: told.append({"event": event, **facts}),
        ).run(poll_seconds=None)
    return told


def take(*, at: datetime, limit: int = 9) -> list[Claim]:
    """What a worker claims now."""
    while share_out(addressees=[city()], at=at):
        pass
    return claim(addressee=city(), source=HOUSE, at=at, limit=limit, lease=LEASE, probe=PROBE)


def test_a_filing_arrives_and_both_sides_hold_its_receipt(platform: Receiver, clock: Clock) -> None:
    owe(("arrives", JIZHONG))
    clock.forward(seconds=3)
    deliver(platform.filings, clock)
    filing = Delivery.objects.get()
    assert (filing.status, filing.delivered_at, filing.attempts, filing.leased_until) == (
        "delivered",
        NINE + timedelta(seconds=3),
        1,
        None,
    )
    assert filing.receipt.startswith("PT")
    attempt = Attempt.objects.get()
    assert (attempt.ok, attempt.http_status, attempt.detail, attempt.at) == (True, 201, "stored", filing.delivered_at)


def in_transactions(queries: CaptureQueriesContext) -> list[str]:
    """The verbs, without looks that hold no lock (is there a platform's row, is anything to be shared out?)."""
    verbs, inside = [], False
    for query in queries.captured_queries:
        verb = query["sql"].split()[0]
        inside = inside or verb == "BEGIN"
        verbs += [verb] if inside else []
        inside = inside and verb != "COMMIT"
    return verbs


def test_a_delivered_filing_costs_nine_statements_transactions_included(platform: Receiver, clock: Clock) -> None:
    owe(*((f"cost-{number}", JIZHONG) for number in range(3)))
    share_out(addressees=[city()], at=NINE)
    introduce([city()])
    with CaptureQueriesContext(connection) as queries:
        deliver(platform.filings, clock)
    verbs = in_transactions(queries)
    one = ["BEGIN", "SELECT", "UPDATE", "COMMIT", "BEGIN", "UPDATE", "UPDATE", "INSERT", "COMMIT"]
    assert verbs == one * 3 + ["BEGIN", "SELECT", "COMMIT"]


def test_a_letter_that_the_platform_had_already_counts_as_delivered(platform: Receiver, clock: Clock) -> None:
    owe(("again", JIZHONG))
    (lost,) = take(at=NINE, limit=1)  # this worker sends it, and dies before it settles
    with line_to(platform.filings) as line:
        receipt = line.send(lost.letter)
    clock.forward(seconds=41)
    (told,) = deliver(platform.filings, clock)
    assert (told["event"], told["answer"], told["attempt"]) == ("delivered", "duplicate", 2)
    assert Delivery.objects.get().receipt == receipt.number
    assert platform.of_enterprise(JIZHONG).count("again") == 1


def test_a_platform_that_is_away_gets_everything_in_order_when_it_is_back(tmp_path: Path, clock: Clock) -> None:
    owe(("1", JIZHONG), ("2", JIZHONG), ("3", DEMING))
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        port = reserved.getsockname()[1]
    url = f"http://127.0.0.1:{port}/filings"
    rests = []
    for _try in range(7):
        told = deliver(url, clock)
        assert [(line["event"], line["number"]) for line in sorted(told, key=str)] == [("failed", "1"), ("failed", "3")]
        due = list(Delivery.objects.filter(failures__gt=0).values_list("next_attempt_at", flat=True))
        rests.append(min(due) - clock.now)
        clock.now = min(due) - timedelta(microseconds=1)
        assert deliver(url, clock) == []
        clock.now = max(due)
    assert [rest.total_seconds() for rest in rests[:5]] == [5, 30, 120, 600, 1800]
    assert all(timedelta(minutes=48) <= rest <= timedelta(minutes=72) for rest in rests[5:])
    assert "无法连接平台" in Attempt.objects.filter(filing__number="1").latest("id").detail
    with receiver(tmp_path / "platform.sqlite3", "--port", str(port), "--fail-first", "2") as platform:
        assert {(line["event"], line["http_status"]) for line in deliver(url, clock)} == {("failed", 500)}
        clock.forward(hours=1, minutes=12)
        assert {(line["event"], line["answer"]) for line in deliver(url, clock)} == {("delivered", "stored")}
        assert platform.of_enterprise(JIZHONG) == ["1", "2"]
        assert platform.of_enterprise(DEMING) == ["3"]
    tries = Attempt.objects.filter(filing__number="1").order_by("id")
    assert list(tries.values_list("http_status", flat=True)) == [None] * 7 + [500, 201]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (Answer(content=b"<html>ok</html>"), "不是回执：<html>ok</html>"),
        (Answer(content=b" " * 70_000), "过长"),
        (Answer(status=503, content="维护中".encode() * 999), "拒收（HTTP 503）：维护中"),
    ],
)
def test_an_answer_that_is_no_receipt_is_a_failed_try_that_says_why(clock: Clock, answer: Answer, why: str) -> None:
    owe(("nonsense", JIZHONG))
    with scripted(lambda _letter: answer) as url:
        deliver(url, clock)
    filing, attempt = Delivery.objects.get(), Attempt.objects.get()
    assert (filing.status, filing.receipt) == ("pending", "")
    assert filing.next_attempt_at == NINE + timedelta(seconds=5)
    assert (attempt.ok, attempt.http_status) == (False, answer.status)
    assert why in attempt.detail
    assert attempt.detail.isprintable()
    assert len(attempt.detail) <= 300


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(platform: Receiver, clock: Clock, status: int) -> None:
    owe((f"redirect-{status}", JIZHONG))
    with scripted(lambda _letter: Answer(status=status, location=platform.filings)) as url:
        deliver(url, clock)
    assert not platform.has(f"redirect-{status}")
    assert "不予跟随" in Attempt.objects.get().detail


def test_a_platform_that_answers_a_byte_at_a_time_is_late(clock: Clock) -> None:
    owe(("drip", JIZHONG))
    with scripted(lambda _letter: Answer(drip=0.05)) as url:
        deliver(url, clock, timeout=0.4)
    assert Attempt.objects.get().detail == "平台在 0.4 秒内没有答复"


def test_one_enterprises_trouble_holds_its_own_lane_only(clock: Clock) -> None:
    owe(("j1", JIZHONG), ("d1", DEMING), ("j2", JIZHONG), ("d2", DEMING), ("l1", LONGGANG), ("d3", DEMING))
    arrived: list[str] = []

    def reply(letter: dict[str, Any]) -> Answer:
        arrived.append(letter["id"])
        trouble = letter["id"] == "d1" and clock.now < NINE + timedelta(seconds=5)
        return Answer(status=500) if trouble else Answer()

    with scripted(reply) as url:
        deliver(url, clock)
        assert sorted(arrived) == ["d1", "j1", "j2", "l1"]
        assert arrived.index("j1") < arrived.index("j2")
        clock.forward(seconds=5)
        deliver(url, clock)
    assert arrived[4:] == ["d1", "d2", "d3"]


def test_the_letters_behind_a_resting_one_rest_with_it_and_no_look_reads_them() -> None:
    owe(("first", JIZHONG), ("second", JIZHONG), ("third", JIZHONG), ("other", DEMING))
    [first, _other] = take(at=NINE)
    refusal = NotDelivered("500", http_status=500)
    assert settle(claim=first, outcome=refusal, at=NINE, probe=PROBE) == "failed"
    due = dict(Delivery.objects.values_list("filing__number", "next_attempt_at"))
    later = NINE + timedelta(seconds=5)
    assert due == {"first": later, "second": later, "third": later, "other": NINE}
    assert take(at=NINE + timedelta(seconds=4)) == []
    [again] = take(at=later)
    assert settle(claim=again, outcome=Receipt(status="stored", number="1", http_status=201), at=later, probe=PROBE)
    assert [one.letter.number for one in take(at=later)] == ["second"]


def test_a_leased_filing_holds_its_lane_until_the_lease_runs_out() -> None:
    owe(("1", JIZHONG), ("2", JIZHONG))
    (first,) = take(at=NINE, limit=9)
    assert take(at=NINE + LEASE - timedelta(microseconds=1), limit=9) == []
    (second,) = take(at=NINE + LEASE, limit=9)
    assert (first.letter.number, second.letter.number) == ("1", "1")
    assert (first.attempt, second.attempt) == (1, 2)


@pytest.mark.parametrize("outcome", [Receipt(status="stored", number="LATE", http_status=200), NotDelivered("迟到")])
def test_a_worker_that_wakes_after_its_lease_changes_nothing_but_its_try_is_told(
    outcome: Receipt | NotDelivered,
) -> None:
    owe(("1", JIZHONG))
    (sleeper,) = take(at=NINE, limit=1)
    (heir,) = take(at=NINE + LEASE, limit=1)
    before = Delivery.objects.values().get()
    assert settle(claim=sleeper, outcome=outcome, at=NINE + LEASE, probe=PROBE).endswith("_late")
    assert Delivery.objects.values().get() == before
    assert "由他人接手" in Attempt.objects.get().detail
    had = Receipt(status="duplicate", number="R", http_status=200)
    assert settle(claim=heir, outcome=had, at=NINE + LEASE, probe=PROBE) == "delivered"
    settled = Delivery.objects.values().get()
    assert settle(claim=sleeper, outcome=outcome, at=NINE + LEASE, probe=PROBE).endswith("_late")
    assert Delivery.objects.values().get() == settled
    assert settled["receipt"] == "R"


def test_no_transaction_is_open_while_the_platform_thinks(clock: Clock) -> None:
    owe(("1", JIZHONG), ("2", DEMING))
    ours = connections["default"]
    states: list[bool] = []

    def reply(_letter: dict[str, Any]) -> Answer:
        states.append(ours.in_atomic_block)
        return Answer()

    with scripted(reply) as url:
        deliver(url, clock, lanes=1)  # with more, one letter is on the wire while another is being settled
    assert states == [False, False]


def test_nothing_is_sent_from_inside_a_transaction(platform: Receiver, clock: Clock) -> None:
    owe(("inside", JIZHONG))
    (letter,) = [taken.letter for taken in take(at=NINE, limit=1)]
    with line_to(platform.filings) as line, transaction.atomic():
        with pytest.raises(transaction.TransactionManagementError):
            line.send(letter)
        with pytest.raises(RuntimeError, match="durable"):
            deliver(platform.filings, clock)
    assert not platform.has("inside")


def test_a_letter_that_cannot_be_written_is_its_own_failure(platform: Receiver, clock: Clock) -> None:
    owe(("float", JIZHONG), ("fine", DEMING))
    Filing.objects.filter(number="float").update(payload={"longitude": 114.5})
    told = deliver(platform.filings, clock)
    assert sorted((line["number"], line["event"]) for line in told) == [("fine", "delivered"), ("float", "failed")]
    assert "报送程序出错" in Attempt.objects.get(ok=False).detail


def test_a_payload_that_is_no_object_holds_its_own_lane_and_is_a_failed_try(platform: Receiver, clock: Clock) -> None:
    owe(("no-object", JIZHONG), ("beside-it", DEMING))
    Filing.objects.filter(number="no-object").update(payload="张伟")
    told = deliver(platform.filings, clock)
    assert sorted((line["number"], line["event"]) for line in told) == [
        ("beside-it", "delivered"),
        ("no-object", "failed"),
    ]
    assert Delivery.objects.get(filing__number="no-object").failures == 1


def test_a_step_that_breaks_is_an_alarm_and_ends_neither_the_worker_nor_a_letter(
    platform: Receiver, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """The clock breaks first as filings are shared out, then as letters are claimed, then as one is settled."""
    owe(("first", JIZHONG), ("second", JIZHONG), ("other", DEMING))
    assert share_out(addressees=[city(platform.filings)], at=NINE)
    broken, asked = {1, 2, 4}, 0
    told: list[tuple[str, str]] = []

    def breaking() -> datetime:
        nonlocal asked
        asked += 1
        if asked in broken:
            raise RuntimeError("时钟坏了")
        return clock() + asked * LEASE  # so that the lease of the letter that nobody settled is over

    def tell(event: str, facts: Mapping[str, Any]) -> None:
        told.append((event, str(facts.get("number", ""))))
        if Delivery.objects.filter(status="delivered").count() == 4:
            courier.stop()

    introduce([city(platform.filings)])
    with line_to(platform.filings) as line:
        courier = Courier(
            lines=[Line(addressee=city(platform.filings), platform=line)],
            source=HOUSE,
            clock=breaking,
            pace=Pace(lanes=4, lease=LEASE, probe=PROBE),
            tell=tell,
        )
        owe(("shared", LONGGANG))
        courier.run(poll_seconds=0.01)
    assert [event for event, _number in told].count("broke") == len(broken)
    assert sum("a worker's step broke" in line.getMessage() for line in caplog.records) == len(broken)
    assert sorted(number for event, number in told if event == "delivered") == ["first", "other", "second", "shared"]
    assert set(Delivery.objects.values_list("status", flat=True)) == {"delivered"}


def test_a_name_that_leads_inside_is_not_connected_to(platform: Receiver, clock: Clock) -> None:
    """The name is looked up here, and the address that was judged is the one that is connected to."""
    owe(("inside-name", JIZHONG))
    by_name = platform.filings.replace("127.0.0.1", "localhost")
    told = deliver(by_name, clock, allowed=("10.0.0.0/8",))
    assert [line["event"] for line in told] == ["failed"]
    assert "不在允许之列" in Attempt.objects.get().detail
    assert not platform.has("inside-name")
    clock.forward(seconds=5)
    assert [line["event"] for line in deliver(by_name, clock, allowed=("127.0.0.0/8", "::1"))] == ["delivered"]


def test_every_letter_is_signed_and_its_envelope_names_the_house(tmp_path: Path, clock: Clock) -> None:
    owe(("signed", JIZHONG))
    with receiver(tmp_path / "p.sqlite3", PLATFORM_PUBLIC_KEY=public_text(KEY)) as platform:
        (told,) = deliver(platform.filings, clock)
        assert (told["event"], told["answer"]) == ("delivered", "stored")
        kept = httpx.get(f"{platform.filings}/signed", trust_env=False).json()
    assert (kept["source"], kept["sequence"]) == (HOUSE, Filing.objects.get().pk)


def test_a_letter_that_the_platform_holds_in_its_earlier_form_is_a_duplicate(tmp_path: Path, clock: Clock) -> None:
    """What a worker of the former release sent and did not settle."""
    owe(("former", JIZHONG))
    former = {
        "number": "former",
        "event": "visit.filed",
        "credit_code": JIZHONG,
        "visit": "V-former",
        "created_at": NINE,
        "payload": {"officers": ["张伟"]},
    }
    with receiver(tmp_path / "p.sqlite3") as platform:
        with closing(sqlite3.connect(tmp_path / "p.sqlite3")) as file_of_theirs, file_of_theirs:
            file_of_theirs.execute(
                "INSERT INTO arrivals VALUES (1, 'former', 'visit.filed', ?, 'V-former', ?, ?, 'PT1', ?, ?)",
                [JIZHONG, utc_text(NINE), utc_text(NINE), digest(former), canonical(former).decode()],
            )
        (told,) = deliver(platform.filings, clock)
    assert (told["answer"], told["receipt"]) == ("duplicate", "PT1")


def test_a_letter_that_fails_for_ten_days_is_dead_and_its_lane_goes_on(clock: Clock) -> None:
    owe(("d1", JIZHONG), ("d2", JIZHONG), ("d3", DEMING))
    arrived: list[str] = []

    def reply(letter: dict[str, Any]) -> Answer:
        if letter["id"] == "d1" and clock.now < NINE + timedelta(days=20):
            return Answer(status=422)
        arrived.append(letter["id"])
        return Answer()

    with scripted(reply) as url:
        deliver(url, clock)
        assert arrived == ["d3"]
        clock.forward(days=9)
        deliver(url, clock)
        assert arrived == ["d3"]
        clock.forward(days=1)
        told = deliver(url, clock)
        assert [(line["event"], line["number"]) for line in told] == [("dead", "d1"), ("delivered", "d2")]
        dead = Delivery.objects.get(filing__number="d1")
        assert (dead.status, Filing.objects.get(number="d1").status) == ("dead", "pending")
        clock.forward(days=20)
        assert deliver(url, clock) == []
        requeue(delivery=dead, reason="平台已修正", actor=LI_JING, at=clock.now)
        with pytest.raises(NotDead):
            requeue(delivery=dead, reason="再来", actor=LI_JING, at=clock.now)
        deliver(url, clock)
    assert arrived == ["d3", "d2", "d1"]
    assert Filing.objects.get(number="d1").status == "delivered"
    assert Entry.objects.get(kind="filing-requeued").subject == "filing:d1"


@pytest.mark.parametrize("status", [401, 403, 410])
def test_a_platform_that_refuses_the_house_is_paused_and_asked_by_one_letter_an_hour(clock: Clock, status: int) -> None:
    owe(*((f"p{n}", f"9113050072169{n:05d}") for n in range(6)))
    asked: list[str] = []

    def reply(letter: dict[str, Any]) -> Answer:
        asked.append(letter["id"])
        return Answer(status=status) if clock.now < NINE + timedelta(hours=2) else Answer()

    with scripted(reply) as url:
        deliver(url, clock, lanes=1)
        assert len(asked) == 1
        endpoint = Endpoint.objects.get()
        assert endpoint.paused_at == NINE
        assert str(status) in endpoint.reason
        clock.forward(minutes=59)
        deliver(url, clock)
        assert len(asked) == 1
        clock.forward(minutes=1)
        deliver(url, clock)
        assert len(asked) == 2
        clock.forward(hours=1)
        deliver(url, clock)
    assert len(asked) == 8
    assert Delivery.objects.filter(status="delivered", failures=0).count() == 6
    assert [entry.kind for entry in Entry.objects.order_by("pk")] == ["platform-paused", "platform-resumed"]


def test_a_paused_platform_is_resumed_by_a_person(clock: Clock) -> None:
    owe(("r1", JIZHONG))
    with scripted(lambda _letter: Answer(status=401)) as url:
        deliver(url, clock)
    with scripted(lambda _letter: Answer()) as url:
        assert deliver(url, clock) == []
        resume(code="platform", reason="换了新令牌", actor=LI_JING, at=clock.now)
        with pytest.raises(NotPaused):
            resume(code="platform", reason="又一次", actor=LI_JING, at=clock.now)
        assert [line["event"] for line in deliver(url, clock)] == ["delivered"]


def test_a_platform_that_asks_for_rest_gets_it_from_all_letters(clock: Clock) -> None:
    owe(*((f"b{n}", f"9113050072169{n:05d}") for n in range(3)))
    with scripted(lambda _letter: Answer(status=503, retry_after="600")) as url:
        told = deliver(url, clock, lanes=1)
    assert [line["event"] for line in told] == ["breaker_opened", "failed"]
    assert Delivery.objects.get(failures=1).next_attempt_at == NINE + timedelta(minutes=10)


def test_city_and_province_get_each_filing_in_their_own_words_and_one_does_not_wait_for_the_other(
    clock: Clock,
) -> None:
    owe(("both-1", JIZHONG), ("both-2", JIZHONG))
    got: dict[str, list[dict[str, Any]]] = {"city": [], "province": []}

    def take_in(who: str, status: int) -> Callable[[dict[str, Any]], Answer]:
        def reply(letter: dict[str, Any]) -> Answer:
            got[who].append(letter)
            return Answer(status=status)

        return reply

    for province_says in (500, 200):
        with scripted(take_in("city", 200)) as here, scripted(take_in("province", province_says)) as there:
            both = [
                Addressee(code="city", name="市", url=here),
                Addressee(code="province", name="省", url=there, fields={"zfry": "officers"}),
            ]
            introduce(both)
            with line_to(here) as one, line_to(there) as two:
                Courier(
                    lines=[Line(addressee=to, platform=line) for to, line in zip(both, (one, two), strict=True)],
                    source=HOUSE,
                    clock=clock,
                    pace=Pace(lanes=4, lease=LEASE, probe=PROBE),
                    tell=lambda _event, _facts: None,
                ).run(poll_seconds=None)
        statuses = set(Filing.objects.values_list("status", "owed"))
        assert statuses == ({("pending", 1)} if province_says == 500 else {("delivered", 0)})
        clock.forward(seconds=5)
    assert [letter["id"] for letter in got["city"]] == ["both-1", "both-2"]
    assert [letter["id"] for letter in got["province"]] == ["both-1", "both-1", "both-2"]
    assert (got["city"][0]["data"], got["province"][0]["data"]) == ({"officers": ["张伟"]}, {"zfry": ["张伟"]})


def test_a_days_manifest_finds_what_a_platform_has_lost_and_what_it_has_beyond(tmp_path: Path, clock: Clock) -> None:
    owe(*((f"m{n}", JIZHONG) for n in range(5)))
    state = tmp_path / "p.sqlite3"
    day = date(2026, 11, 22)

    def reckon(line: Platform) -> Manifest:
        sent = manifest_of(code="platform", day=day, source=HOUSE, at=clock.now)
        clock.forward(seconds=1)
        return keep_difference(sent=sent, answered=line.reconcile(sent), actor=LI_JING, at=clock.now)

    with receiver(state, PLATFORM_PUBLIC_KEY=public_text(KEY)) as platform:
        deliver(platform.filings, clock)
        with line_to(platform.filings) as line:
            clean = reckon(line)
            assert (clean.count, clean.held, clean.difference, clean.root) == (
                5, 5, 0, manifest_root(f"m{n}" for n in range(5)),
            )  # fmt: skip
            with closing(sqlite3.connect(state)) as theirs, theirs:
                theirs.execute("DELETE FROM arrivals WHERE number IN ('m1', 'm3')")
                theirs.execute("UPDATE arrivals SET number = 'lost-here' WHERE number = 'm4'")
            differs = reckon(line)
            assert (differs.missing, differs.surplus) == (["m1", "m3", "m4"], ["lost-here"])
            assert (differs.difference, differs.again) == (4, 3)
            told = deliver(platform.filings, clock)
            assert [(one["number"], one["answer"]) for one in told] == [
                ("m1", "stored"), ("m3", "stored"), ("m4", "stored"),
            ]  # fmt: skip
            assert set(Filing.objects.values_list("status", "owed")) == {("delivered", 0)}
            after = reckon(line)
            assert (after.missing, after.surplus, after.difference) == ([], ["lost-here"], 1)
    assert days_to_reckon(code="platform", at=datetime(2026, 11, 23, 1, 0, tzinfo=UTC))[-1:] != [day]
    assert Entry.objects.filter(kind="manifest", subject="platform:platform").count() == 3


def test_days_of_a_long_outage_wait_for_their_manifest_and_one_that_grew_is_reckoned_again(clock: Clock) -> None:
    introduce([city()])
    owe(*((f"m{n}", JIZHONG) for n in range(3)))
    share_out(addressees=[city()], at=clock.now)
    first = day_of(Filing.objects.earliest("created_at").created_at)

    def clean(day: date, count: int) -> None:
        Manifest.objects.create(
            platform="platform", day=day, at=clock.now, count=count, held=count, root="", missing=[], surplus=[],
            difference=0, again=0, receipt="DZ",
        )  # fmt: skip

    def asked(after: int) -> list[date]:
        return days_to_reckon(code="platform", at=clock.now + timedelta(days=after))

    assert asked(1)[-1] == first
    assert asked(30)[0] == first, "nothing was ever reckoned: the platform was away from the beginning"
    clean(first, 2)
    assert asked(1)[-1] == first, "a filing was dated before midnight and came after the reckoning"
    clean(first, 3)
    assert first not in asked(1)
    many = asked(30)
    assert many[0] == first + timedelta(days=1)
    assert len(many) == 14, "seven of the outage, and the last seven"
    assert many[-1] == first + timedelta(days=29)


@pytest.mark.postgres
def test_two_workers_that_share_out_at_once_owe_each_filing_once() -> None:
    owe(*((f"{number:03d}", JIZHONG) for number in range(60)))
    starting = Barrier(2)
    broke: list[Exception] = []

    def work() -> None:
        try:
            starting.wait()
            for _turn in range(30):
                share_out(addressees=[city()], at=NINE, limit=4)
        except DatabaseError as error:
            broke.append(error)
        finally:
            connection.close()

    threads = [Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    while share_out(addressees=[city()], at=NINE):
        pass
    assert broke == []
    assert Delivery.objects.count() == 60
    owed = list(Delivery.objects.order_by("pk").values_list("filing_id", flat=True))
    assert owed == sorted(owed)


@pytest.mark.django_db
def test_a_platform_that_answers_with_thousands_fills_no_row_and_all_are_counted() -> None:
    sent = manifest_of(code="platform", day=date(2026, 11, 22), source=HOUSE, at=datetime(2026, 11, 23, tzinfo=UTC))
    strange = tuple(f"X{number:05d}" for number in range(1_002))
    answered = Answered(receipt="DZ1", held=3, missing=(), surplus=strange)
    kept = keep_difference(sent=sent, answered=answered, actor=LI_JING, at=datetime(2026, 11, 23, tzinfo=UTC))
    assert (kept.surplus, kept.difference) == (list(strange[:1_000]), 1_002)
    entry = Entry.objects.get(kind="manifest")
    assert json.loads(bytes(entry.body or b""))["body"]["surplus"] == 1_002
