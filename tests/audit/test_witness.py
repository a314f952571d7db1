"""A witness cosigns only what continues all that it cosigned before, and knows it after a power cut."""

import hashlib
import threading
import time
from pathlib import Path

import httpx
import pytest
from django.core.management import CommandError, call_command

from audit.add_checkpoint import AddCheckpoint, BadRequest
from audit.log_keys import LogKeys
from audit.note import Head, Note, NoteKey, Signature, cosigned, cosigned_at, signature_lines
from audit.witness import ForeignFile, Memory, Refused, Witness
from tests.audit.watching import NAME, Book, watching

XINGTAI = "ruqi.xingtai.example/log/1"
KEY = LogKeys.derived("the witness").witness_key(NAME)


def book() -> Book:
    one = Book(XINGTAI, LogKeys.derived("xingtai"))
    one.grow(5)
    return one


def witness(folder: Path, *books: Book) -> Witness:
    logs = {one.origin: one.verifiers for one in books}
    return Witness(key=KEY, logs=logs, memory=Memory(folder / "witness.sqlite3"))


def asked(one: Book, *, old: int, size: int | None = None) -> bytes:
    return AddCheckpoint(old=old, proof=one.proof(old, size), note=one.note(size)).body()


def refusal(of: Witness, content: bytes) -> tuple[int, int | None]:
    with pytest.raises(Refused) as refused:
        of.cosign(content, seconds=1)
    return refused.value.status, refused.value.size


def test_a_log_that_grows_is_cosigned_each_time_and_its_last_checkpoint_can_be_read(tmp_path: Path) -> None:
    log = book()
    watcher = witness(tmp_path, log)
    assert watcher.latest(hashlib.sha256(XINGTAI.encode()).hexdigest()) is None
    for old, size in ((0, 1), (1, 4), (4, 5), (5, 5)):
        [line] = signature_lines(watcher.cosign(asked(log, old=old, size=size), seconds=1_790_000_000))
        note = Note.of(log.note(size)).with_lines([line])
        assert (note.signed_by([KEY.verifier]), cosigned_at(line)) == ([KEY.verifier], 1_790_000_000)
    latest = watcher.latest(hashlib.sha256(XINGTAI.encode()).hexdigest())
    assert latest is not None
    assert Head.of(Note.of(latest).text).size == 5
    assert len(Note.of(latest).signed_by([*log.verifiers, KEY.verifier])) == 3


def test_what_it_refuses_it_refuses_as_c2sp_says_and_forgets_nothing(tmp_path: Path) -> None:
    log, rebuilt, stranger = book(), book(), Book("ruqi.hengshui.example/log/1", LogKeys.derived("hengshui"))
    rebuilt.leaves[1] = bytes(32)
    stranger.grow(2)
    forged = Book(XINGTAI, LogKeys.derived("somebody else"), log.leaves)
    watcher = witness(tmp_path, log)
    watcher.cosign(asked(log, old=0, size=4), seconds=1)
    assert refusal(watcher, asked(rebuilt, old=4)) == (422, None)  # another tree
    assert refusal(watcher, asked(rebuilt, old=4, size=4)) == (409, 4)
    assert refusal(watcher, asked(log, old=0)) == (409, 4)  # the log has forgotten
    assert refusal(watcher, asked(log, old=3, size=3)) == (409, 4)  # a restored older log
    assert refusal(watcher, AddCheckpoint(old=4, proof=[], note=log.note()).body()) == (422, None)
    assert refusal(watcher, AddCheckpoint(old=5, proof=[], note=log.note(4)).body()) == (400, None)
    assert refusal(watcher, asked(stranger, old=0)) == (404, None)
    assert refusal(watcher, asked(forged, old=4)) == (403, None)
    altered = asked(log, old=4).replace(b"\n5\n", b"\n6\n")
    assert refusal(watcher, altered) == (403, None)
    watcher.cosign(asked(log, old=4), seconds=2)
    first = witness(_new(tmp_path), rebuilt)
    assert refusal(first, AddCheckpoint(old=0, proof=[bytes(32)], note=rebuilt.note()).body()) == (422, None)


