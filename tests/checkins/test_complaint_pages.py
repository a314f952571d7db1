"""有人未扫码就来检查: anybody before the poster complains; files that mean ill get a sentence; a receipt."""

import io
import re
import zlib
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from PIL import Image

from audit.actor import Actor
from audit.facts import SHANGHAI
from audit.models import Complaint, ComplaintPicture, ComplaintState, Entry, Filing
from audit.services.turn_complaint import turn_complaint
from tests.checkins.doors import Browser
from tests.enterprises.photos import on_table, saved
from tests.town import BEARINGS, GLASS

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("time_machine_at_noon", "town")]
TEXT = "上午来了三个人，说是查消防，没有扫码，也没有出示证件。"
NOON = datetime(2026, 7, 1, 12, tzinfo=SHANGHAI)


def with_gps() -> bytes:
    exif = Image.Exif()
    exif.get_ifd(0x8825).update({1: "N", 2: (37.0, 4.0, 12.0)})
    exif[0x010E] = "taken at home"
    return saved(on_table(), exif=exif)


PHOTO = with_gps()


def upload(content: bytes = PHOTO, name: str = "现场.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="image/jpeg")


def words(**said: Any) -> dict[str, Any]:
    form = {
        "submission": str(uuid4()),
        "kind": "unscanned",
        "happened_at": "2026-07-01T09:30",
        "text": TEXT,
        "phone": "138 1234 1234",
    }
    return {name: value for name, value in (form | said).items() if value is not None}


class Complainant(Browser):
    def post(self, status: int = 201, name: str = "door-complaint", **said: Any) -> str:
        """Send the form; the page that follows, as it is."""
        form = words(**said) if name == "door-complaint" else said
        answer = self.client.post(reverse(name, args=[self.token]), form)
        assert answer.status_code == status, answer.content.decode()
        assert answer["Cache-Control"] == "private, no-store"
        assert "form-action 'self'" in answer["Content-Security-Policy"]
        return answer.content.decode()


@pytest.fixture
def somebody() -> Complainant:
    return Complainant()


def receipt(page: str) -> tuple[str, str]:
    """The number and the code on it."""
    number = re.search(r"TS\d{8}-[0-9A-Z]{10}", page)
    code = re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}(?=</dd>)", page)
    assert number
    assert code
    return number[0], code[0]


def nothing_kept() -> bool:
    return not (Complaint.objects.exists() or ComplaintPicture.objects.exists() or Filing.objects.exists())


def test_somebody_complains_with_two_pictures_and_hears_what_came_of_it(somebody: Complainant) -> None:
    assert "被投诉的单位看不到是谁投诉的" in somebody.said("door-complaint")
    assert 'href="/d/' in somebody.get("door")
    assert "有人未扫码就来检查" in somebody.said()
    page = somebody.post(pictures=[upload(), upload(saved(on_table("http://example.org/")), "二.png")])
    number, code = receipt(page)
    assert "已收到您的投诉" in page
    complaint = Complaint.objects.get()
    assert (complaint.number, complaint.source, complaint.kind) == (number, "door", "unscanned")
    assert (complaint.credit_code, complaint.enterprise_name) == (BEARINGS, "邢台轴承有限公司")
    assert (complaint.text, complaint.phone, complaint.may_be_named, complaint.by_owner, complaint.by) == (
        TEXT,
        "13812341234",
        False,
        False,
        f"door:{BEARINGS}",
    )
    assert complaint.happened_at == NOON - timedelta(hours=2.5)
    assert timedelta(0) <= complaint.received_at - NOON < timedelta(minutes=5)
    assert complaint.pictures.count() == 2
    for kept in complaint.pictures.all():
        picture = Image.open(io.BytesIO(bytes(kept.copy or b"")))
        assert (picture.format, dict(picture.getexif())) == ("JPEG", {})
    assert b"taken at home" in PHOTO
    told = somebody.post(200, "door-receipt", number=number.lower(), code=code.replace("-", " "))
    assert "已收到，待受理" in told
    assert TEXT not in told
    li_jing = Actor.account("li.jing")
    turn_complaint(complaint, state=ComplaintState.State.CLOSED, note="已约谈，责成补扫。", actor=li_jing, at=NOON)
    told = somebody.post(200, "door-receipt", number=number, code=code)
    assert "已办结" in told
    assert "已约谈，责成补扫。" in told


