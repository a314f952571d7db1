"""`manage.py verify` names every row that somebody altered, removed or inserted behind the house's back."""

import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any, cast

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from audit.actor import Actor
from audit.canonical import canonical, leaf_hash
from audit.log_keys import LogKeys
from audit.merkle import root_of
from audit.models import Checkpoint, Entry, Filing, Leaf, PendingEntry, Tile, VisitFact
from audit.pen import Pen
from audit.services.entry import record
from audit.services.sequence import sequence
from tests.audit.tampering import past_the_guards
from tests.town import BEARINGS, CASHMERE, Town

LOG = settings.LOG
KEYS = cast(LogKeys, LOG.keys)
NOON = datetime(2026, 7, 1, 4, tzinfo=UTC)
FILLING = 260
TURNS = 33
"""Each way at least once."""


@pytest.fixture(autouse=True)
def _noon(time_machine: Any) -> None:
    time_machine.move_to(NOON, tick=False)


def into_the_log(at: datetime) -> None:
    while sequence(keys=KEYS, origin=LOG.origin, at=at):
        pass


def filled(count: int) -> None:
    with transaction.atomic():
        pen = Pen()
        for number in range(count):
            record(kind="test", subject=f"test:{number}", body={}, actor=Actor.command("test"), at=NOON, pen=pen)
        pen.flush()


def lived(town: Town) -> None:
    """张伟 and 李娜 inspect 邢台轴承 and say what came of it; 赵敏 is at 暖阳羊绒; one full tile and a part of one."""
    moment = {"scanned_at": NOON.isoformat()}
    number = town.zhang_wei.scan(BEARINGS, **moment).json()["visit"]["number"]
    into_the_log(NOON)
    filled(FILLING)
    into_the_log(NOON + timedelta(seconds=1))
    town.li_na.scan(BEARINGS, **moment)
    items = [{"item": "消防通道", "outcome": "compliant"}]
    assert town.zhang_wei.post(f"/visits/{number}/result", {"items": items}).status_code == 201
    town.zhao_min.scan(CASHMERE, **moment)
    into_the_log(NOON + timedelta(seconds=2))


def verified(*options: str) -> tuple[int, str]:
    """The exit code, and what was printed."""
    out = StringIO()
    try:
        call_command("verify", *options, stdout=out)
    except CommandError as error:
        return error.returncode, out.getvalue()
    return 0, out.getvalue()


def place_of(entry: Entry) -> Leaf:
    return Leaf.objects.get(entry=entry)


def body_altered(cursor: Any, entry: Entry) -> str:
    cursor.execute("UPDATE audit_entry SET body = %s WHERE id = %s", [bytes(entry.body or b"") + b" ", entry.pk])
    return f"audit_entry {entry.pk} ({entry})：内容与叶哈希不符"


def body_and_leaf_altered(cursor: Any, entry: Entry) -> str:
    """By somebody who knows how leaves are made: the tree still says otherwise."""
    document = json.loads(bytes(entry.body or b""))
    body, salt = canonical({**document, "body": {"nothing": "happened"}}), bytes(entry.salt or b"")
    leaf = leaf_hash(salt=salt, body=body)
    cursor.execute("UPDATE audit_entry SET body = %s, leaf = %s WHERE id = %s", [body, leaf, entry.pk])
    index = place_of(entry).index
    if index < 256:
        return f"位置 {index}\n"
    return among_what_was_signed(index)


def among_what_was_signed(index: int) -> str:
    """No full tile has it: the places since the checkpoint before."""
    first = Checkpoint.objects.filter(size__lte=index).latest("size").size
    over = Checkpoint.objects.filter(size__gt=index).earliest("size")
    return f"audit_leaf {LOG.origin}/1/{first}…{over.size - 1}：其中有的不是检查点 {over.pk} "


def column_altered(cursor: Any, entry: Entry) -> str:
    cursor.execute("UPDATE audit_entry SET at = %s WHERE id = %s", [entry.at - timedelta(days=1), entry.pk])
    return f"audit_entry {entry.pk} ({entry})：列 at 与内容不符"


def subject_altered(cursor: Any, entry: Entry) -> str:
    cursor.execute("UPDATE audit_entry SET subject = 'x' WHERE id = %s", [entry.pk])
    return f"audit_entry {entry.pk} ({entry.kind} x)：列 subject 与内容不符"


