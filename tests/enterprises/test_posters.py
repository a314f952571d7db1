"""Posters: printed by supervisors for their region, by the operator for all, one A4 page each, readable by a phone."""

import base64
import re
import zlib
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client, override_settings
from django.urls import reverse

from audit.models import Entry, ReadLog
from enterprises.models import Door, Enterprise
from enterprises.poster import Poster
from enterprises.poster_pdf import write_posters
from enterprises.queries import door_at
from tests.house.admin_world import PEOPLE, account_of, build, signed_in
from tests.town import BEARINGS, CABLES, CASHMERE, GLASS, Town
from tests.town import build as build_town

pytestmark = pytest.mark.django_db
POSTERS = "/board/posters/"
PRINTED = re.compile(r'<section class="poster">')


def _print(client: Client, *enterprises: Enterprise, action: str = "print_posters") -> Any:
    return client.post(
        reverse("admin:enterprises_enterprise_changelist"),
        {"action": action, "_selected_action": [one.pk for one in enterprises]},
    )


def _read(drawn: str) -> list[str]:
    """What a phone reads off the codes of this page, in their order."""
    segno_paths = re.findall(r"<svg[^>]*>.*?</svg>", drawn, flags=re.DOTALL)
    return [_decode(svg) for svg in segno_paths]


def _decode(svg: str) -> str:
    """Paint the modules and read them: segno writes one horizontal stroke after another."""
    import zxingcpp
    from PIL import Image

    found = re.search(r'viewBox="0 0 (\d+) \d+"', svg)
    strokes = re.findall(r'<path[^>]*class="qrline"[^>]*d="([^"]+)"|<path[^>]*d="([^"]+)"[^>]*class="qrline"', svg)
    assert found
    assert strokes
    scale, side = 6, int(found[1])
    image = Image.new("L", (side * scale, side * scale), 255)
    x = y = 0.0
    for verb, first, second in re.findall(r"([Mmh])(-?[\d.]+)(?: (-?[\d.]+))?", strokes[0][0] or strokes[0][1]):
        if verb == "M":
            x, y = float(first), float(second)
        elif verb == "m":
            x, y = x + float(first), y + float(second)
        else:
            for column in range(int(float(first)) * scale):
                for row in range(scale):
                    image.putpixel((int(x * scale) + column, int((y - 0.5) * scale) + row), 0)
            x += float(first)
    [code] = zxingcpp.read_barcodes(image)
    return code.text


@override_settings(PUBLIC_URL="https://ruqi.example")
def test_a_supervisor_prints_the_posters_of_her_regions_enterprises() -> None:
    world = build()
    mine = world.rows["own"][Enterprise]
    answer = _print(signed_in(account_of("supervisor")), mine)
    assert answer.status_code == 200
    page = answer.content.decode()
    assert len(PRINTED.findall(page)) == 1
    assert mine.name in page
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert "no-store" in answer["Cache-Control"]
    assert "<style" not in page
    [door, offline] = _read(page)
    token = door.removeprefix("https://ruqi.example/d/")
    assert door_at(token).credit_code == mine.credit_code  # type: ignore[union-attr]
    assert offline == f"https://ruqi.example/verify#{mine.credit_code}"
    [entry] = Entry.objects.filter(kind="posters-printed")
    assert mine.credit_code in bytes(entry.body or b"").decode()
    assert token not in bytes(entry.body or b"").decode()


def test_nobody_prints_the_poster_of_an_enterprise_out_of_reach_nor_does_anybody_else_print() -> None:
    world = build()
    theirs, mine = world.rows["sibling"][Enterprise], world.rows["own"][Enterprise]
    _print(signed_in(account_of("supervisor")), theirs)
    for role in ("system_admin", "discipline", "audit_admin"):
        answer = _print(signed_in(account_of(role)), mine)
        assert not PRINTED.search(answer.content.decode())
    assert Door.objects.count() == 0


def test_a_supervisor_renews_a_door_with_a_reason_and_is_told_the_new_address_once() -> None:
    world = build()
    mine = world.rows["own"][Enterprise]
    client = signed_in(account_of("supervisor"))
    button = reverse("admin:enterprises_enterprise_button", args=[mine.pk, "renew-door"])
    assert client.get(button).status_code == 404, "there is no door yet"
    _print(client, mine)
    before = bytes(Door.objects.get().token_hash or b"")
    assert "请填写原因" in client.post(button).content.decode()
    told = client.post(button, {"reason": "海报被翻拍"}).content.decode()
    door = Door.objects.get()
    assert (door.generation, bytes(door.token_hash or b"") != before) == (2, True)
    token = re.search(r"/d/([\w-]{22})", told)
    assert token
    assert door_at(token[1]) is not None
    assert door.history.first().history_change_reason == "海报被翻拍"


def _command(*arguments: str, file: Path) -> str:
    out = StringIO()
    call_command("posters", *arguments, f"--file={file}", stdout=out, verbosity=0)
    return out.getvalue()


def test_the_command_writes_a_file_that_needs_no_server(town: Town, tmp_path: Path) -> None:
    file = tmp_path / "posters.html"
    assert "2" in _command("--region=130502", file=file)
    page = file.read_text()
    assert page.startswith("<!doctype html>")
    assert page.rstrip().endswith("</html>")
    assert len(PRINTED.findall(page)) == 2
    assert not re.findall(r'(?:src|href)="', page), "style and pictures are inside"
    assert "@page" in page
    assert "&gt;" not in page.partition("</style>")[0]
    assert file.stat().st_mode & 0o077 == 0
    assert {door.enterprise.credit_code for door in Door.objects.all()} == {BEARINGS, GLASS}


