"""The photo that came with a scan: who sees it, what of it, and that looking is written down."""

import hashlib
import io
import json
import threading
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image
from pytest_django.fixtures import Settings
from time_machine import TimeMachineFixture

from audit.actor import Actor
from audit.cells import SHANGHAI
from audit.models import Entry, Role
from checkins.models import Blob
from checkins.services.view_photo import view_photo
from tests.enterprises.photos import on_table, saved
from tests.house.admin_world import account_of, signed_in
from tests.parallel import at_once
from tests.town import GLASS, LICENCE, Phone, Town, build, scan_body

SENTENCE = "照片已依法抹除。"
MAY = {"supervisor", "agency_leader"}


def _with_gps() -> bytes:
    exif = Image.Exif()
    exif.get_ifd(0x8825).update({1: "N", 2: (37.0, 4.0, 12.0)})
    exif[0x010E] = "taken at home"
    return saved(on_table(), exif=exif)


PHOTO = _with_gps()


def _photographed(phone: Phone, photo: bytes = PHOTO) -> str:
    """The id of a scan that this officer posts with this photo."""
    words = {name: value for name, value in scan_body().items() if name != "code"}
    form = {"scan": json.dumps(words), "photo": SimpleUploadedFile("licence.jpg", photo, content_type="image/jpeg")}
    headers = {"authorization": f"Bearer {phone.token}"}
    response = phone.client.post("/api/v1/scans/photo", data=form, headers=headers)
    assert response.status_code == 201, response.content.decode()
    return str(response.json()["scan_id"])


def _look(client: Client, scan: str) -> Any:
    return client.get(reverse("admin:checkins_scan_photo", args=[scan]))


def _page(client: Client, scan: str) -> Any:
    return client.get(reverse("admin:checkins_scan_change", args=[scan]))


def _looks() -> list[tuple[str, str, str]]:
    """Who looked at what, on which scan's page, in order."""
    entries = Entry.objects.filter(kind="photo_viewed").order_by("pk")
    told = [(entry.subject, json.loads(bytes(entry.body or b""))) for entry in entries]
    return [(words["actor"], subject, words["body"]["scan"]) for subject, words in told]


def _wipe(blob: Blob) -> None:
    entry = Entry.objects.filter(kind="photo").values()[0]
    Entry.objects.create(**{**entry, "id": None, "kind": "redacted", "subject": f"blob:{blob.sha256}"})
    with connection.cursor() as cursor:
        cursor.execute("UPDATE checkins_blob SET copy = NULL, original = NULL WHERE sha256 = %s", [blob.sha256])


def test_li_jing_sees_the_photo_on_the_scans_page_without_what_exif_says(town: Town) -> None:
    scan = _photographed(town.zhang_wei)
    li_jing = signed_in(account_of("supervisor"))
    address = reverse("admin:checkins_scan_photo", args=[scan])
    assert f'<img src="{address}"' in _page(li_jing, scan).content.decode()
    response = _look(li_jing, scan)
    assert (response.status_code, response["Content-Type"]) == (200, "image/jpeg")
    assert response.content == bytes(Blob.objects.get().copy or b"")
    picture = Image.open(io.BytesIO(response.content))
    assert (picture.format, dict(picture.getexif()), picture.size) == ("JPEG", {}, (1200, 900))
    assert b"taken at home" in PHOTO
    assert b"taken at home" not in response.content


def test_no_cache_keeps_it_and_no_browser_takes_it_for_a_page(town: Town) -> None:
    response = _look(signed_in(account_of("supervisor")), _photographed(town.zhang_wei))
    assert {"private", "no-store"} <= {each.strip() for each in response["Cache-Control"].split(",")}
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Content-Security-Policy"].startswith("default-src 'none'")


def test_the_file_as_it_came_is_never_served_even_where_it_is_kept(town: Town, settings: Settings) -> None:
    settings.CHECKIN_POLICY = replace(settings.CHECKIN_POLICY, keep_original_photos=True)
    response = _look(signed_in(account_of("supervisor")), _photographed(town.zhang_wei))
    assert bytes(Blob.objects.get().original or b"") == PHOTO
    assert response.content == bytes(Blob.objects.get().copy or b"") != PHOTO


