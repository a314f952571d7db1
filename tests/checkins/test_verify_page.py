"""The verifier's page as the server gives it: sealed, small, complete in both languages, kept by its worker."""

import hashlib
import json
import re
from pathlib import Path

import pytest
from django.test import Client

from officers.reasons import Reason
from tests.checkins.verifying import SCRIPTS
from tests.house.source import ROOT

STATIC = ROOT / "checkins/static"
VENDOR = STATIC / "checkins/vendor"
MOST_BYTES = 40_000
"""Of the page without the decoder: as files, before any compression."""


def get(path: str, language: str = "zh-CN") -> str:
    answer = Client().get(path, headers={"accept-language": language})
    assert answer.status_code == 200, path
    return answer.content.decode()


def words(page: str) -> dict[str, str]:
    block = re.search(r'<script type="application/json" id="words">(.*?)</script>', page, re.S)
    assert block is not None
    return dict(json.loads(block[1]))


def files_of_the_worker() -> list[str]:
    listed = re.search(r"const FILES = (\[.*?\]);", get("/verify-worker.js"))
    assert listed is not None
    return list(json.loads(listed[1]))


def test_nothing_of_third_parties_no_inline_script_and_no_style_attribute() -> None:
    answer = Client().get("/verify")
    policy = answer["Content-Security-Policy"]
    for part in (
        "default-src 'none'",
        "script-src 'self' 'wasm-unsafe-eval'",
        "connect-src 'self'",
        "form-action 'none'",
    ):
        assert part in policy
    assert "unsafe-inline" not in policy
    assert "'unsafe-eval'" not in policy
    assert "http" not in policy
    assert answer["Referrer-Policy"] == "no-referrer"
    page = answer.content.decode()
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page)
    assert "style=" not in page
    assert not re.findall(r"\son\w+=", page)
    scripts = re.findall(r"<script[^>]*>", page)
    assert all('src="' in tag or 'type="application/json"' in tag for tag in scripts), scripts


def test_the_page_weighs_at_most_forty_kilobytes_without_the_decoder() -> None:
    own = sum(file.stat().st_size for file in SCRIPTS.iterdir())
    for language in ("zh-CN", "en"):
        assert own + len(get("/verify", language).encode()) <= MOST_BYTES
    assert len(get("/verify-worker.js").encode()) < 3_200


def test_the_words_are_there_in_both_languages_for_every_reason() -> None:
    chinese, english = words(get("/verify")), words(get("/verify", "en"))
    assert chinese == json.loads(get("/verify-words-zh-hans.json"))
    assert english == json.loads(get("/verify-words-en.json"))
    for said in (chinese, english):
        assert {reason.value for reason in Reason} < set(said["reasons"])
    assert not re.search(r"[\u4e00-\u9fff]", json.dumps({**english, "other_language": ""}, ensure_ascii=False))
    assert '<html lang="en">' in get("/verify", "en")
    assert '<html lang="zh-hans">' in get("/verify", "fr")
    assert Client().get("/verify-words-fr.json").status_code == 404


def test_every_word_that_the_page_places_is_one_that_it_has() -> None:
    page, script = get("/verify"), (SCRIPTS / "page.js").read_text()
    named = set(re.findall(r'data-word="(\w+)"', page)) | set(re.findall(r"\bwords\.(\w+)", script))
    assert named <= set(words(page))
    reasons = set(re.findall(r'reason: "(\w+)"', script))
    assert {"asking", "no_camera", "no_code", "cannot_check"} <= reasons <= set(words(page)["reasons"])
    ids = set(re.findall(r'\bid="([\w-]+)"', page))
    assert set(re.findall(r'\b(?:at|listen)\("([\w-]+)"', script)) <= ids


def test_without_javascript_one_sentence_names_the_way_that_works() -> None:
    said = re.search(r"<noscript><p[^>]*>(.*?)</p></noscript>", get("/verify"))
    assert said is not None
    assert "门口页面" in said[1]


def test_the_worker_keeps_the_page_and_every_file_that_the_page_can_ask_for() -> None:
    kept = files_of_the_worker()
    assert kept[0] == "/verify"
    for path in kept:
        answer = Client().get(path)
        assert answer.status_code == 200, path
        assert answer.getvalue(), path
    page = get("/verify")
    assert set(re.findall(r'(?:src|href)="([^"]+)"', page)) <= set(kept)
    imported = {
        f"/static/checkins/verify/{name}"
        for file in SCRIPTS.glob("*.js")
        for name in re.findall(r'from "\./([\w.]+)"', file.read_text())
    }
    assert imported <= set(kept)
    assert {f"/static/{file.relative_to(STATIC).as_posix()}" for file in VENDOR.rglob("*.wasm")} <= set(kept)


def test_the_worker_is_another_one_when_a_file_is_another_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from checkins.pages import verify

    before = get("/verify-worker.js")
    assert get("/verify-worker.js") == before
    verify._digest.cache_clear()
    read = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda self: read(self) + (b"//" if self.name == "page.js" else b""))
    assert get("/verify-worker.js") != before
    verify._digest.cache_clear()


def test_the_workers_address_lets_it_serve_the_page() -> None:
    """A worker serves what lies below its own folder: /verify lies below / only."""
    answer = Client().get("/verify-worker.js")
    assert answer["Content-Type"].startswith("text/javascript")
    assert answer["Cache-Control"] == "no-cache"
    assert 'register("/verify-worker.js", { scope: "/verify" })' in (SCRIPTS / "page.js").read_text()


def test_what_others_wrote_is_what_they_published() -> None:
    readme = (VENDOR / "README.md").read_text()
    told = dict(re.findall(r"^\| `([\w./-]+)` \| ([0-9a-f]{64}) \|$", readme, re.M))
    found = {
        file.relative_to(VENDOR).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in VENDOR.rglob("*")
        if file.suffix in {".js", ".wasm"}
    }
    assert told == found
    assert len(found) == 3
    for licence in ("barcode-detector", "zxing-wasm", "zxing-cpp"):
        assert len((VENDOR / f"barcode-detector-3.2.2/LICENSE-{licence}.txt").read_text()) > 1000


def test_the_decoder_asks_no_other_house_for_its_other_half() -> None:
    """Left alone, zxing-wasm fetches its WebAssembly from a network of strangers."""
    camera = (SCRIPTS / "camera.js").read_text()
    assert "locateFile: (file) => new URL(file, VENDOR).href" in camera
    assert not re.search(r"https?:", "".join(file.read_text() for file in SCRIPTS.glob("*.js")))
