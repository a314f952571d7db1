"""One scan with a photo, as the phone posts it and as it is answered."""

import hashlib
import io
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, transaction
from PIL import Image
from pytest_django.fixtures import Settings

from audit.models import Entry, Filing
from checkins.models import Answer, Blob, Resolution, Scan
from enterprises.decoding_pool import pool
from tests.enterprises.photos import HOSTILE, code, endless_jpeg, on_table, saved
from tests.town import BEARINGS, CASHMERE, LICENCE, Phone, Town, scan_body

ON_THE_WALL = saved(on_table(LICENCE.format(BEARINGS)))
BARE_WALL = saved(Image.effect_noise((800, 600), 30))


def _words(**words: Any) -> dict[str, Any]:
    body = scan_body(**words)
    return body if "code" in words else {name: value for name, value in body.items() if name != "code"}


def _post(phone: Phone, photo: bytes | None, words: Any, *, name: str = "licence.jpg") -> Any:
    form: dict[str, Any] = {"scan": words if isinstance(words, str) else json.dumps(words)}
    if photo is not None:
        form["photo"] = SimpleUploadedFile(name, photo, content_type="image/jpeg")
    return phone.client.post("/api/v1/scans/photo", data=form, headers={"authorization": f"Bearer {phone.token}"})


def _warned(answer: dict[str, Any]) -> set[str]:
    return {warning["code"] for warning in answer["for_officer"]["warnings"]}


def test_zhang_wei_photographs_a_licence_and_it_is_a_scan_like_any_other(town: Town) -> None:
    response = _post(town.zhang_wei, ON_THE_WALL, _words())
    assert response.status_code == 201, response.content.decode()
    answer = response.json()
    assert answer["enterprise"]["name"] == "邢台轴承有限公司"
    assert answer["licence"]["text"] == LICENCE.format(BEARINGS)
    assert answer["licence"]["scheme"] == "uniscid"
    assert answer["visit"]["officers"] == [{"name": "张伟", "certificate_no": "13050200101", "provisional": False}]
    assert answer["filing"]["status"] == "pending"
    assert _warned(answer) == set()
    assert set(answer) == set(town.zhang_wei.scan(CASHMERE).json())


def test_the_photo_is_kept_under_its_hash_without_what_exif_says(town: Town) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8825).update({1: "N", 2: (37.0, 4.0, 12.0)})
    photo = saved(on_table(), exif=exif)
    answer = _post(town.zhang_wei, photo, _words()).json()
    sha256 = hashlib.sha256(photo).hexdigest()
    blob = Blob.objects.get(sha256=sha256)
    assert (blob.size, blob.content_type, blob.width, blob.height) == (len(photo), "image/jpeg", 1200, 900)
    assert (blob.original, blob.by) == (None, "officer:13050200101")
    assert blob.copy is not None
    copy = bytes(blob.copy)
    assert hashlib.sha256(copy).hexdigest() == blob.copy_sha256
    assert dict(Image.open(io.BytesIO(copy)).getexif()) == {}
    scan = Scan.objects.get(scan_id=answer["scan_id"])
    assert scan.words["photo"] == sha256
    assert scan.words["code"] is None, "the words are kept as they were sent"
    assert scan.code == LICENCE.format(BEARINGS)
    entry = Entry.objects.get(kind="photo", subject=answer["scan_id"])
    assert entry.body is not None
    assert sha256.encode() in bytes(entry.body)


def test_the_original_is_kept_only_where_policy_says_so(town: Town, settings: Settings) -> None:
    settings.CHECKIN_POLICY = replace(settings.CHECKIN_POLICY, keep_original_photos=True)
    _post(town.zhang_wei, ON_THE_WALL, _words())
    original = Blob.objects.get().original
    assert original is not None
    assert bytes(original) == ON_THE_WALL


def test_the_same_photo_and_words_again_are_a_replay_even_while_every_decoder_is_busy(
    town: Town, settings: Settings
) -> None:
    words = _words()
    first = _post(town.zhang_wei, ON_THE_WALL, words)
    settings.PHOTO_POLICY = replace(settings.PHOTO_POLICY, at_once=1, waiting=0)
    full = pool(settings.PHOTO_POLICY)
    with full._doorway:
        again = _post(town.zhang_wei, ON_THE_WALL, words)
        other = _post(town.zhang_wei, ON_THE_WALL, _words())
    assert (first.status_code, again.status_code) == (201, 200)
    assert again["Idempotency-Replayed"] == "true"
    assert again.json()["visit"] == first.json()["visit"]
    assert Answer.objects.get(scan_id=words["scan_id"]).replays == 1
    assert (Scan.objects.count(), Blob.objects.count()) == (1, 1)
    assert (other.status_code, other.json()["type"]) == (503, "/problems/decoder-busy")
    assert int(other["Retry-After"]) >= 1


