"""Each checkpoint is cosigned by the log's witnesses; an older or a rebuilt tree is not, and is signed no further."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from typing import Any, cast

import httpx
import pytest
from django.conf import settings as house
from django.core.management import CommandError, call_command
from django.db import connection, connections, transaction
from django.test import Client
from pytest_django import Settings

from audit.actor import Actor
from audit.canonical import canonical, leaf_hash
from audit.log_keys import LogKeys
from audit.merkle import root_of
from audit.models import Checkpoint, Cosignature, Entry, Halt, Leaf, Log, PendingEntry
from audit.note import Head, Note, signed
from audit.services import sequence as sequencing
from audit.services.halt import halt
from audit.services.sequence import Halted, sequence
from audit.watcher import BadWatcher, watchers
from audit.witnesses import Witnesses
from tests.audit.tampering import past_the_guards
from tests.audit.test_sequence import NOON, entries
from tests.audit.watching import Watcher as Watching
from tests.audit.watching import watching

pytestmark = pytest.mark.xdist_group("platform")
over_http = pytest.mark.django_db(transaction=True)

LOG = house.LOG
KEYS = cast(LogKeys, LOG.keys)


@pytest.fixture(scope="module")
def _one_witness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watching]:
    verifiers = [key.verifier for key in KEYS.note_keys(f"{LOG.origin}/1")]
    with watching(tmp_path_factory.mktemp("witness"), *verifiers) as running:
        yield running


@pytest.fixture
def witness(_one_witness: Watching, settings: Settings) -> Watching:
    """A witness that has seen nothing of this test's log yet."""
    _one_witness.restart_empty()
    settings.WITNESS_POLICY = replace(house.WITNESS_POLICY, watchers=(_one_witness.as_named("市见证处"),))
    return _one_witness


def worked() -> tuple[int, list[dict[str, Any]]]:
    """`work --once`: its exit code and its lines."""
    out = StringIO()
    code = 0
    try:
        call_command("work", "--once", stdout=out)
    except CommandError as error:
        code = error.returncode
    return code, [json.loads(line) for line in out.getvalue().splitlines()]


def events(lines: list[dict[str, Any]]) -> list[str]:
    return [line["event"] for line in lines if line["event"] not in ("started", "ended", "no_platform", "watched")]


@over_http
def test_each_checkpoint_is_cosigned_and_served_with_the_witnesss_line(witness: Watching, client: Client) -> None:
    entries(3)
    code, lines = worked()
    assert (code, lines[0]["event"], lines[0]["size"]) == (0, "sequenced", 3)
    assert {"event": "cosigned", "size": 3, "witnesses": [witness.verifier.name]}.items() <= lines[1].items()
    entries(2)
    worked()
    worked()  # nothing new: nobody is asked for another line
    assert list(Cosignature.objects.values_list("checkpoint__size", flat=True).order_by("pk")) == [3, 5]
    note = Note.of(client.get("/log/1/checkpoint").content.decode())
    assert Head.of(note.text).size == 5
    assert witness.verifier in note.signed_by([witness.verifier])


@over_http
def test_a_witness_that_was_away_is_given_the_proof_from_the_size_that_it_names(witness: Watching) -> None:
    entries(3)
    worked()
    with past_the_guards() as cursor:
        cursor.execute("DELETE FROM audit_cosignature")  # we do not know any more what it knows
    entries(4)
    sequence(keys=KEYS, origin=LOG.origin, at=NOON)
    code, lines = worked()
    assert (code, events(lines)) == (0, [])
    assert Cosignature.objects.get().checkpoint.size == 7


@over_http
def test_a_witness_that_is_down_is_told_of_and_stops_nothing(witness: Watching, settings: Settings) -> None:
    nobody = replace(settings.WITNESS_POLICY.watchers[0], url="http://127.0.0.1:9")
    settings.WITNESS_POLICY = replace(settings.WITNESS_POLICY, watchers=(nobody,))
    entries(2)
    code, lines = worked()
    assert (code, events(lines)) == (0, ["witness_away", "sequenced"])
    assert Checkpoint.objects.get().size == 2
    settings.WITNESS_POLICY = replace(settings.WITNESS_POLICY, networks=())
    assert "不在允许之列" in worked()[1][0]["detail"]


