"""Entries get their places in the log; everybody can check what it says of itself."""

import itertools
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, connections, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit.actor import Actor
from audit.append_only import tables
from audit.log_keys import BadLogKeys, LogKeys
from audit.merkle import check_consistency, check_inclusion, root_of
from audit.models import Checkpoint, Cosignature, Entry, Leaf, Log, PendingEntry, Tile
from audit.note import COSIGNATURE, BadNote, Head, Note, Verifier, cosigned
from audit.pen import Pen
from audit.promise import Promise
from audit.services import sequence as sequencing
from audit.services.entry import record
from audit.services.sequence import Rewritten, sequence
from audit.tree import consistency, standing, tree
from tests.audit.tampering import past_the_guards
from tests.audit.test_note import edwards

KEYS = LogKeys.derived("xingtai")
ORIGIN = "ruqi.xingtai.example/log/1"
NOON = datetime(2026, 7, 1, 4, tzinfo=UTC)
VERIFIERS = [key.verifier for key in KEYS.note_keys(ORIGIN)]


def entries(count: int) -> None:
    with transaction.atomic():
        pen = Pen()
        for number in range(count):
            record(kind="test", subject=f"test:{number}", body={}, actor=Actor.command("test"), at=NOON, pen=pen)
        pen.flush()


def sequenced(at: datetime = NOON, *, limit: int = sequencing.BATCH) -> Checkpoint | None:
    done = sequence(keys=KEYS, origin=ORIGIN.removesuffix("/1"), at=at, limit=limit)
    return done.checkpoint if done else None


def leaves() -> list[bytes]:
    return [bytes(leaf) for leaf in Leaf.objects.order_by("index").values_list("entry__leaf", flat=True)]


pytestmark = pytest.mark.django_db(transaction=True)


def test_a_batch_gets_places_in_the_order_of_its_entries_and_a_signed_checkpoint() -> None:
    entries(3)
    checkpoint = sequenced()
    assert checkpoint is not None
    assert list(Leaf.objects.order_by("index").values_list("index", "entry__subject")) == [
        (0, "test:0"),
        (1, "test:1"),
        (2, "test:2"),
    ]
    note = Note.of(checkpoint.note)
    assert note.signed_by(VERIFIERS) == VERIFIERS
    assert Head.of(note.text) == Head(ORIGIN, 3, root_of(leaves()))
    assert (PendingEntry.objects.count(), sequenced()) == (0, None)


def test_a_log_grown_in_odd_batches_past_a_second_level_is_the_tree_of_all_its_leaves() -> None:
    heads = []
    for count in (1, 254, 1, 1, 300, 512, 700):
        entries(count)
        heads.append(sequenced())
    sizes = [one.size for one in heads if one]
    assert sizes == [1, 255, 256, 257, 557, 1069, 1769]
    everything = leaves()
    assert [bytes(one.root) for one in heads if one] == [root_of(everything[:size]) for size in sizes]
    assert set(Tile.objects.values_list("level", "number")) == {(0, number) for number in range(6)}
    log = Log.objects.get()
    for size1, size2 in itertools.pairwise(sizes):
        check_consistency(
            size1,
            size2,
            root1=root_of(everything[:size1]),
            root2=root_of(everything[:size2]),
            proof=consistency(log, size1, size2),
        )


def test_a_second_level_tile_is_written_when_its_last_tile_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audit.services.sequence.WIDTH", 4)
    monkeypatch.setattr("audit.tree.WIDTH", 4)
    monkeypatch.setattr("audit.tiles.WIDTH", 4)
    monkeypatch.setattr("audit.tiles.HEIGHT", 2)
    for count in (3, 10, 4, 60):
        entries(count)
        sequenced()
    assert Tile.objects.filter(level=1).count() == 77 // 16
    assert Tile.objects.filter(level=2).count() == 1
    log, everything = Log.objects.get(), leaves()
    for size in range(1, 78):
        assert consistency(log, size, 77) is not None
    check_consistency(21, 77, root1=root_of(everything[:21]), root2=root_of(everything), proof=consistency(log, 21, 77))
    assert tree(log, size=77)(2, 3) == root_of(everything[12:16])


def test_every_entry_can_be_proved_under_the_newest_checkpoint() -> None:
    entries(300)
    sequenced(limit=280)
    for entry in Entry.objects.order_by("pk")[:280:37]:
        found = standing(entry)
        assert found is not None
        head = Head.of(Note.of(found.note).text)
        check_inclusion(found.index, size=head.size, leaf=bytes(entry.leaf), proof=found.proof, root=head.root)
    last = Entry.objects.order_by("-pk")[0]
    assert standing(last) is None


def test_nothing_is_signed_over_a_tree_that_was_altered() -> None:
    entries(5)
    sequenced()
    with past_the_guards() as cursor:
        cursor.execute("UPDATE audit_entry SET leaf = %s WHERE subject = 'test:2'", [bytes(32)])
    entries(1)
    with pytest.raises(Rewritten):
        sequenced()
    assert (Checkpoint.objects.count(), Leaf.objects.count()) == (1, 5)


@pytest.mark.parametrize("table", ["log", "leaf", "tile", "checkpoint", "cosignature"])
def test_the_logs_past_is_closed(table: str) -> None:
    assert f"audit_{table}" in tables()


def test_a_place_is_given_once() -> None:
    entries(1)
    sequenced()
    leaf = Leaf.objects.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        Leaf.objects.create(log=leaf.log, index=1, entry=leaf.entry)