def test_another_photo_under_the_same_id_is_an_altered_scan(town: Town) -> None:
    words = _words()
    first = _post(town.zhang_wei, ON_THE_WALL, words).json()
    altered = _post(town.zhang_wei, saved(on_table(), quality=60), words)
    assert altered.status_code == 422
    assert altered.json()["type"] == "/problems/scan-altered"
    assert altered.json()["visit"] == first["visit"]["number"]
    without = town.zhang_wei.post("/scans", {**words, "code": LICENCE.format(BEARINGS)})
    assert without.json()["type"] == "/problems/scan-altered"
    assert Blob.objects.count() == 1


def test_li_na_cannot_take_zhang_weis_scan_with_the_same_photo(town: Town) -> None:
    words = _words()
    _post(town.zhang_wei, ON_THE_WALL, words)
    foreign = _post(town.li_na, ON_THE_WALL, words)
    assert (foreign.status_code, foreign.json()["type"]) == (422, "/problems/scan-id-taken")
    assert "visit" not in foreign.json()


def test_one_photo_of_two_scans_is_kept_once_and_recorded_twice(town: Town) -> None:
    assert _post(town.zhang_wei, ON_THE_WALL, _words()).status_code == 201
    assert _post(town.li_na, ON_THE_WALL, _words()).status_code == 201
    assert Blob.objects.count() == 1
    assert Entry.objects.filter(kind="photo").count() == 2


def test_a_photo_that_nobody_can_read_is_kept_and_resolved_later(town: Town) -> None:
    words = _words()
    response = _post(town.zhang_wei, BARE_WALL, words)
    assert response.status_code == 201
    answer = response.json()
    assert answer["visit"] is None
    assert answer["licence"] == {
        **answer["licence"], "text": None, "scheme": "unknown", "credit_code": None
    }  # fmt: skip
    assert {"photo_unreadable", "unresolved"} <= _warned(answer)
    assert Blob.objects.count() == 1
    resolved = town.zhang_wei.post(f"/scans/{words['scan_id']}/resolution", {"credit_code": BEARINGS})
    assert resolved.status_code == 201
    assert resolved.json()["visit"] is not None
    assert Resolution.objects.filter(scan_id=words["scan_id"]).count() == 2


def test_what_the_phone_read_itself_counts_and_the_photo_is_evidence(town: Town) -> None:
    answer = _post(town.zhang_wei, ON_THE_WALL, _words(code=LICENCE.format(CASHMERE))).json()
    assert answer["enterprise"]["credit_code"] == CASHMERE
    assert "photo_unreadable" not in _warned(answer)
    assert Blob.objects.count() == 1


def test_the_officers_choice_wins_over_what_is_on_the_photo(town: Town) -> None:
    answer = _post(town.zhang_wei, ON_THE_WALL, _words(credit_code=CASHMERE)).json()
    assert answer["enterprise"]["credit_code"] == CASHMERE
    assert "code_conflict" in _warned(answer)


def test_a_stall_without_a_licence_is_photographed_without_a_reproach(town: Town) -> None:
    answer = _post(town.zhang_wei, BARE_WALL, _words(subject={"name": "桥头煎饼摊"})).json()
    assert answer["visit"] is not None
    assert "photo_unreadable" not in _warned(answer)


def test_chinese_words_in_an_old_charset_arrive_whole(town: Town) -> None:
    said = "名称：邢台轴承有限公司；统一社会信用代码：91110108551385082Q；"
    answer = _post(town.zhang_wei, saved(code(said.encode("gb18030"))), _words()).json()
    assert answer["licence"]["text"] == said
    assert answer["enterprise"]["credit_code"] == BEARINGS


def test_two_licences_on_one_photo_wait_for_the_officers_choice(town: Town) -> None:
    table = Image.new("L", (1400, 900), 160)
    table.paste(code(LICENCE.format(BEARINGS)), (60, 200))
    table.paste(code(LICENCE.format(CASHMERE)), (750, 200))
    answer = _post(town.zhang_wei, saved(table), _words()).json()
    assert answer["visit"] is None
    assert answer["licence"]["needs_confirmation"] is True
    assert set(answer["licence"]["candidates"]) == {BEARINGS, CASHMERE}


