"""The small receiver is a real platform: a process, a file, HTTP."""

import base64
import json
import signal
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import CommandError, call_command
from pytest_django import Settings

from audit.envelope import Envelope
from audit.supervision import read_held
from audit.webhook import Seal, Trust, public_text
from tests.audit.platforms import KEY, TOKEN, Receiver, end, receiver

# One group: the platforms are processes, started once for all of it.
pytestmark = [pytest.mark.xdist_group("platform"), pytest.mark.embedded]

JIZHONG = "911305007216993838"


def _letter(number: str, **changes: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": number,
        "source": "https://ruqi.example.gov.cn",
        "type": "visit.filed",
        "partitionkey": JIZHONG,
        "sequence": f"{7:020d}",
        "subject": "V-1",
        "time": "2026-11-22T01:30:00.000000Z",
        "datacontenttype": "application/json",
        "data": {"agency": "邢台市消防救援支队"},
        **changes,
    }


def test_a_letter_is_stored_once_and_keeps_its_receipt(platform: Receiver) -> None:
    first, again = platform.post(_letter("once")), platform.post(_letter("once"))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["status"] == "stored"
    assert again.json() == {"status": "duplicate", "receipt": first.json()["receipt"]}
    kept = httpx.get(f"{platform.filings}/once", trust_env=False).json()
    assert kept["payload"] == {"agency": "邢台市消防救援支队"}
    assert kept["receipt"] == first.json()["receipt"]


def test_twenty_posts_of_one_letter_at_once_store_it_once(platform: Receiver) -> None:
    with ThreadPoolExecutor(20) as pool:
        answers = [answer.json() for answer in pool.map(platform.post, [_letter("parallel")] * 20)]
    assert sorted(answer["status"] for answer in answers) == ["duplicate"] * 19 + ["stored"]
    assert len({answer["receipt"] for answer in answers}) == 1


def test_another_content_under_a_known_number_is_refused(platform: Receiver) -> None:
    platform.post(_letter("altered"))
    answer = platform.post(_letter("altered", subject="V-2"))
    assert (answer.status_code, answer.json()["error"]) == (409, "number_conflict")
    assert httpx.get(f"{platform.filings}/altered", trust_env=False).json()["visit"] == "V-1"


def test_a_stranger_files_nothing(platform: Receiver) -> None:
    for said in ("", "Bearer", "Bearer guess", f"Bearer {TOKEN}x", f"Basic {TOKEN}", "Bearer 令牌"):
        headers = {b"Authorization": said.encode()}
        answer = httpx.post(platform.filings, content=json.dumps(_letter("stranger")), headers=headers, trust_env=False)
        assert (answer.status_code, answer.json()["error"]) == (401, "unauthorized")
    assert not platform.has("stranger")


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"\xff", 400),
        (b"[" * 100_000, 400),
        (b'{"number": NaN}', 400),
        (json.dumps(_letter("n", data={"longitude": 114.5})).encode(), 400),
        (json.dumps(_letter("n", type="\ud800")).encode(), 400),
        (json.dumps(_letter("n", sequence="7")).encode(), 422),
        (json.dumps(_letter("n", specversion="0.3")).encode(), 422),
        (json.dumps(_letter("n", partitionkey="agency:")).encode(), 422),
        (b"[]", 422),
        (b"{}", 422),
        (json.dumps({**_letter("n"), "extra": 1}).encode(), 422),
        (json.dumps(_letter("")).encode(), 422),
        (json.dumps(_letter("n" * 81)).encode(), 422),
        (json.dumps(_letter("n\n")).encode(), 422),
        (json.dumps(_letter("n") | {"id": 7}).encode(), 422),
        (json.dumps(_letter("n", partitionkey="9113")).encode(), 422),
        (json.dumps(_letter("n", data=[])).encode(), 422),
        (json.dumps(_letter("n", time="yesterday")).encode(), 422),
        (json.dumps(_letter("n", time="2026-11-22T01:30:00")).encode(), 422),
        (json.dumps(_letter("n", time="0001-01-01T00:00:00+08:00")).encode(), 422),
        (json.dumps(_letter("n", data={"x": "x" * 1_100_000})).encode(), 413),
    ],
)
def test_nonsense_is_refused_in_json_and_not_kept(platform: Receiver, content: bytes, status: int) -> None:
    answer = platform.post(content)
    assert answer.status_code == status, answer.text
    assert answer.json()["detail"]
    assert not platform.has("n")


