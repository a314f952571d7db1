"""Filings reach the platform: at least once, each enterprise's in their order, nothing locked while it thinks."""

import socket
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from audit.canonical import canonical, digest, utc_text
from audit.models import Attempt, Filing
from audit.services.deliver import Delivery, claim, settle
from audit.services.file import file
from audit.supervision import NotDelivered, Receipt
from audit.webhook import public_text
from tests.audit.platforms import HOUSE, KEY, Answer, Receiver, line_to, receiver, scripted

# One group: the platforms are processes, started once for all of it.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("platform")]

NINE = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
LEASE = timedelta(seconds=40)
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
    with line_to(url, timeout=timeout, allowed=allowed) as line:
        Delivery(
            platform=line,
            source=HOUSE,
            clock=clock,
            lease=LEASE,
            lanes=lanes,
            tell=lambda event, facts: told.append({"event": event, **facts}),
        ).run(poll_seconds=None)
    return told


def test_a_filing_arrives_and_both_sides_hold_its_receipt(platform: Receiver, clock: Clock) -> None:
    owe(("arrives", JIZHONG))
    clock.forward(seconds=3)
    deliver(platform.filings, clock)
    filing = Filing.objects.get()
    assert (filing.status, filing.delivered_at, filing.attempts, filing.leased_until) == (
        "delivered",
        NINE + timedelta(seconds=3),
        1,
        None,
    )
    assert filing.platform_receipt.startswith("PT")
    attempt = Attempt.objects.get()
    assert (attempt.ok, attempt.http_status, attempt.detail, attempt.at) == (True, 201, "stored", filing.delivered_at)


def test_a_delivered_filing_costs_eight_statements_transactions_included(platform: Receiver, clock: Clock) -> None:
    owe(*((f"cost-{number}", JIZHONG) for number in range(3)))
    with CaptureQueriesContext(connection) as queries:
        deliver(platform.filings, clock)
    verbs = [query["sql"].split()[0] for query in queries.captured_queries]
    one = ["BEGIN", "SELECT", "UPDATE", "COMMIT", "BEGIN", "UPDATE", "INSERT", "COMMIT"]
    assert verbs == one * 3 + ["BEGIN", "SELECT", "COMMIT"]


def test_a_letter_that_the_platform_had_already_counts_as_delivered(platform: Receiver, clock: Clock) -> None:
    owe(("again", JIZHONG))
    (lost,) = claim(at=NINE, limit=1, lease=LEASE, source=HOUSE)  # this worker sends it, and dies before it settles
    with line_to(platform.filings) as line:
        receipt = line.send(lost.letter)
    clock.forward(seconds=41)
    (told,) = deliver(platform.filings, clock)
    assert (told["event"], told["answer"], told["attempt"]) == ("delivered", "duplicate", 2)
    assert Filing.objects.get().platform_receipt == receipt.number
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
        filing = Filing.objects.get(number="1")
        rests.append(filing.next_attempt_at - clock.now)
        clock.now = filing.next_attempt_at - timedelta(microseconds=1)
        assert deliver(url, clock) == []
        clock.now = filing.next_attempt_at
    assert [rest.total_seconds() for rest in rests] == [5, 30, 120, 600, 1800, 3600, 3600]
    assert "无法连接平台" in Attempt.objects.filter(filing__number="1").latest("id").detail
    with receiver(tmp_path / "platform.sqlite3", "--port", str(port), "--fail-first", "2") as platform:
        assert {(line["event"], line["http_status"]) for line in deliver(url, clock)} == {("failed", 500)}
        clock.forward(hours=1)
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
    filing, attempt = Filing.objects.get(), Attempt.objects.get()
    assert (filing.status, filing.platform_receipt) == ("pending", "")
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


def test_a_leased_filing_holds_its_lane_until_the_lease_runs_out() -> None:
    owe(("1", JIZHONG), ("2", JIZHONG))
    (first,) = claim(at=NINE, limit=9, lease=LEASE, source=HOUSE)
    assert claim(at=NINE + LEASE - timedelta(microseconds=1), limit=9, lease=LEASE, source=HOUSE) == []
    (second,) = claim(at=NINE + LEASE, limit=9, lease=LEASE, source=HOUSE)
    assert (first.letter.number, second.letter.number) == ("1", "1")
    assert (first.attempt, second.attempt) == (1, 2)


@pytest.mark.parametrize("outcome", [Receipt(status="stored", number="LATE", http_status=200), NotDelivered("迟到")])
def test_a_worker_that_wakes_after_its_lease_changes_nothing_but_its_try_is_told(
    outcome: Receipt | NotDelivered,
) -> None:
    owe(("1", JIZHONG))
    (sleeper,) = claim(at=NINE, limit=1, lease=LEASE, source=HOUSE)
    (heir,) = claim(at=NINE + LEASE, limit=1, lease=LEASE, source=HOUSE)
    before = Filing.objects.values().get()
    assert not settle(claim=sleeper, outcome=outcome, at=NINE + LEASE)
    assert Filing.objects.values().get() == before
    assert "由他人接手" in Attempt.objects.get().detail
    assert settle(claim=heir, outcome=Receipt(status="duplicate", number="R", http_status=200), at=NINE + LEASE)
    settled = Filing.objects.values().get()
    assert not settle(claim=sleeper, outcome=outcome, at=NINE + LEASE)
    assert Filing.objects.values().get() == settled
    assert settled["platform_receipt"] == "R"


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
    (letter,) = [taken.letter for taken in claim(at=NINE, limit=1, lease=LEASE, source=HOUSE)]
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
