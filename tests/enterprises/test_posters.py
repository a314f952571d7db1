"""Posters: printed by supervisors for their region, by the operator for all, one A4 page each, readable by a phone."""

import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client, override_settings
from django.urls import reverse

from audit.models import Entry
from enterprises.models import Door, Enterprise
from enterprises.queries import door_at
from tests.house.admin_world import account_of, build, signed_in
from tests.town import BEARINGS, CABLES, CASHMERE, GLASS, Town
from tests.town import build as build_town

pytestmark = pytest.mark.django_db
PRINTED = re.compile(r'<section class="poster">')


def _print(client: Client, *enterprises: Enterprise) -> Any:
    return client.post(
        reverse("admin:enterprises_enterprise_changelist"),
        {"action": "print_posters", "_selected_action": [one.pk for one in enterprises]},
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