@pytest.mark.parametrize("role", [*Role.values, ""])
def test_who_may_look_at_scans_sees_it_and_404_for_the_rest(town: Town, role: str) -> None:
    scan = _photographed(town.zhang_wei)
    assert _look(signed_in(account_of(role)), scan).status_code == (200 if role in MAY else 404)
    assert len(_looks()) == (role in MAY)


def test_a_photo_out_of_reach_is_404_and_nobody_has_looked(town: Town) -> None:
    elsewhere, neighbours = _photographed(town.zhao_min), _photographed(town.wang_qiang)
    li_jing, wu_gang = signed_in(account_of("supervisor")), signed_in(account_of("agency_leader"))
    assert _look(li_jing, elsewhere).status_code == 404
    assert [_look(wu_gang, scan).status_code for scan in (elsewhere, neighbours)] == [404, 404]
    assert _looks() == []
    assert _look(li_jing, neighbours).status_code == 200, "the same photo, by a scan in reach"


def test_nobody_sees_it_without_both_factors(town: Town, client: Client) -> None:
    scan = _photographed(town.zhang_wei)
    strangers = _look(client, scan)
    client.force_login(account_of("supervisor"))
    for response in (strangers, _look(client, scan)):
        assert response.status_code == 302
        assert response["Location"].startswith("/admin/login/")
    assert _looks() == []


def test_a_scan_without_a_photo_a_strange_key_and_a_post_are_404(town: Town) -> None:
    li_jing = signed_in(account_of("supervisor"))
    bare = town.zhang_wei.scan().json()["scan_id"]
    assert _look(li_jing, bare).status_code == 404
    assert "/photo/" not in _page(li_jing, bare).content.decode()
    for key in ("0", "abc", "00000000-0000-0000-0000-000000000009", "%00", "' OR 1=1"):
        assert _look(li_jing, key).status_code == 404, key
    scan = _photographed(town.zhang_wei)
    assert li_jing.post(reverse("admin:checkins_scan_photo", args=[scan])).status_code == 404
    assert _looks() == []


def test_looking_is_recorded_once_a_day_for_each_viewer_and_photo(town: Town, time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(datetime(2026, 7, 1, 23, 58, tzinfo=SHANGHAI), tick=False)
    photos = PHOTO, saved(on_table(LICENCE.format(GLASS)))
    scan, other = (_photographed(town.zhang_wei, photo) for photo in photos)
    one, two = (f"blob:{hashlib.sha256(photo).hexdigest()}" for photo in photos)
    li_jing, wu_gang = signed_in(account_of("supervisor")), signed_in(account_of("agency_leader"))
    for client in (li_jing, li_jing, wu_gang, li_jing):
        assert _look(client, scan).status_code == 200
    first = [("account:li.jing", one, scan), ("account:wu.gang", one, scan)]
    assert _looks() == first
    assert _look(li_jing, other).status_code == 200
    time_machine.shift(60)
    assert _look(li_jing, scan).status_code == 200
    assert _looks() == [*first, ("account:li.jing", two, other)]
    time_machine.shift(120)
    assert _look(li_jing, scan).status_code == 200
    assert _looks() == [*first, ("account:li.jing", two, other), ("account:li.jing", one, scan)]


def test_a_wiped_photo_says_so_and_is_not_looked_at(town: Town) -> None:
    scan = _photographed(town.zhang_wei)
    _wipe(Blob.objects.get())
    li_jing = signed_in(account_of("supervisor"))
    page = _page(li_jing, scan).content.decode()
    assert SENTENCE in page
    assert "<img" not in page
    response = _look(li_jing, scan)
    assert (response.status_code, response.content.decode()) == (410, SENTENCE)
    assert "no-store" in response["Cache-Control"]
    assert _looks() == []


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_eight_windows_opened_at_once_are_one_look() -> None:
    town = build()
    scan = _photographed(town.zhang_wei)
    sha256, at, gate = Blob.objects.get().sha256, timezone.now(), threading.Barrier(8)

    def look(actor: Actor) -> bytes | None:
        connection.ensure_connection()
        gate.wait(timeout=30)
        return view_photo(sha256=sha256, scan_id=scan, actor=actor, at=at)

    viewers = [Actor.account(f"viewer{number}") for number in range(5)]
    for viewer in viewers:
        assert len(set(at_once([partial(look, viewer)] * 8, threads=8))) == 1
    assert _looks() == [(viewer, f"blob:{sha256}", scan) for viewer in viewers]