@pytest.mark.postgres
def test_two_sequencers_at_once_give_each_place_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the lock the second takes the same queue and fails on a place that is taken."""
    entries(2_000)
    troubles: list[BaseException] = []
    starting = threading.Barrier(4)

    def work() -> None:
        starting.wait()
        try:
            while PendingEntry.objects.exists():
                sequenced(limit=150)
        except BaseException as trouble:
            troubles.append(trouble)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert troubles == []
    newest = Checkpoint.objects.order_by("-size")[0]
    assert (newest.size, bytes(newest.root)) == (2_000, root_of(leaves()))


def test_checkpoint_and_tiles_are_served_as_c2sp_says(client: Client) -> None:
    assert client.get("/log/1/checkpoint").status_code == 404
    entries(300)
    sequenced()
    answer = client.get("/log/1/checkpoint")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    head = Head.of(Note.of(answer.content.decode()).text)
    full, part = client.get("/log/1/tile/0/000"), client.get("/log/1/tile/0/001.p/44")
    assert (len(full.content), len(part.content)) == (8192, 44 * 32)
    assert full["Cache-Control"] == "public, max-age=31536000, immutable"
    hashes = [(full.content + part.content)[at : at + 32] for at in range(0, 300 * 32, 32)]
    assert root_of(hashes) == head.root
    assert client.get("/log/1/tile/1/000.p/1").content == root_of(hashes[:256])
    for path in ("0/001", "0/001.p/45", "2/000.p/1", "0/0", "entries/000", "0/000.p/0"):
        assert client.get(f"/log/1/tile/{path}").status_code == 404
    assert client.get("/log/2/checkpoint").status_code == 404
    assert client.post("/log/1/checkpoint").status_code == 405


def _vouch(checkpoint: Checkpoint | None) -> str:
    assert checkpoint is not None
    said = cosigned(Note.of(checkpoint.note).text, key=edwards("witness.example", COSIGNATURE), seconds=1).line()
    Cosignature.objects.create(checkpoint=checkpoint, witness="witness.example", line=said.rstrip(), at=NOON)
    return said


@pytest.mark.django_db
def test_what_a_witness_cosigned_is_shown_before_what_is_newer_unless_the_witness_is_away(client: Client) -> None:
    def shown(note: str) -> tuple[int, bool]:
        return Head.of(Note.of(note).text).size, said in note

    def of(index: int) -> tuple[int, bool]:
        found = standing(Leaf.objects.get(index=index).entry)
        assert found is not None
        head = Head.of(Note.of(found.note).text)
        leaf = bytes(found.entry.leaf)
        check_inclusion(found.index, size=head.size, leaf=leaf, proof=found.proof, root=head.root)
        return shown(found.note)

    entries(2)
    said = _vouch(sequenced())
    entries(1)
    sequenced(NOON + timedelta(seconds=20))
    assert shown(client.get("/log/1/checkpoint").content.decode()) == (2, True)
    assert (of(0), of(2)) == ((2, True), (3, False))
    entries(1)
    newest = sequenced(NOON + timedelta(seconds=40))
    assert shown(client.get("/log/1/checkpoint").content.decode()) == (4, False)
    assert of(1) == (2, True)
    said = _vouch(newest)
    assert (of(0), shown(client.get("/log/1/checkpoint").content.decode())) == ((4, True), (4, True))


def test_what_serving_costs(client: Client) -> None:
    entries(300)
    sequenced()
    for path, cost in (("checkpoint", 4), ("tile/0/000", 3), ("tile/0/001.p/44", 3), ("tile/1/000.p/1", 3)):
        with CaptureQueriesContext(connection) as captured:
            client.get(f"/log/1/{path}")
        assert len(captured) == cost


def test_a_promise_names_leaf_and_moment_and_is_always_the_same() -> None:
    key = KEYS.promise_key(ORIGIN)
    promise = Promise(ORIGIN, bytes(range(32)), NOON)
    said = promise.signed(key)
    assert said == promise.signed(key)
    assert Promise.of(said, verifier=key.verifier) == promise
    assert "merged-by 2026-07-01T04:01:00.000000Z" in said
    for altered in (said.replace("04:01", "05:01"), said.replace("leaf ", "leaf A"), said.replace("promise v1", "x")):
        with pytest.raises(BadNote):
            Promise.of(altered, verifier=key.verifier)


def test_the_worker_sequences_what_is_queued(capsys: pytest.CaptureFixture[str]) -> None:
    entries(2)
    call_command("work", "--once")
    assert '"event": "sequenced", "entries": 2, "size": 2' in capsys.readouterr().out
    assert Checkpoint.objects.get().size == 2


def test_keys_are_made_once_and_read_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "log.pem"
    call_command("log_keys", str(file))
    assert file.stat().st_mode & 0o777 == 0o600
    with pytest.raises(CommandError, match="exists"):
        call_command("log_keys", str(file))
    capsys.readouterr()
    call_command("log_keys", str(file), name=ORIGIN)
    shown = [Verifier.of(line) for line in capsys.readouterr().out.split()]
    assert shown == [key.verifier for key in LogKeys.read(file).note_keys(ORIGIN)]
    file.write_text("nonsense")
    with pytest.raises(BadLogKeys):
        LogKeys.read(file)
    with pytest.raises(CommandError):
        call_command("log_keys", str(tmp_path / "none.pem"), name=ORIGIN)


def test_the_moment_of_a_checkpoint_is_the_sequencers() -> None:
    entries(1)
    later = NOON + timedelta(seconds=30)
    checkpoint = sequenced(later)
    assert checkpoint is not None
    assert checkpoint.at == later