def wiped(cursor: Any, entry: Entry) -> str:
    cursor.execute("UPDATE audit_entry SET body = NULL, salt = NULL WHERE id = %s", [entry.pk])
    return f"audit_entry {entry.pk} ({entry})：内容被抹去，却没有 redacted 条目"


def entry_deleted(cursor: Any, entry: Entry) -> str:
    cursor.execute("DELETE FROM audit_entry WHERE id = %s", [entry.pk])
    return f"audit_entry {entry.pk}：条目已不在，其位置是 {LOG.origin}/1/{place_of(entry).index}"


def entry_inserted(cursor: Any, entry: Entry) -> str:
    """Back-dated, beside a real one, without a word to the queue."""
    at = entry.at - timedelta(days=30)
    document = {"kind": "scan", "subject": "invented", "actor": "officer:1", "at": at, "body": {}}
    body, salt = canonical(document), bytes(16)
    values = ["scan", "invented", 1, at, body, salt, leaf_hash(salt=salt, body=body)]
    cursor.execute(
        "INSERT INTO audit_entry (kind, subject, format, at, body, salt, leaf) VALUES (%s, %s, %s, %s, %s, %s, %s)",
        values,
    )
    return f"audit_entry {Entry.objects.latest('pk').pk} (scan invented)：不在日志中，也不在队列中"


def leaf_deleted(cursor: Any, entry: Entry) -> str:
    index = place_of(entry).index
    cursor.execute("DELETE FROM audit_leaf WHERE entry_id = %s", [entry.pk])
    last = Leaf.objects.latest("index").index
    return f"audit_leaf {LOG.origin}/1/{index}：缺少这一位置" if index <= last else f"日志只有 {last + 1} 个位置"


def leaves_swapped(cursor: Any, entry: Entry) -> str:
    """The entry and a neighbour change places."""
    here = place_of(entry)
    other = Leaf.objects.get(index=here.index + (1 if here.index + 1 < Leaf.objects.count() else -1))
    for row, index in ((here, -1), (other, here.index), (here, other.index)):
        cursor.execute('UPDATE audit_leaf SET "index" = %s WHERE id = %s', [index, row.pk])
    low = min(here.index, other.index)
    if low + 1 < 256:
        return f"位置 {low}, {low + 1}\n"
    if Checkpoint.objects.filter(size=low + 1).exists():
        return among_what_was_signed(low)
    return f"位置 {LOG.origin}/1/{low + 1}：条目 {min(entry.pk, other.entry_id)} 排在更晚的 "


def leaf_far_away(cursor: Any, entry: Entry) -> str:
    cursor.execute('UPDATE audit_leaf SET "index" = 1000000000 WHERE entry_id = %s', [entry.pk])
    return f"audit_leaf {place_of(entry).pk} ({entry.pk})：位置 1000000000 不在日志之内"


def requeued(cursor: Any, entry: Entry) -> str:
    cursor.execute("INSERT INTO audit_pendingentry (entry_id) VALUES (%s)", [entry.pk])
    return f"audit_pendingentry {entry.pk}：该条目已在日志中"


OF_AN_ENTRY = [
    body_altered, body_and_leaf_altered, column_altered, subject_altered, wiped, entry_deleted, entry_inserted,
    leaf_deleted, leaf_far_away, leaves_swapped, requeued,
]  # fmt: skip


def fact_altered(cursor: Any, fact: VisitFact) -> str:
    cursor.execute("UPDATE audit_visitfact SET purpose = 'service' WHERE id = %s", [fact.pk])
    return f"audit_visitfact {fact.pk} ({fact})：purpose 与条目 "


def fact_known_earlier(cursor: Any, fact: VisitFact) -> str:
    moment = fact.known_from - timedelta(days=1)
    cursor.execute("UPDATE audit_visitfact SET known_from = %s WHERE id = %s", [moment, fact.pk])
    return f"audit_visitfact {fact.pk} ({fact})：known_from 与条目 "


def fact_deleted(cursor: Any, fact: VisitFact) -> str:
    cursor.execute("DELETE FROM audit_visitfact WHERE id = %s", [fact.pk])
    return f"audit_visitfact {fact.visit} v{fact.version}：条目 "


def fact_inserted(cursor: Any, fact: VisitFact) -> str:
    VisitFact(**{**_values(fact), "id": None, "version": 77}).save(force_insert=True)
    return f"({fact.visit} v77)：没有条目说到它"