def _new(folder: Path) -> Path:
    (folder / "other").mkdir()
    return folder / "other"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"old 1",
        b"old 01\n\n",
        b"old -1\n\nx",
        b"new 1\n\nx",
        b"old 1\nAAAA\n\nx",
        b"old 1\n!\n\nx",
        b"\xff\n\n",
        b"old 1\n" + (b"A" * 43 + b"=\n") * 64 + b"\n",
        b"old 0\n\n" + b"x" * 80_000,
    ],
)
def test_what_is_no_request_is_400(tmp_path: Path, content: bytes) -> None:
    assert refusal(witness(tmp_path, book()), content) == (400, None)
    if b"\n\n" not in content:
        with pytest.raises(BadRequest):
            AddCheckpoint.read(content)


def test_of_two_futures_of_one_log_at_once_it_cosigns_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four threads a future: whichever it takes first, the others are told the new size. Signing takes its time, as an
    HSM does."""
    one, other = book(), book()
    one.grow(3, by=2)
    other.grow(3, by=3)
    watcher = witness(tmp_path, one)
    watcher.cosign(asked(one, old=0, size=5), seconds=1)
    outcomes: list[object] = []
    starting = threading.Barrier(8)
    monkeypatch.setattr("audit.witness.cosigned", _slowly)

    def ask(content: bytes) -> None:
        starting.wait()
        try:
            watcher.cosign(content, seconds=2)
        except Refused as refused:
            outcomes.append((refused.status, refused.size))
        except BaseException as trouble:
            outcomes.append(repr(trouble))
        else:
            outcomes.append("cosigned")

    threads = [threading.Thread(target=ask, args=[asked(log, old=5)]) for log in (one, other) * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes, key=str) == [(409, 8)] * 7 + ["cosigned"]


def _slowly(text: str, *, key: NoteKey, seconds: int) -> Signature:
    time.sleep(0.01)
    return cosigned(text, key=key, seconds=seconds)


def test_over_http_without_our_house_and_after_a_kill_it_still_knows(tmp_path: Path) -> None:
    log = book()
    with watching(tmp_path, *log.verifiers) as watcher:
        answer = watcher.post(asked(log, old=0))
        assert answer.status_code == 200
        note = Note.of(log.note()).with_lines(signature_lines(answer.text))
        assert note.signed_by([watcher.verifier]) == [watcher.verifier]
        watcher.kill()
    with watching(tmp_path, *log.verifiers) as again:
        assert again.vkey == watcher.vkey
        stale = again.post(asked(log, old=2, size=3))
        assert (stale.status_code, stale.headers["Content-Type"], stale.text) == (409, "text/x.tlog.size", "5\n")
        hashed = hashlib.sha256(XINGTAI.encode()).hexdigest()
        latest = httpx.get(f"{again.url}/{hashed}/checkpoint", trust_env=False)
        assert Head.of(Note.of(latest.text).text).size == 5
        assert httpx.get(f"{again.url}/{'0' * 64}/checkpoint", trust_env=False).status_code == 404
        assert httpx.post(f"{again.url}/elsewhere", content=b"x", trust_env=False).status_code == 404
        assert again.post(b"x" * 90_000).status_code == 413


def test_it_never_opens_another_programs_file_and_says_what_its_configuration_lacks(tmp_path: Path) -> None:
    foreign = tmp_path / "foreign.sqlite3"
    foreign.write_text("not a database, and longer than a header of SQLite's would be at any time" * 9)
    with pytest.raises(ForeignFile):
        Memory(foreign)
    config = tmp_path / "witness.toml"
    for text in ("name = 3", 'name = "w"\nkey = "k"\nstate = "s"\nlogs = ["nonsense"]', "[["):
        config.write_text(text)
        with pytest.raises(CommandError, match="witness.toml"):
            call_command("witness", str(config))
    config.write_text('name = "w"\nkey = "k"\nstate = "s"\n')
    call_command("witness", str(config), make_key=True)
    with pytest.raises(CommandError, match="exists"):
        call_command("witness", str(config), make_key=True)