@pytest.mark.parametrize(
    ("photo", "words", "status", "kind"),
    [
        (b"GIF89a and more", None, 415, "photo-type-unsupported"),
        (b"\xff\xd8\xff broken", None, 422, "photo-refused"),
        (None, None, 422, "invalid-body"),
        (ON_THE_WALL, "", 400, "form-unreadable"),
        (ON_THE_WALL, "[]", 400, "form-unreadable"),
        (ON_THE_WALL, '{"scan_id": NaN}', 400, "form-unreadable"),
        (ON_THE_WALL, '{"late_reason": "\\u0000"}', 400, "form-unreadable"),
        (ON_THE_WALL, "{}", 422, "invalid-body"),
    ],
)
def test_what_cannot_be_read_is_refused_and_nothing_is_stored(
    town: Town, photo: bytes | None, words: str | None, status: int, kind: str
) -> None:
    response = _post(town.zhang_wei, photo, _words() if words is None else words)
    assert (response.status_code, response.json()["type"]) == (status, f"/problems/{kind}")
    assert response["Content-Type"] == "application/problem+json"
    assert (Scan.objects.count(), Blob.objects.count(), Entry.objects.filter(kind="photo").count()) == (0, 0, 0)


def test_a_wrong_field_is_named(town: Town) -> None:
    response = _post(town.zhang_wei, ON_THE_WALL, _words(scanned_at="yesterday"))
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "scanned_at"
    missing = _post(town.zhang_wei, None, _words())
    assert [error["field"] for error in missing.json()["errors"]] == ["photo"]


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"{}", "application/json", 415),
        (b"no boundary", "multipart/form-data", 400),
        (b"--x\r\ngarbage", "multipart/form-data; boundary=x", 422),
    ],
)
def test_a_body_that_is_no_form(town: Town, body: bytes, content_type: str, status: int) -> None:
    response = town.zhang_wei.client.post(
        "/api/v1/scans/photo",
        data=body,
        content_type=content_type,
        headers={"authorization": f"Bearer {town.zhang_wei.token}"},
    )
    assert response.status_code == status, response.content.decode()
    assert response["Content-Type"] == "application/problem+json"


def test_fifteen_megabytes_are_taken_and_more_is_refused_before_it_is_read(town: Town, settings: Settings) -> None:
    settings.MAX_PHOTO_BYTES = len(ON_THE_WALL)
    assert _post(town.zhang_wei, ON_THE_WALL, _words()).status_code == 201
    one_more = _post(town.zhang_wei, ON_THE_WALL + b"\0", _words())
    assert (one_more.status_code, one_more.json()["type"]) == (413, "/problems/photo-too-large")
    far_more = _post(town.zhang_wei, ON_THE_WALL + bytes(1_000_000), _words())
    assert far_more.json()["type"] == "/problems/photo-too-large"
    assert Scan.objects.count() == 1


def test_a_stranger_posts_nothing(town: Town) -> None:
    stranger = replace(town.zhang_wei, token="nobody's")
    response = _post(stranger, ON_THE_WALL, _words())
    assert response.status_code == 401
    assert Blob.objects.count() == 0


def test_a_kept_photo_is_changed_by_nobody_and_wiped_only_beside_its_redaction(town: Town) -> None:
    _post(town.zhang_wei, ON_THE_WALL, _words())
    wipe = "UPDATE checkins_blob SET copy = NULL, original = NULL"
    for sql in ("DELETE FROM checkins_blob", "UPDATE checkins_blob SET width = 1", wipe):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
    blob = Blob.objects.get()
    entry = Entry.objects.filter(kind="photo").values().get()
    Entry.objects.create(**{**entry, "id": None, "kind": "redacted", "subject": f"blob:{blob.sha256}"})
    with connection.cursor() as cursor:
        cursor.execute(wipe)
    assert Blob.objects.get().copy is None


@pytest.mark.django_db(transaction=True)
def test_while_poisoned_photos_are_at_work_other_scans_are_answered(
    settings: Settings,
) -> None:
    from tests.town import build

    town = build()
    settings.PHOTO_POLICY = replace(settings.PHOTO_POLICY, patience=timedelta(seconds=30))
    poison = endless_jpeg(6)
    assert _post(town.zhang_wei, ON_THE_WALL, _words()).status_code == 201
    fates: list[int] = []
    stop = threading.Event()

    def poisoner(phone: Phone) -> None:
        while not stop.is_set():
            fates.append(_post(phone, poison, _words()).status_code)
        connection.close()

    with ThreadPoolExecutor(2) as strangers:
        for phone in (town.wang_qiang, town.zhao_min):
            strangers.submit(poisoner, phone)
        answered = [town.zhang_wei.scan(licence).status_code for licence in (BEARINGS, CASHMERE) for _ in range(10)]
        stop.set()
    assert set(answered) == {201}
    assert set(fates) <= {201, 422, 503}
    assert fates
    assert Filing.objects.count() >= 2
    assert _post(town.zhang_wei, ON_THE_WALL, _words()).status_code == 201


@pytest.mark.parametrize("name", ["one byte", "SVG", "truncated JPEG", "PNG of 20,000 by 20,000"])
def test_hostile_files_get_a_problem_at_the_door(town: Town, name: str) -> None:
    response = _post(town.zhang_wei, HOSTILE[name](), _words())
    assert response.status_code in {415, 422}
    assert response["Content-Type"] == "application/problem+json"