def filing_altered(cursor: Any, fact: VisitFact) -> str:
    filing = Filing.objects.get(number=f"{fact.visit}-{fact.version}")
    filing.payload["purpose"] = "service"
    cursor.execute("UPDATE audit_filing SET payload = %s WHERE id = %s", [json.dumps(filing.payload), filing.pk])
    return f"audit_filing {filing.pk} ({filing})：payload.purpose 与条目 "


def filing_added_to(cursor: Any, fact: VisitFact) -> str:
    filing = Filing.objects.get(number=f"{fact.visit}-{fact.version}")
    payload = json.dumps({**filing.payload, "note": "x"})
    cursor.execute("UPDATE audit_filing SET payload = %s WHERE id = %s", [payload, filing.pk])
    return f"audit_filing {filing.pk} ({filing})：payload.note 与条目 "


def filing_deleted(cursor: Any, fact: VisitFact) -> str:
    cursor.execute("DELETE FROM audit_filing WHERE number = %s", [f"{fact.visit}-{fact.version}"])
    return f"audit_filing {fact.visit}-{fact.version}：条目 "


def filing_inserted(cursor: Any, fact: VisitFact) -> str:
    found = Filing.objects.get(number=f"{fact.visit}-{fact.version}")
    Filing(**{**_values(found), "id": None, "number": f"{fact.visit}-77"}).save(force_insert=True)
    return f"({fact.visit}-77)：没有条目说到它"


def _values(row: Any) -> dict[str, Any]:
    names = [field.attname for field in row._meta.concrete_fields if not field.has_db_default()]
    return {name: getattr(row, name) for name in names}


OF_A_FACT = [
    fact_altered, fact_known_earlier, fact_deleted, fact_inserted, filing_altered, filing_added_to, filing_deleted,
    filing_inserted,
]  # fmt: skip


def tile_altered(cursor: Any) -> str:
    tile = Tile.objects.get()
    hashes = bytearray(tile.hashes)
    hashes[3 * 32] ^= 1
    cursor.execute("UPDATE audit_tile SET hashes = %s WHERE id = %s", [bytes(hashes), tile.pk])
    return f"audit_tile {LOG.origin}/1 0/000：与其下的哈希不符，位置 3\n"


def tile_root_altered(cursor: Any) -> str:
    cursor.execute("UPDATE audit_tile SET root = %s", [bytes(32)])
    return f"audit_tile {LOG.origin}/1 0/000：根哈希与其下的哈希不符"


def tile_deleted(cursor: Any) -> str:
    cursor.execute("DELETE FROM audit_tile")
    return f"audit_tile {LOG.origin}/1 0/000：缺少这一瓦片"


def tile_inserted(cursor: Any) -> str:
    tile = Tile.objects.get()
    new = Tile.objects.create(log_id=1, level=1, number=0, hashes=tile.hashes, root=root_of([bytes(32)]))
    return f"audit_tile {new.pk} ({LOG.origin}/1 1/000)：日志还没有这么多条目"


def checkpoint_root_altered(cursor: Any) -> str:
    first = Checkpoint.objects.earliest("size")
    cursor.execute("UPDATE audit_checkpoint SET root = %s WHERE id = %s", [bytes(32), first.pk])
    return f"audit_checkpoint {first.pk} ({LOG.origin}/1@{first.size})：列与签名文本不符"


def checkpoint_note_altered(cursor: Any) -> str:
    last = Checkpoint.objects.latest("size")
    note = last.note.replace(f"\n{last.size}\n", f"\n{last.size + 1}\n")
    cursor.execute("UPDATE audit_checkpoint SET note = %s WHERE id = %s", [note, last.pk])
    return f"audit_checkpoint {last.pk} ({LOG.origin}/1@{last.size})：签名文本不成立"


def checkpoint_signature_dropped(cursor: Any) -> str:
    last = Checkpoint.objects.latest("size")
    note = last.note.rpartition("—")[0]
    cursor.execute("UPDATE audit_checkpoint SET note = %s WHERE id = %s", [note, last.pk])
    return f"audit_checkpoint {last.pk} ({LOG.origin}/1@{last.size})：缺少日志的一个签名"