@over_http
def test_an_older_database_is_refused_at_the_start_and_stays_refused(witness: Watching) -> None:
    entries(3)
    worked()
    entries(2)
    worked()
    _forget_after(3)
    entries(1)
    code, lines = worked()
    assert (code, events(lines)) == (3, ["halted"])
    why = Halt.objects.get()
    assert (why.why, why.size, why.witness_size) == ("smaller", 3, 5)
    assert Head.of(Note.of(why.note).text).size == 5  # with our own signature: nobody can invent it
    witness.kill()
    assert worked()[0] == 3
    assert Checkpoint.objects.latest("size").size == 3
    assert set(PendingEntry.objects.values_list("entry__kind", flat=True)) == {"test", "log-halted"}


@over_http
def test_a_rebuilt_tree_is_refused_by_the_witness_and_by_us(witness: Watching) -> None:
    """By somebody with the database's password and the log's keys: another body, its leaf, tree and checkpoint anew."""
    entries(3)
    worked()
    entry = Entry.objects.order_by("pk")[1]
    salt = bytes(entry.salt or b"")
    body = canonical({"kind": "test", "subject": "test:1", "actor": "command:test", "at": NOON, "body": {"x": 1}})
    with past_the_guards() as cursor:
        leaf = leaf_hash(salt=salt, body=body)
        cursor.execute("UPDATE audit_entry SET body = %s, leaf = %s WHERE id = %s", [body, leaf, entry.pk])
        root = root_of([bytes(one) for one in Leaf.objects.order_by("index").values_list("entry__leaf", flat=True)])
        note = signed(Head(f"{LOG.origin}/1", 3, root).text(), keys=KEYS.note_keys(f"{LOG.origin}/1"))
        cursor.execute("UPDATE audit_checkpoint SET root = %s, note = %s", [root, str(note)])
    entries(2)
    code, lines = worked()
    assert (code, events(lines)) == (3, ["halted"])
    assert Halt.objects.get().why == "another"
    assert Head.of(Note.of(Halt.objects.get().note).text).root != root


@over_http
def test_a_refusal_that_no_checkpoint_proves_halts_nothing(witness: Watching, settings: Settings) -> None:
    """A proxy before the witness says 422 to everything it does not know; what it shows of the witness is ours."""
    entries(3)
    worked()
    entries(2)
    sequence(keys=KEYS, origin=LOG.origin, at=NOON)
    named = settings.WITNESS_POLICY.watchers[0]
    shown = httpx.get(named.shows(f"{LOG.origin}/1"), trust_env=False).content
    for status, shows in ((422, b""), (409, b""), (422, shown)):
        with proxy(status, shows) as url:
            settings.WITNESS_POLICY = replace(settings.WITNESS_POLICY, watchers=(replace(named, url=url),))
            code, lines = worked()
            assert (code, set(events(lines))) == (0, {"witness_doubtful"})
    assert not Halt.objects.exists()
    settings.WITNESS_POLICY = replace(settings.WITNESS_POLICY, watchers=(named,))
    assert worked()[0] == 0
    assert Cosignature.objects.filter(checkpoint__size=5).exists()


@over_http
def test_a_database_that_lost_even_its_first_log_is_refused(witness: Watching) -> None:
    entries(2)
    worked()
    with past_the_guards() as cursor:
        for table in ("cosignature", "checkpoint", "leaf", "log"):
            cursor.execute(f"DELETE FROM audit_{table}")
    entries(1)
    assert worked()[0] == 3
    assert (Halt.objects.get().size, Halt.objects.get().witness_size, Log.objects.count()) == (0, 2, 1)


