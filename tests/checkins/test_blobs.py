"""Photos that follow: under their hash, once, and the scans that waited for them are placed when they come."""

import hashlib
import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from audit.models import Entry, Filing
from checkins.models import Blob, Resolution, Scan, Visit
from checkins.queries import without_photo
from checkins.services.identify import identify
from tests.enterprises.photos import on_table, saved
from tests.parallel import at_once
from tests.town import BEARINGS, LICENCE, Phone, Town, build, scan_body

ON_THE_WALL = saved(on_table(LICENCE.format(BEARINGS)))
NAME = hashlib.sha256(ON_THE_WALL).hexdigest()
BARE_WALL = saved(Image.effect_noise((800, 600), 30))


def _put(phone: Phone, photo: bytes = ON_THE_WALL, *, name: str | None = None) -> Any:
    return phone.client.put(
        f"/api/v1/blobs/{hashlib.sha256(photo).hexdigest() if name is None else name}",
        data=photo,
        content_type="image/jpeg",
        headers={"authorization": f"Bearer {phone.token}"},
    )


def _mute(*, photo: bytes = ON_THE_WALL, **words: Any) -> dict[str, Any]:
    """A scan that says nothing of its enterprise but the photo to follow."""
    name = hashlib.sha256(photo).hexdigest()
    return {key: value for key, value in scan_body(photo_sha256=name, **words).items() if key != "code"}


def _codes(answer: dict[str, Any]) -> set[str]:
    return {warning["code"] for warning in answer["for_officer"]["warnings"]}


def _missing() -> list[str]:
    until = datetime.now(UTC) + timedelta(seconds=1)
    return [str(scan.scan_id) for scan in without_photo(Scan.objects.all(), received_until=until)]


def test_a_scan_waits_for_its_photo_and_is_placed_when_it_comes(town: Town) -> None:
    body = _mute()
    answer = town.zhang_wei.post("/scans", body).json()
    assert answer["standing"]["state"] == "unresolved"
    assert "photo_pending" in _codes(answer)
    assert _missing() == [body["scan_id"]]
    stored = _put(town.zhang_wei)
    assert stored.status_code == 201, stored.content.decode()
    assert stored.json()["resolved"] == [body["scan_id"]]
    assert _missing() == []
    assert Visit.objects.get().credit_code == BEARINGS
    assert Filing.objects.filter(event__startswith="visit.").count() == 1
    latest = Resolution.objects.order_by("-serial")[0]
    assert latest.facts["licence"]["text"] == LICENCE.format(BEARINGS)
    assert latest.facts["licence"]["scheme"] == "uniscid"
    assert Entry.objects.get(kind="photo").subject == f"blob:{NAME}"
    again = town.zhang_wei.post("/scans", body)
    assert (again.status_code, again.json()["standing"]["state"]) == (200, "open")


def test_a_photo_that_came_first_places_the_scan_at_once(town: Town) -> None:
    assert _put(town.zhang_wei).json()["resolved"] == []
    answer = town.zhang_wei.post("/scans", _mute()).json()
    assert answer["enterprise"]["name"] == "邢台轴承有限公司"
    assert "photo_pending" not in _codes(answer)


def test_sent_again_it_is_not_opened_again(town: Town) -> None:
    first, again = _put(town.zhang_wei), _put(town.zhang_wei)
    assert (first.status_code, again.status_code) == (201, 200)
    assert Blob.objects.count() == Entry.objects.filter(kind="photo").count() == 1


def test_a_whole_queue_whose_photos_follow(town: Town) -> None:
    queue = [_mute(counter=1), scan_body(counter=2, photo_sha256=NAME), _mute(counter=3, photo=BARE_WALL)]
    told = town.zhang_wei.post("/scans/batch", {"items": queue}).json()["items"]
    assert [(one["outcome"], one["status"]) for one in told] == [("drop", 201)] * 3
    assert _missing() == [item["scan_id"] for item in queue] or set(_missing()) == {item["scan_id"] for item in queue}
    assert _put(town.zhang_wei).json()["resolved"] == [queue[0]["scan_id"]]
    assert _put(town.zhang_wei, BARE_WALL).json()["resolved"] == []
    assert _missing() == []


