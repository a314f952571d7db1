"""What is read off a photo of a licence, and what is kept of the photo."""

import io
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageFilter

from enterprises import decoders
from enterprises.decoders import DECODERS, has_zbar, text_of, usable
from enterprises.decoding import decode, worth
from enterprises.picture import Picture, PictureRefused
from tests.enterprises.photos import BEARINGS_TEXT, code, on_table, png_of, saved

pytestmark = pytest.mark.embedded

ORDER = ("zxing-cpp", "pyzbar")
GIVEN_PHOTOS = Path(__file__).resolve().parents[3] / "shared" / "testdata" / "qr-photos"
PAYMENT = "https://qr.95516.com/00010000/62212345678901234567"


def _read(photo: bytes | Image.Image, *, order: tuple[str, ...] = ORDER) -> str | None:
    data = photo if isinstance(photo, bytes) else saved(photo)
    found = decode(Picture.open(data), decoders=order, budget=30)
    return found.text if found else None


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_the_licence_of_the_bearings_works_is_read_in_every_format_that_phones_write(kind: str) -> None:
    assert _read(saved(on_table(), kind)) == BEARINGS_TEXT


@pytest.mark.parametrize(
    "convert",
    [
        lambda table: saved(table.convert("CMYK")),
        lambda table: saved(table.convert("1"), "PNG"),
        lambda table: saved(table.convert("P"), "PNG"),
        lambda table: saved(table.convert("I").point(lambda value: value * 257).convert("I;16"), "PNG"),
        lambda table: saved(table.convert("RGB").resize((6000, 4500))),
        lambda table: saved(ImageChops.invert(table)),
        lambda table: saved(table.rotate(33, fillcolor=150)),
        lambda table: saved(table.filter(ImageFilter.GaussianBlur(3))),
    ],
    ids=["CMYK", "1 bit", "palette", "16 bits", "27 megapixels", "inverted", "slanting", "blurred"],
)
def test_however_the_photo_is_made(convert: Callable[[Image.Image], bytes]) -> None:
    assert _read(convert(on_table())) == BEARINGS_TEXT


def test_a_code_printed_on_nothing_is_read_on_white() -> None:
    printed = code()
    clear = Image.new("RGBA", printed.size, (0, 0, 0, 0))
    clear.paste((0, 0, 0, 255), mask=ImageChops.invert(printed))
    assert _read(saved(clear, "PNG")) == BEARINGS_TEXT


@pytest.mark.parametrize("turn", range(1, 9))
def test_the_copy_stands_upright_whatever_exif_says(turn: int) -> None:
    upright = Image.new("RGB", (400, 200), "white")
    upright.paste("red", (0, 0, 100, 100))  # a red corner at the top left
    back = {2: 0, 3: 1, 4: 5, 5: 6, 6: 2, 7: 3, 8: 4}
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }  # fmt: skip
    taken = upright.transpose(undo[turn]) if turn in back else upright
    exif = Image.Exif()
    exif[0x0112] = turn
    copy = Image.open(io.BytesIO(Picture.open(saved(taken, exif=exif, quality=95)).copy(edge=2048)))
    assert copy.size == (400, 200)
    red, green, _blue = copy.convert("RGB").getpixel((40, 40))  # type: ignore[misc]
    assert red > 200 > 60 > green


def test_the_copy_holds_the_picture_and_nothing_of_where_it_was_taken() -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8825).update({1: "N", 2: (37.0, 4.0, 12.0), 3: "E", 4: (114.0, 30.0, 0.0)})
    exif[0x010F] = "某手机"
    photo = saved(on_table().convert("RGB"), exif=exif, comment=b"where I live", icc_profile=bytes(200))
    assert b"Exif" in photo
    assert b"where I live" in photo
    copy = Picture.open(photo).copy(edge=2048)
    kept = Image.open(io.BytesIO(copy))
    assert (kept.format, dict(kept.getexif())) == ("JPEG", {})
    assert not {"exif", "comment", "icc_profile", "xmp"} & set(kept.info)
    assert not any(mark in copy for mark in (b"Exif", b"where I live"))
    assert max(Image.open(io.BytesIO(Picture.open(saved(on_table(size=(5000, 900)))).copy(edge=2048))).size) == 2048


def test_beside_a_payment_code_the_licence_wins_whichever_is_read_first() -> None:
    for left, right in ((PAYMENT, BEARINGS_TEXT), (BEARINGS_TEXT, PAYMENT)):
        table = Image.new("L", (1400, 900), 160)
        table.paste(code(left, scale=9), (60, 200))
        table.paste(code(right, scale=6), (800, 250))
        assert _read(table) == BEARINGS_TEXT


def test_a_payment_code_does_not_end_the_search_for_a_blurred_licence() -> None:
    table = Image.new("L", (1400, 900), 255)
    table.paste(code(BEARINGS_TEXT, scale=6).filter(ImageFilter.GaussianBlur(3.3)), (800, 250))
    alone = decode(Picture.open(saved(table, "PNG")), decoders=ORDER, budget=30)
    assert alone is not None
    assert alone.attempt != "zxing-cpp base", "the blur is too weak for this test to say anything"
    table.paste(code(PAYMENT, scale=9), (60, 200))
    assert _read(saved(table, "PNG")) == BEARINGS_TEXT