@pytest.mark.django_db
def test_a_log_that_has_grown_meanwhile_is_not_halted() -> None:
    """Another worker has sequenced and shown the witness more, while this one was asking."""
    entries(3)
    sequence(keys=KEYS, origin=LOG.origin, at=NOON)
    assert _halted(witness_size=3) is None
    assert _halted(witness_size=4) is not None
    first = Halt.objects.get()
    assert _halted(witness_size=9) == first  # the first reason stands


@over_http
@pytest.mark.postgres
def test_nothing_is_signed_once_the_log_is_halted_though_a_batch_was_under_way() -> None:
    """Without the lock in halt.py a batch that began before the halt is signed after it."""
    entries(1)
    sequence(keys=KEYS, origin=LOG.origin, at=NOON)
    entries(1)
    begun, go_on = threading.Event(), threading.Event()
    order: list[str] = []

    def batch() -> None:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [sequencing.LOCK])
                begun.set()
                go_on.wait(5)
                order.append("signed")
        finally:
            connections.close_all()

    def stop() -> None:
        try:
            _halted(witness_size=5)
            order.append("halted")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=batch), threading.Thread(target=stop)]
    threads[0].start()
    begun.wait(5)
    threads[1].start()
    threads[1].join(0.3)
    go_on.set()
    for thread in threads:
        thread.join()
    assert order == ["signed", "halted"]
    with pytest.raises(Halted):
        sequence(keys=KEYS, origin=LOG.origin, at=NOON)


def test_witnesses_that_could_not_be_asked_are_refused_as_settings() -> None:
    vkey = KEYS.witness_key("w").verifier.vkey()
    assert watchers([{"vkey": vkey, "url": "https://w.example/"}])[0].door == "https://w.example/add-checkpoint"
    logs = KEYS.note_keys("l")[0].verifier.vkey()
    wrong: tuple[Any, ...] = (
        {},
        [3],
        [{"vkey": vkey}],
        [{"vkey": "x", "url": "https://w.example"}],
        [{"vkey": logs, "url": "https://w.example"}],
        [{"vkey": vkey, "url": "ftp://w.example"}],
        [{"vkey": vkey, "url": "https://w.example"}] * 2,
    )
    for told in wrong:
        with pytest.raises(BadWatcher):
            watchers(told)


@over_http
def test_no_witness_is_asked_inside_a_transaction(witness: Watching, settings: Settings) -> None:
    with transaction.atomic(), pytest.raises(transaction.TransactionManagementError):
        Witnesses(settings.WITNESS_POLICY).shown(witness.as_named(""), origin="x", verifiers=[])


@contextmanager
def proxy(status: int, shows: bytes) -> Iterator[str]:
    """Something before the witness that refuses each checkpoint, and shows this one, if any."""

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self._say(status, b"Unprocessable")

        def do_GET(self) -> None:
            self._say(200 if shows else 404, shows)

        def _say(self, code: int, content: bytes) -> None:
            self.send_response(code)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def _halted(*, witness_size: int) -> Halt | None:
    return halt(
        origin=LOG.origin,
        why=Halt.Why.SMALLER,
        witness="w",
        witness_size=witness_size,
        note="",
        actor=Actor.command("test"),
        at=NOON,
    )


def _forget_after(size: int) -> None:
    """As an older copy of the database would have it."""
    with past_the_guards() as cursor:
        keys = list(Leaf.objects.filter(index__gte=size).values_list("entry_id", flat=True))
        late = "SELECT id FROM audit_checkpoint WHERE size > %s"
        cursor.execute(f"DELETE FROM audit_cosignature WHERE checkpoint_id IN ({late})", [size])
        cursor.execute("DELETE FROM audit_checkpoint WHERE size > %s", [size])
        cursor.execute('DELETE FROM audit_leaf WHERE "index" >= %s', [size])
        cursor.execute(f"DELETE FROM audit_entry WHERE id IN ({', '.join(map(str, keys))})")