def test_the_owner_who_has_proved_it_is_marked(somebody: Complainant) -> None:
    somebody.prove((NOON + timedelta(hours=1)).timestamp())
    assert "您已证明是本企业的人" in somebody.said("door-complaint")
    somebody.post(may_be_named="on", phone="")
    complaint = Complaint.objects.get()
    assert (complaint.by_owner, complaint.by, complaint.may_be_named, complaint.phone) == (
        True,
        f"owner:{BEARINGS}",
        True,
        "",
    )


def bomb() -> bytes:
    """A PNG of 30,000 × 30,000 pixels in a few hundred bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return len(data).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")

    size = (30_000).to_bytes(4, "big") * 2 + b"\x08\x00\x00\x00\x00"
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", zlib.compress(b"\x00")) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"<html><script>alert(1)</script>", "第 2 张图片：照片须为 JPEG、PNG、WebP 或 HEIC"),
        (b"%PDF-1.7", "第 2 张图片：照片须为"),
        (b"GIF89a" + b"\x00" * 100, "第 2 张图片：照片须为"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "第 2 张图片：照片须为"),
        (PHOTO[: len(PHOTO) // 3], "第 2 张图片：照片已损坏"),
        (b"\xff\xd8\xff" + b"nonsense" * 50, "第 2 张图片：照片已损坏"),
        (bomb(), "第 2 张图片：照片边长须为 40 至 12000 像素"),
        (saved(Image.new("RGB", (20, 20))), "第 2 张图片：照片边长"),
        (b"", ""),
    ],
    ids=["html", "pdf", "gif", "svg", "cut", "nonsense", "bomb", "tiny", "empty"],
)
def test_a_file_that_is_no_picture_gets_a_sentence_and_nothing_is_kept(
    somebody: Complainant, content: bytes, sentence: str
) -> None:
    page = somebody.post(422, pictures=[upload(), upload(content)])
    assert sentence in page
    assert "还没有提交。图片请重新选择。" in page
    assert TEXT in page, "what was typed is still there"
    assert nothing_kept()


def test_a_picture_with_a_page_behind_it_is_kept_as_a_picture_alone(somebody: Complainant) -> None:
    somebody.post(pictures=[upload(PHOTO + b"<script>alert(1)</script>")])
    assert b"<script>" not in bytes(ComplaintPicture.objects.get().copy or b"")


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"text": ""}, "请写明发生了什么"),
        ({"text": "  \n "}, "请写明发生了什么"),
        ({"text": None}, "请写明发生了什么"),
        ({"text": "字" * 2001}, "最多 2000 个字，现在有 2001 个"),
        ({"text": "a\x00b"}, "空字符"),
        ({"happened_at": ""}, "请填写大概是什么时候"),
        ({"happened_at": "昨天"}, "请填写日期和时间"),
        ({"happened_at": "2026-07-01T12:11"}, "时间还没有到"),
        ({"happened_at": "9999-12-31T23:59"}, "时间还没有到"),
        ({"happened_at": "2025-06-01T09:00"}, "只受理一年以内的"),
        ({"happened_at": "0001-01-01T00:00"}, "只受理一年以内的"),
        ({"phone": "打给我"}, "这不是一个电话号码"),
        ({"phone": "1" * 41}, "40"),
        ({"kind": "worse"}, "worse"),
        ({"submission": "x"}, "UUID"),
    ],
)
def test_what_is_missing_or_wrong_is_said_and_nothing_is_kept(
    somebody: Complainant, said: dict[str, Any], sentence: str
) -> None:
    assert sentence in somebody.post(422, **said)
    assert nothing_kept()


def test_two_thousand_characters_in_many_lines_are_not_too_many(somebody: Complainant) -> None:
    text = "字" * 1_000 + "\r\n" * 500 + "字" * 500
    somebody.post(text=text)
    assert Complaint.objects.get().text == text.replace("\r\n", "\n")


def test_four_pictures_are_too_many_and_a_large_one_too_large(somebody: Complainant) -> None:
    assert "最多 3 张图片，现在有 4 张" in somebody.post(422, pictures=[upload()] * 4)
    with override_settings(MAX_PHOTO_BYTES=len(PHOTO) - 1):
        assert "照片文件过大" in somebody.post(422, pictures=[upload()])
    assert nothing_kept()


def test_a_body_that_is_too_large_is_refused_before_it_is_read(somebody: Complainant) -> None:
    class Untouched:
        def read(self, *_: int) -> bytes:
            raise AssertionError("the body was read")

        readline = read

    address = reverse("door-complaint", args=[somebody.token])
    unread: Any = {"wsgi.input": Untouched()}
    answer = somebody.client.generic(
        "POST",
        address,
        content_type="multipart/form-data; boundary=x",
        CONTENT_LENGTH=str(3 * settings.MAX_PHOTO_BYTES + 262_145),
        **unread,
    )
    assert (answer.status_code, "照片文件过大" in answer.content.decode()) == (413, True)
    assert "写得太多了" in somebody.post(413, text="字" * 100_000)


@pytest.mark.parametrize("body", [b"", b"--x", b"--x\r\nContent-Disposition: form-data\r\n\r\n", b"\xff" * 500])
def test_a_form_that_did_not_arrive_whole_is_a_page_not_a_fault(somebody: Complainant, body: bytes) -> None:
    address = reverse("door-complaint", args=[somebody.token])
    for content_type in ("multipart/form-data; boundary=x", "multipart/form-data", "application/json", "text/plain"):
        answer = Client(raise_request_exception=False).generic("POST", address, body, content_type=content_type)
        assert answer.status_code in {400, 422}, content_type
        assert "有人未扫码就来检查" in answer.content.decode()
    assert nothing_kept()


def test_the_same_form_again_is_the_same_receipt_and_opens_nothing(somebody: Complainant) -> None:
    form = words(pictures=[upload()])
    first = receipt(somebody.post(**form))
    form["pictures"] = [upload(b"another file")]
    assert receipt(somebody.post(**form)) == first
    assert Complaint.objects.count() == Filing.objects.count() == Entry.objects.filter(kind="complaint").count() == 1
    elsewhere = Complainant(GLASS)
    assert receipt(elsewhere.post(**words(submission=form["submission"]))) != first


def test_the_same_form_again_uses_no_complaint_up(somebody: Complainant) -> None:
    form = words()
    with override_settings(DOOR_POLICY=replace(settings.DOOR_POLICY, complaints_of_address=2)):
        first = receipt(somebody.post(**form))
        assert {receipt(somebody.post(**form)) for _ in range(3)} == {first}
        somebody.post()
        assert receipt(somebody.post(**form)) == first
        somebody.post(429)


def test_one_address_does_not_use_up_what_may_be_said_about_an_enterprise() -> None:
    policy = settings.DOOR_POLICY
    assert policy.complaints_of_door >= 10 * policy.complaints_of_address


def test_one_complaint_too_many_in_an_hour_from_one_address_is_told_to_wait(somebody: Complainant) -> None:
    with override_settings(DOOR_POLICY=replace(settings.DOOR_POLICY, complaints_of_address=2)):
        somebody.post()
        Complainant(GLASS).post()
        page = somebody.post(429)
        assert "秒" in page or "分钟" in page
    assert Complaint.objects.count() == 2


def test_an_enterprise_is_complained_about_so_often_in_an_hour_from_wherever(somebody: Complainant) -> None:
    with override_settings(DOOR_POLICY=replace(settings.DOOR_POLICY, complaints_of_door=2)):
        for number in range(2):
            somebody.client.defaults["REMOTE_ADDR"] = f"10.0.0.{number}"
            somebody.post()
        somebody.client.defaults["REMOTE_ADDR"] = "10.0.0.9"
        somebody.post(429)
        Complainant(GLASS).post()
    assert Complaint.objects.count() == 3


def test_a_wrong_number_and_a_wrong_code_are_one_answer(somebody: Complainant) -> None:
    number, code = receipt(somebody.post())
    other, _ = receipt(Complainant(GLASS).post())
    for asked in ((number, "0000-0000"), (other, code), ("TS20260701-0000000000", code), (number, ""), ("", code)):
        page = somebody.post(404, "door-receipt", number=asked[0], code=asked[1])
        assert "没有找到：受理编号或查询码不对" in page
        assert "邢台轴承有限公司</dd>" not in page
    assert "<script>" not in somebody.post(404, "door-receipt", number="<script>x</script>", code="\x00")
    somebody.post(404, "door-receipt")
    assert "已收到" in somebody.post(200, "door-receipt", number=number, code=code)


def test_a_form_without_its_token_is_refused_and_with_it_taken(somebody: Complainant) -> None:
    strict = Client(enforce_csrf_checks=True)
    address = reverse("door-complaint", args=[somebody.token])
    refused = strict.post(address, words(pictures=[upload()]))
    assert refused.status_code == 403
    assert "没有提交成功" in refused.content.decode()
    assert nothing_kept()
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', strict.get(address).content.decode())
    assert found
    assert strict.post(address, words(csrfmiddlewaretoken=found[1])).status_code == 201
    assert Complaint.objects.count() == 1


def test_an_unknown_address_answers_a_complaint_as_it_answers_everything() -> None:
    client = Client()
    address = reverse("door-complaint", args=["A" * 22])
    answers = {
        (answer.status_code, tuple(sorted(answer.headers.items())), answer.content)
        for answer in (client.get(address), client.post(address, words()), client.post(address, words(text="")))
    }
    assert [status for status, _headers, _body in answers] == [404]


def test_what_was_typed_comes_back_as_text(somebody: Complainant) -> None:
    page = somebody.post(422, text="</textarea><script>alert(1)</script>", happened_at="", phone='"><b>')
    assert "<script>" not in page
    assert "<b>" not in page
    assert "&lt;/textarea&gt;" in page


def test_an_english_browser_is_answered_in_english(somebody: Complainant) -> None:
    for name in ("door-complaint", "door-receipt"):
        answer = somebody.client.get(reverse(name, args=[somebody.token]), headers={"accept-language": "en"})
        shown = re.sub(r"<[^>]*>", "", answer.content.decode()).replace("邢台轴承有限公司", "")
        assert not re.findall(r"[\u4e00-\u9fff]+", shown)


@pytest.fixture
def counted(somebody: Complainant) -> Any:
    def count(**said: Any) -> int:
        address = reverse("door-complaint", args=[somebody.token])
        with CaptureQueriesContext(connection) as found:
            somebody.client.post(address, words(**said)) if said else somebody.client.get(address)
        return len([one for one in found if not one["sql"].startswith(("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT"))])

    return count


def test_the_cost(counted: Any) -> None:
    lane = 1 if connection.vendor == "postgresql" else 0
    # the door, the looks counted
    assert counted() == 2
    # and sent before?, the complaints counted; sent before?, the lane, sent before?, complaint, state, entry, filing;
    # how it stands
    assert counted(phone="") == 11 + lane
    # the pictures too, in one
    assert counted(pictures=[upload(), upload()]) == 12 + lane
