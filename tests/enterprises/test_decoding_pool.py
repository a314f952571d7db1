"""Strangers' photos are opened in processes of their own: none ends a request but its own."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image

from audit.problem import Problem
from enterprises import decoding_pool
from enterprises.decoding_pool import DecoderBusy, PhotoRefused, PhotoType, Pool, pool
from enterprises.policy import PhotoPolicy
from tests.enterprises.photos import BEARINGS_TEXT, HOSTILE, endless_jpeg, fuzzed, on_table, png_of, saved

pytestmark = pytest.mark.embedded

PATIENT = PhotoPolicy(patience=timedelta(seconds=60), longest_wait=timedelta(seconds=60))
LICENCE_PHOTO = saved(on_table())


@pytest.fixture(scope="module")
def patient() -> Iterator[Pool]:
    pool = Pool(PATIENT)
    yield pool
    pool.close()


def _fate(pool: Pool, photo: bytes) -> tuple[int, str | None]:
    """HTTP status and what was read."""
    try:
        return 200, pool.take(photo, read=True).text
    except Problem as problem:
        return problem.status, None


def _memory_kb(pool: Pool, what: str) -> int:
    worker = pool._idle[-1].process.pid
    lines = Path(f"/proc/{worker}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(what))


def test_a_photo_is_read_and_copied(patient: Pool) -> None:
    taken = patient.take(LICENCE_PHOTO, read=True)
    assert (taken.text, taken.attempt, taken.content_type) == (BEARINGS_TEXT, "zxing-cpp base", "image/jpeg")
    assert (taken.width, taken.height) == (1200, 900)
    assert taken.copy.startswith(b"\xff\xd8\xff")
    assert patient.take(LICENCE_PHOTO, read=False).text is None


FATES = {
    "JPEG and then ZIP": 200,
    "16 bits a pixel": 200,
    "CMYK": 200,
    "part of a structured append": 200,
    "endless JPEG": 422,
    "PNG of 12,000 by 12,000": 422,
    "PNG of 20,000 by 20,000": 422,
    "GIF": 415,
    "SVG": 415,
    "EPS": 415,
    "GIF before JPEG": 415,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_gets_an_answer_and_the_next_photo_is_read(patient: Pool, name: str) -> None:
    status, _text = _fate(patient, HOSTILE[name]())
    assert status in {200, 415, 422}
    assert status == FATES.get(name, status)
    assert patient.take(LICENCE_PHOTO, read=True).text == BEARINGS_TEXT
    assert _memory_kb(patient, "VmPeak") <= PATIENT.memory // 1024


def test_two_hundred_fuzzed_photos(patient: Pool) -> None:
    fates = [_fate(patient, photo) for photo in fuzzed(200, seed=7)]
    assert {status for status, _text in fates} <= {200, 415, 422}
    assert {text for _status, text in fates} <= {BEARINGS_TEXT, None}, "a wrong text was read"
    assert any(text for _status, text in fates)


def test_a_file_that_takes_too_much_cpu_ends_its_process_at_the_limit() -> None:
    strict = Pool(replace(PATIENT, cpu_limit=timedelta(seconds=0.3)))
    before = os.times()
    with pytest.raises(PhotoRefused) as refusal:
        strict.take(endless_jpeg(6), read=True)
    after = os.times()
    assert refusal.value.body()["reason"] == "costly"
    assert strict._idle == [], "the process is still there"
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    assert 0.3 < spent < 1.2, "start of the process included"


def test_memory_is_bounded_and_the_process_is_replaced() -> None:
    small = Pool(replace(PATIENT, memory=400_000_000))
    try:
        assert _fate(small, LICENCE_PHOTO) == (200, BEARINGS_TEXT)
        assert _fate(small, png_of(7000, 7000, depth=8, kind=6)) == (422, None)
        assert _fate(small, LICENCE_PHOTO) == (200, BEARINGS_TEXT)
        assert _memory_kb(small, "VmPeak") <= 400_000_000 // 1024
    finally:
        small.close()


def test_a_killed_process_is_replaced_without_a_word() -> None:
    mine = Pool(PATIENT)
    try:
        mine.take(LICENCE_PHOTO, read=True)
        idle = mine._idle[-1].process
        idle.kill()
        assert mine.take(LICENCE_PHOTO, read=True).text == BEARINGS_TEXT
        assert idle.returncode is not None, "a zombie is left"
        # killed while at work: once more, in another process
        at_work = threading.Thread(target=lambda: texts.append(mine.take(WALL, read=True).text))
        texts: list[str | None] = []
        busy = mine._idle[-1].process
        at_work.start()
        while mine._idle:
            time.sleep(0.001)
        busy.kill()
        at_work.join()
        assert texts == [None]
    finally:
        mine.close()


WALL = saved(Image.effect_noise((4000, 3000), 40))


def test_the_one_too_many_is_told_to_come_again_and_nobody_else_is() -> None:
    narrow = Pool(replace(PATIENT, at_once=1, waiting=1))
    try:
        with ThreadPoolExecutor(6) as phones:
            fates = list(phones.map(lambda _: _fate(narrow, WALL), range(6)))
        assert sorted(status for status, _text in fates) == [200, 200, 503, 503, 503, 503]
        assert DecoderBusy.status == 503
        assert len(narrow._idle) == 1
    finally:
        narrow.close()


def test_on_an_overloaded_machine_the_phone_is_asked_to_come_again() -> None:
    hasty = Pool(replace(PATIENT, patience=timedelta(milliseconds=5)))
    try:
        with pytest.raises(DecoderBusy):
            hasty.take(WALL, read=True)
        assert hasty._idle == []
    finally:
        hasty.close()


def test_what_is_no_photo_starts_no_process() -> None:
    mine = Pool(PATIENT)
    with pytest.raises(PhotoType):
        mine.take(b"GIF89a", read=True)
    assert mine._idle == []


def test_the_process_knows_none_of_our_secrets(patient: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://ruqi:secret@db/ruqi")
    fresh = Pool(PATIENT)
    try:
        fresh.take(LICENCE_PHOTO, read=False)
        pid = fresh._idle[-1].process.pid
        told = Path(f"/proc/{pid}/environ").read_bytes()
        assert b"secret" not in told
        assert b"PATH=" in told
        opened = {os.readlink(link) for link in Path(f"/proc/{pid}/fd").iterdir()}
        assert {name.split(":")[0] for name in opened if name != "/dev/null"} == {"socket"}
    finally:
        fresh.close()


def test_the_pool_is_founded_once_and_leaves_nobody_behind() -> None:
    assert pool(PATIENT) is pool(PATIENT)
    program = (
        "import django; django.setup()\n"
        "from enterprises.decoding_pool import pool\n"
        "from enterprises.policy import PhotoPolicy\n"
        "from tests.enterprises.photos import on_table, saved\n"
        "reader = pool(PhotoPolicy())\n"
        "reader.take(saved(on_table()), read=True)\n"
        "print(reader._idle[-1].process.pid)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=decoding_pool.ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert not Path(f"/proc/{done.stdout.strip()}").exists()