def test_two_licences_on_one_photo_are_the_officers_to_choose_from() -> None:
    cashmere = "http://www.gsxt.gov.cn/index.html?uniscid=9144030010001686XA"
    table = Image.new("L", (1400, 900), 160)
    table.paste(code(BEARINGS_TEXT), (60, 200))
    table.paste(code(cashmere), (750, 200))
    text = _read(table)
    assert text is not None
    assert set(text.split("；")) == {"91110108551385082Q", "9144030010001686XA"}
    assert worth(text) == 3


def test_a_photo_of_a_wall_shows_nothing() -> None:
    assert _read(Image.effect_noise((1200, 900), 40)) is None


def test_when_the_budget_is_spent_no_further_attempt_begins() -> None:
    wall = Picture.open(saved(Image.effect_noise((1200, 900), 40)))
    asked: list[str] = []
    with pytest.MonkeyPatch.context() as patch:

        def reads_nothing(_picture: Image.Image) -> list[bytes]:
            asked.append("zxing-cpp")
            return []

        patch.setitem(DECODERS, "zxing-cpp", reads_nothing)
        assert decode(wall, decoders=["zxing-cpp"], budget=0) is None
    assert asked == ["zxing-cpp"]


needs_zbar = pytest.mark.skipif(not has_zbar(), reason="libzbar0 is not installed")


@needs_zbar
def test_the_order_is_the_operators_and_each_decoder_can_do_it_alone() -> None:
    photo = Picture.open(saved(on_table()))
    attempts = []
    for order in (ORDER, ORDER[::-1], ("pyzbar",), ("zxing-cpp",)):
        found = decode(photo, decoders=order, budget=30)
        assert found is not None
        assert found.text == BEARINGS_TEXT
        attempts.append(found.attempt)
    assert attempts == ["zxing-cpp base", "pyzbar base", "pyzbar base", "zxing-cpp base"]


def test_without_libzbar0_the_rest_carries_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoders, "has_zbar", lambda: False)
    assert usable(["pyzbar", "zxing-cpp", "pyzbar", "sorcery"]) == ("zxing-cpp",)
    assert _read(on_table(), order=("pyzbar", "zxing-cpp")) == BEARINGS_TEXT


SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗"
WORDS = "邢台轴承羊绒电缆玻璃食品机械商贸建材医药科技运输餐饮超市农业有限公司个体工商户经营部合作社分厂"


@needs_zbar
@pytest.mark.parametrize("charset", ["utf-8", "gb18030"])
def test_chinese_comes_out_byte_for_byte_in_either_charset_from_either_decoder(charset: str) -> None:
    dice = random.Random(2026)
    for _ in range(150):
        name = "".join(dice.choices(WORDS, k=dice.randint(2, 14)))
        text = f"名称：{name}；法定代表人：{dice.choice(SURNAMES)}{dice.choice(WORDS)}"
        picture = code(text.encode(charset), scale=4)
        for decoder in DECODERS.values():
            (data,) = decoder(picture)
            assert data == text.encode(charset)
            assert text_of(data) == text


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("邢台轴承".encode("gb18030"), "邢台轴承"),
        ("朱镕基".encode("gb18030"), "朱镕基"),
        ("陳堃㐀食品店".encode(), "陳堃㐀食品店"),
        (b"a\0b", "a\ufffdb"),
        (b"\xff\xfe\xff", "\ufffd\ufffd\ufffd"),
        (b"", ""),
        ("ﾃﾞｻﾞｲﾝQR".encode("shift_jis"), "ﾃﾞｻﾞｲﾝQR"),
    ],
)  # fmt: skip
def test_bytes_become_text(data: bytes, text: str) -> None:
    assert text_of(data) == text


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "type"),
        (b"%!PS-Adobe-3.0 EPSF-3.0", "type"),
        (png_of(39, 400), "size"),
        (png_of(12_001, 400), "size"),
        (png_of(8_000, 6_251), "size"),
        (b"\xff\xd8\xff", "unreadable"),
    ],
)
def test_the_header_alone_is_reason_enough(data: bytes, reason: str) -> None:
    with pytest.raises(PictureRefused) as refusal:
        Picture.open(data)
    assert refusal.value.reason == reason


@pytest.mark.skipif(not GIVEN_PHOTOS.is_dir(), reason="needs the photographed codes of ../shared/testdata/qr-photos")
def test_of_137_photographed_codes_at_least_129_are_read_exactly() -> None:
    texts = [path for path in sorted(GIVEN_PHOTOS.glob("*/*.txt")) if not path.name.endswith(".result.txt")]
    assert len(texts) == 137
    exact = 0
    for path in texts:
        photo = next(path.with_suffix(end) for end in (".png", ".webp", ".jpg") if path.with_suffix(end).exists())
        found = decode(Picture.open(photo.read_bytes()), decoders=ORDER, budget=30)
        exact += found is not None and path.read_bytes().decode() in (found.text, *found.others)
    assert exact >= 129