def test_unknown_places_and_methods_are_refused_in_json(platform: Receiver) -> None:
    with httpx.Client(base_url=platform.home, trust_env=False) as client:
        assert client.get("/filings/never").json()["error"] == "not_found"
        assert client.get("/elsewhere").status_code == 404
        assert client.get("/filings").status_code == 422
        assert client.post("/", json={}, headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 404
        assert client.delete("/filings/once").status_code == 405
        assert client.delete("/filings/once").json()["detail"]
        chunked = client.post("/filings", content=iter([b"{}"]))
        assert (chunked.status_code, chunked.json()["error"]) == (411, "length_required")


def test_an_enterprises_letters_are_listed_in_the_order_of_arrival(platform: Receiver) -> None:
    visited_only_here = "91130521MA07XYZ34C"
    for number in ("c", "a", "b"):
        platform.post(_letter(number, partitionkey=visited_only_here))
    assert platform.of_enterprise(visited_only_here) == ["c", "a", "b"]


def test_a_person_sees_the_arrivals_in_chinese_and_no_letter_writes_the_page(platform: Receiver) -> None:
    platform.post(_letter("备案/1?<b>", type="<script>alert(1)</script>"))
    page = httpx.get(platform.home, trust_env=False)
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "监督平台（示范接收端）" in page.text
    assert "&lt;script&gt;alert(1)" in page.text
    assert "<script>" not in page.text
    assert 'href="/filings/%E5%A4%87%E6%A1%88%2F1%3F%3Cb%3E"' in page.text
    received = httpx.get(f"{platform.filings}/%E5%A4%87%E6%A1%88%2F1%3F%3Cb%3E", trust_env=False).json()["received_at"]
    in_xingtai = datetime.fromisoformat(received).astimezone(ZoneInfo("Asia/Shanghai"))
    assert f"<dd>{in_xingtai:%Y-%m-%d %H:%M:%S}</dd>" in page.text
    link = httpx.get(f"{platform.filings}/%E5%A4%87%E6%A1%88%2F1%3F%3Cb%3E", trust_env=False)
    assert link.json()["number"] == "备案/1?<b>"


def test_what_was_acknowledged_survives_kill_9_and_sigterm_ends_with_zero(tmp_path: Path) -> None:
    state = tmp_path / "platform.sqlite3"
    with receiver(state) as platform:
        receipt = platform.post(_letter("kept")).json()["receipt"]
        end(platform.process, signal.SIGKILL)
    with receiver(state, "--host", "0.0.0.0", reading="") as platform:  # noqa: S104
        here, known = f"http://127.0.0.1:{platform.filings.split(':')[-1]}", {"Authorization": f"Bearer {TOKEN}"}
        assert httpx.get(f"{here}/kept", trust_env=False).status_code == 401  # a reader needs the token
        assert httpx.get(f"{here}/kept", headers=known, trust_env=False).json()["receipt"] == receipt
        answer = httpx.post(here, json=_letter("kept"), headers=known, trust_env=False)
        assert answer.json() == {"status": "duplicate", "receipt": receipt}
        assert end(platform.process, signal.SIGTERM) == 0


def test_open_reads_are_this_machines_alone(platform: Receiver) -> None:
    """Neither a proxy's readers nor a page whose name was made to lead here."""
    for host, status in (("127.0.0.1:8010", 200), ("localhost", 200), ("[::1]:80", 200), ("city.example", 401)):
        assert httpx.get(platform.home, headers={"Host": host}, trust_env=False).status_code == status
    assert httpx.get(platform.home, headers={"Host": "["}, trust_env=False).status_code == 401


def test_it_never_opens_another_programs_database_nor_a_door_without_a_token(
    tmp_path: Path, settings: Settings
) -> None:
    state = tmp_path / "project.sqlite3"
    with sqlite3.connect(state) as foreign:
        foreign.execute("CREATE TABLE checkins_scan (id INTEGER)")
    foreign.close()
    settings.RECEIVER_POLICY = replace(settings.RECEIVER_POLICY, token=TOKEN)
    with pytest.raises(CommandError, match="不是接收端的文件"):
        call_command("receiver", "--port", "0", "--state", str(state))
    everywhere = ["--host", "0.0.0.0", "--open-reads"]  # noqa: S104
    with pytest.raises(CommandError, match="--open-reads"):
        call_command("receiver", "--port", "0", "--state", str(tmp_path / "own.sqlite3"), *everywhere)
    settings.RECEIVER_POLICY = replace(settings.RECEIVER_POLICY, token="")
    with pytest.raises(CommandError, match="PLATFORM_TOKEN"):
        call_command("receiver", "--port", "0", "--state", str(tmp_path / "own.sqlite3"))
    settings.RECEIVER_POLICY = replace(settings.RECEIVER_POLICY, public_key="whpk_short")
    with pytest.raises(CommandError, match="PLATFORM_PUBLIC_KEY"):
        call_command("receiver", "--port", "0", "--state", str(tmp_path / "own.sqlite3"))


def test_a_receiver_with_the_houses_public_key_takes_what_that_key_signed_now_and_nothing_else(tmp_path: Path) -> None:
    def post(number: str, seal: Seal, **changes: Any) -> httpx.Response:
        body = Envelope.read(json.dumps(_letter(number)).encode()).body()
        headers = seal.headers(message=changes.get("message", number), at=changes.get("at", now), body=body)
        return httpx.post(url, content=changes.get("body", body), headers=headers, trust_env=False)

    now = datetime.now(UTC)
    stranger = Seal(private=Ed25519PrivateKey.generate())
    with receiver(tmp_path / "p.sqlite3", PLATFORM_TOKEN="", PLATFORM_PUBLIC_KEY=public_text(KEY)) as platform:
        url = platform.filings
        assert post("signed", Seal(private=KEY)).json()["status"] == "stored"
        refused = [
            post("stranger", stranger),
            post("unsigned", Seal()),
            post("hmac", Seal(secret=b"s" * 32)),
            post("old", Seal(private=KEY), at=now - timedelta(minutes=6)),
            post("early", Seal(private=KEY), at=now + timedelta(minutes=6)),
            httpx.post(url, json=_letter("late"), headers={"webhook-id": "late", "webhook-timestamp": "9" * 12}),
            post("altered", Seal(private=KEY), body=json.dumps(_letter("altered", subject="V-9")).encode()),
        ]
        assert {(answer.status_code, answer.json()["error"]) for answer in refused} == {(401, "signature")}
        renamed = post("renamed", Seal(private=KEY), message="another")
        assert (renamed.status_code, renamed.json()["error"]) == (422, "id")
        assert [arrival["number"] for arrival in httpx.get(url, params={"credit_code": JIZHONG}).json()["filings"]] == [
            "signed"
        ]
        # It gives the signature back: so a house that lost the letter sees that it is its own.
        (kept,), _more = read_held(httpx.get(url, params={"since": "2026-01-01T00:00:00Z"}).content)
        assert Trust(public=KEY.public_key()).check_ever(kept.headers, body=kept.letter.body()) == "signed"


def test_a_receiver_with_the_secret_takes_hmac(tmp_path: Path) -> None:
    body, now = json.dumps(_letter("mac")).encode(), datetime.now(UTC)
    secret = "whsec_" + base64.b64encode(b"s" * 32).decode()
    with receiver(tmp_path / "p.sqlite3", PLATFORM_TOKEN="", PLATFORM_SECRET=secret) as platform:
        for key, status in ((b"t" * 32, 401), (b"s" * 32, 201)):
            headers = Seal(private=KEY, secret=key).headers(message="mac", at=now, body=body)
            assert httpx.post(platform.filings, content=body, headers=headers, trust_env=False).status_code == status