def test_the_same_scan_sent_with_its_photo_in_one_form_is_the_same(town: Town) -> None:
    body = _mute()
    first = town.zhang_wei.post("/scans", body).json()
    form = {"scan": json.dumps(body), "photo": SimpleUploadedFile("a.jpg", ON_THE_WALL, content_type="image/jpeg")}
    again = town.zhang_wei.client.post(
        "/api/v1/scans/photo", data=form, headers={"authorization": f"Bearer {town.zhang_wei.token}"}
    )
    assert (again.status_code, first["standing"]["state"]) == (200, "unresolved")
    assert Scan.objects.count() == Blob.objects.count() == 1  # the photo was not lost with the replay
    assert Visit.objects.get().credit_code == BEARINGS


def test_a_form_whose_words_name_another_photo_is_refused(town: Town) -> None:
    body = _mute(photo=BARE_WALL)
    form = {"scan": json.dumps(body), "photo": SimpleUploadedFile("a.jpg", ON_THE_WALL, content_type="image/jpeg")}
    response = town.zhang_wei.client.post(
        "/api/v1/scans/photo", data=form, headers={"authorization": f"Bearer {town.zhang_wei.token}"}
    )
    assert (response.status_code, response.json()["type"]) == (422, "/problems/blob-mismatch")
    assert not Scan.objects.exists()


def test_what_its_officer_withdrew_or_chose_meanwhile_stays_so(town: Town) -> None:
    gone, chosen = _mute(), _mute()
    for body in (gone, chosen):
        town.zhang_wei.post("/scans", body)
    town.zhang_wei.post(f"/scans/{gone['scan_id']}/withdrawal", {"reason": "误扫"})
    town.zhang_wei.post(f"/scans/{chosen['scan_id']}/resolution", {"credit_code": "9144030010001686XA"})
    assert _put(town.zhang_wei).json()["resolved"] == []
    assert Visit.objects.get().credit_code == "9144030010001686XA"


def test_another_officers_scan_is_not_placed_by_it(town: Town) -> None:
    town.li_na.post("/scans", _mute())
    assert _put(town.zhang_wei).json()["resolved"] == []
    assert _put(town.li_na).json()["resolved"] != []


@pytest.mark.parametrize(
    ("photo", "name", "status", "problem"),
    [
        (ON_THE_WALL, "0" * 64, 422, "blob-mismatch"),
        (ON_THE_WALL, NAME.upper(), 422, "invalid-body"),
        (ON_THE_WALL, "abc", 422, "invalid-body"),
        (b"", None, 415, "photo-type-unsupported"),
        (b"%PDF-1.7", None, 415, "photo-type-unsupported"),
    ],
)
def test_what_is_no_photo_under_its_name_is_told_so(
    town: Town, photo: bytes, name: str | None, status: int, problem: str
) -> None:
    response = _put(town.zhang_wei, photo, name=name)
    assert (response.status_code, response.json()["type"]) == (status, f"/problems/{problem}")
    assert not Blob.objects.exists()


def test_a_file_that_is_too_large_is_refused(town: Town, settings: Any) -> None:
    settings.MAX_PHOTO_BYTES = len(ON_THE_WALL) - 1
    response = _put(town.zhang_wei)
    assert (response.status_code, response.json()["type"]) == (413, "/problems/photo-too-large")


@pytest.mark.parametrize("wrong", ["", "ABC", "0" * 63, "g" * 64, 7])
def test_a_name_that_is_no_hash_is_refused(town: Town, wrong: Any) -> None:
    response = town.zhang_wei.post("/scans", {**_mute(), "photo_sha256": wrong})
    assert (response.status_code, response.json()["type"]) == (422, "/problems/invalid-body")


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_whoever_of_scan_and_photo_comes_second_finds_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """The scan looks for its photo and, before it commits, the photo arrives; or tries to."""
    town = build()
    _put(town.zhang_wei, BARE_WALL)  # the reading process is up
    looked, kept = threading.Event(), threading.Event()

    def dawdle(words: Any) -> Any:
        looked.set()
        kept.wait(timeout=2)  # with the photo's lane held, in vain
        return identify(words)

    def put() -> Any:
        assert looked.wait(timeout=10)
        stored = _put(town.zhang_wei)
        kept.set()
        return stored

    monkeypatch.setattr("checkins.services.arrive.identify", dawdle)
    body = _mute()
    deeds: list[Callable[[], Any]] = [partial(town.zhang_wei.post, "/scans", body), put]
    scanned, stored = at_once(deeds, threads=2)
    assert (scanned.status_code, stored.status_code) == (201, 201)
    assert stored.json()["resolved"] == [body["scan_id"]]
    assert Resolution.objects.order_by("-serial")[0].credit_code == BEARINGS