def checkpoint_deleted(cursor: Any) -> str:
    last = Checkpoint.objects.latest("size")
    cursor.execute("DELETE FROM audit_checkpoint WHERE id = %s", [last.pk])
    signed = Checkpoint.objects.latest("size").size
    return f"audit_leaf {LOG.origin}/1/{signed}…{last.size - 1}：从 {signed} 起没有检查点"


OF_THE_LOG = [
    tile_altered, tile_root_altered, tile_deleted, tile_inserted, checkpoint_root_altered, checkpoint_note_altered,
    checkpoint_signature_dropped, checkpoint_deleted,
]  # fmt: skip


def located(tamper: Callable[[Any], str]) -> str:
    """Tamper, verify, undo. What is wrong, empty when the row was named and the exit code was 1."""
    with transaction.atomic():
        with past_the_guards() as cursor:
            named = tamper(cursor)
        code, out = verified()
        transaction.set_rollback(True)
    return "" if code == 1 and named in out else f"{named!r} is not in (exit {code}):\n{out}"


@pytest.mark.django_db(transaction=True)
def test_an_untouched_house_holds_and_says_what_was_gone_through(town: Town) -> None:
    lived(town)
    code, out = verified()
    entries, facts = Entry.objects.count(), VisitFact.objects.count()
    assert code == 0, out
    assert f"条目 {entries}（已抹去 0，待入日志 0），位置 {entries}，瓦片 1，检查点 3，入企事实 {facts}" in out
    assert facts == 4
    assert "核验通过" in out


@pytest.mark.django_db
def test_each_way_to_tamper_with_the_log_entries_facts_and_filings_is_located_wherever_it_strikes(town: Town) -> None:
    """Rows of all floors: tests/audit/test_verify_rows.py."""
    lived(town)
    for tamper in OF_THE_LOG:
        assert located(tamper) == "", tamper.__name__
    dice = random.Random(20260701)
    entries, facts = list(Entry.objects.order_by("pk")), list(VisitFact.objects.all())
    ends = [*entries[:3], *entries[254:258], *entries[-12:]]
    for turn in range(TURNS):
        if turn % 3:
            deed, row = OF_AN_ENTRY[turn % len(OF_AN_ENTRY)], dice.choice([dice.choice(entries), dice.choice(ends)])
            row = Entry.objects.get(pk=row.pk)
            assert located(lambda cursor, deed=deed, row=row: deed(cursor, row)) == "", (turn, deed.__name__)  # type: ignore[misc]
        else:
            other, fact = OF_A_FACT[turn // 3 % len(OF_A_FACT)], dice.choice(facts)
            assert located(lambda cursor, deed=other, row=fact: deed(cursor, row)) == "", (turn, other.__name__)  # type: ignore[misc]
    assert verified()[0] == 0


@pytest.mark.django_db
def test_a_lawful_redaction_leaves_nothing_to_complain_of(town: Town, time_machine: Any) -> None:
    lived(town)
    scan = Entry.objects.filter(kind="scan").earliest("pk")
    later = NOON + timedelta(days=3_653)
    time_machine.move_to(later, tick=False)
    with transaction.atomic():
        subject = f"entry:{scan.pk}"
        record(kind="redacted", subject=subject, body={}, actor=Actor.command("test"), at=later)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE audit_entry SET body = NULL, salt = NULL WHERE id = %s", [scan.pk])
    code, out = verified()
    assert (code, "已抹去 1" in out) == (0, True), out
    assert "2 行的条目已抹去或被改，无从比对" in out


@pytest.mark.django_db
def test_a_broken_promise_is_listed_and_is_no_tampering(town: Town, time_machine: Any) -> None:
    town.zhang_wei.scan(scanned_at=NOON.isoformat())
    into_the_log(NOON + timedelta(seconds=61))
    town.wang_qiang.scan(scanned_at=NOON.isoformat())
    waiting = PendingEntry.objects.count()
    time_machine.move_to(NOON + timedelta(minutes=5), tick=False)
    code, out = verified()
    assert code == 0, out
    assert f"{Entry.objects.count()} 个条目未在 60 秒内进入日志" in out
    assert f"待入日志 {waiting}" in out
    assert f"({Entry.objects.earliest('pk')})" in out


@pytest.mark.django_db
def test_without_keys_it_says_that_signatures_were_not_checked(town: Town, settings: Any) -> None:
    lived(town)
    settings.LOG = type(LOG)(origin=LOG.origin, keys=None)
    code, out = verified()
    assert (code, "未核对签名" in out) == (0, True), out