def test_the_command_prints_single_enterprises_and_says_what_it_does_not_know(town: Town, tmp_path: Path) -> None:
    _command(CASHMERE, CABLES.lower(), file=tmp_path / "two.html")
    assert Door.objects.count() == 2
    for wrong in ([], ["--region=13x"], [BEARINGS, "--region=1305"], ["91440101MA5D5T047J"]):
        with pytest.raises(CommandError):
            _command(*wrong, file=tmp_path / "none.html")
    with pytest.raises(CommandError):
        _command(BEARINGS, file=tmp_path / "two.html")
    assert Door.objects.count() == 2


def test_printing_again_prints_the_same_address(tmp_path: Path) -> None:
    build_town()
    _command(BEARINGS, file=tmp_path / "first.html")
    _command(BEARINGS, file=tmp_path / "second.html")
    assert (tmp_path / "first.html").read_text() == (tmp_path / "second.html").read_text()


def _pages(pdf: bytes) -> list[str]:
    """What is drawn on each page."""
    streams = re.findall(rb"stream\r?\n(.*?)endstream", pdf, flags=re.DOTALL)
    drawn = []
    for stream in streams:
        try:
            text = zlib.decompress(base64.a85decode(stream.strip(), adobe=True))
        except (ValueError, zlib.error):
            continue  # the font
        drawn.append(text.decode("latin-1"))
    return [text for text in drawn if " re" in text]


def _codes(drawn: str) -> list[str]:
    """What a phone reads off a page: its rectangles, painted."""
    import zxingcpp
    from PIL import Image, ImageDraw

    image = Image.new("L", (1190, 1684), 255)
    brush = ImageDraw.Draw(image)
    for x, y, wide, high in re.findall(r"([\d.]+) ([\d.]+) ([\d.]+) ([\d.]+) re", drawn):
        left, low = float(x) * 2, 1684 - float(y) * 2
        brush.rectangle((left, low - float(high) * 2, left + float(wide) * 2 - 0.5, low - 0.5), fill=0)
    return [code.text for code in zxingcpp.read_barcodes(image)]


@override_settings(PUBLIC_URL="https://ruqi.example")
def test_li_jing_prints_a_streets_posters_in_one_file_batch_by_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    world = build()
    mine, child = (world.rows[position][Enterprise] for position in ("own", "child"))
    client = signed_in(account_of("supervisor"))
    page = client.get(f"{POSTERS}?region=130502").content.decode()
    assert "本批 2 家" in page
    pdf: Any = client.post(f"{POSTERS}?region=130502")
    drawn = _pages(b"".join(pdf.streaming_content))
    assert len(drawn) == 2
    doors = {code.removeprefix("https://ruqi.example/d/") for each in drawn for code in _codes(each) if "/d/" in code}
    assert {door_at(token).credit_code for token in doors} == {mine.credit_code, child.credit_code}  # type: ignore[union-attr]
    assert f"https://ruqi.example/verify#{mine.credit_code}" in [code for each in drawn for code in _codes(each)]
    assert "attachment" in pdf["Content-Disposition"]
    assert "no-store" in pdf["Cache-Control"]
    [entry] = Entry.objects.filter(kind="posters-printed")
    assert not any(token in bytes(entry.body or b"").decode() for token in doors)
    assert ReadLog.objects.filter(page="board-posters.pdf", shown=2).count() == 1
    monkeypatch.setattr("enterprises.pages.MOST", 1)
    assert "本批 1 家" in client.get(POSTERS).content.decode()
    second = client.get(f"{POSTERS}?after={min(mine.credit_code, child.credit_code)}").content.decode()
    assert max(mine.credit_code, child.credit_code) in second
    assert "下一批" not in second
    one: Any = _print(client, mine, action="print_posters_as_pdf")
    assert len(_pages(b"".join(one.streaming_content))) == 1
    assert client.get(f"{POSTERS}?after=%00%00").status_code == 200


def test_whose_posters_nobody_prints_in_one_file() -> None:
    world = build()
    theirs = world.rows["sibling"][Enterprise]
    client = signed_in(account_of("supervisor"))
    assert client.post(f"{POSTERS}?region={theirs.region_code}").status_code == 404
    assert theirs.credit_code not in client.get(f"{POSTERS}?region=1305").content.decode()
    for role in set(PEOPLE) - {"supervisor"}:
        browser = signed_in(account_of(role))
        assert {browser.get(POSTERS).status_code, browser.post(POSTERS).status_code} == {404}, role
    assert Client().get(POSTERS).status_code == 302
    assert Door.objects.count() == 0


def test_five_hundred_posters_are_some_megabytes_and_a_long_name_still_fits() -> None:
    name = "邢台市襄都区" + "精密轴承及非标设备制造" * 8 + "有限责任公司"
    one = Poster(
        name=name,
        credit_code=BEARINGS,
        generation=1,
        host="ruqi.example",
        address="https://ruqi.example/d/0123456789abcdefghijkl",
        offline_address=f"https://ruqi.example/verify#{BEARINGS}",
    )
    file = BytesIO()
    assert write_posters([one] * 20, file=file) == 20
    assert len(file.getvalue()) < 20 * 12_000 + 200_000
    assert len(_pages(file.getvalue())) == 20
