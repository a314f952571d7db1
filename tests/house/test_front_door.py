"""The front door of a house that is no demo: three doors, and nothing to try."""

import re
from pathlib import Path

import pytest
from django.test import Client, override_settings
from django.utils import timezone

from project.demo import handout
from project.demo.handout import Handout
from project.demo.samples import FILE, choose
from project.demo.world import world
from tests.house.demo_city import CAP, carry
from tests.town import Town


def test_officers_enterprises_and_supervisors_each_find_their_door() -> None:
    page = Client().get("/")
    assert page.status_code == 200
    text = page.content.decode()
    for word in ("执法人员", "企业", "监督", "怎样核验来人", "行政处罚法第五十五条"):
        assert word in text
    for address in ('href="/enrol"', 'href="/api/v1/docs"', 'href="/admin/"', 'href="#verify"'):
        assert address in text


def test_a_browser_that_wants_english_gets_it() -> None:
    text = Client().get("/", headers={"accept-language": "en"}).content.decode()
    assert '<html lang="en">' in text
    assert "For officers" in text
    without_attributes = re.sub(r"<[^>]*>", "", text)
    assert not re.findall(r"[\u4e00-\u9fff]+", without_attributes)


def test_nothing_of_third_parties_and_no_inline_script_or_style() -> None:
    page = Client().get("/")
    text = page.content.decode()
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', text)
    assert not re.findall(r"<script(?![^>]*(?:src=|application/json))|<style|\sstyle=|\son[a-z]+=", text)
    assert page["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'; style-src 'self'")


@pytest.fixture
def folder_of_a_demo(db: None, tmp_path: Path) -> Handout:
    """A folder with everything that a demo leaves, tokens and all."""
    at = timezone.now()
    handed = carry(world(today=timezone.localdate(), enterprises=40), today=timezone.localdate(), at=at)
    handout.keep(handed, folder=tmp_path)
    handout.write(tmp_path / FILE, choose(handed, at=at, cap=CAP).told())
    return handed


def test_only_demo_mode_shows_what_a_demo_left_in_its_folder(folder_of_a_demo: Handout, tmp_path: Path) -> None:
    secrets = [one.token for one in folder_of_a_demo.officers]
    secrets += [one.password for one in folder_of_a_demo.accounts]
    with override_settings(STATE_DIR=tmp_path):
        text = Client().get("/").content.decode()
        assert not [secret for secret in secrets if secret in text]
        assert "示范" not in text
        assert "扫一次" not in text
        with override_settings(DEMO=True):
            shown = Client().get("/").content.decode()
            assert [secret for secret in secrets if secret in shown]
            assert "扫一次" in shown
            english = Client().get("/", headers={"accept-language": "en"}).content.decode()
            assert "Scan once" in english


def test_the_demos_code_of_an_electronic_id_exists_in_demo_mode_only(town: Town) -> None:
    token = town.zhang_wei.scan().json()["electronic_id"]["token"]
    assert Client().get(f"/demo/id/{token}.svg").status_code == 404
    with override_settings(DEMO=True):
        drawn = Client().get(f"/demo/id/{token}.svg")
        assert drawn["Content-Type"] == "image/svg+xml"
        assert drawn.content.startswith(b"<?xml") or drawn.content.startswith(b"<svg")
        assert Client().get("/demo/id/x.svg").status_code == 404


def test_a_demo_mode_without_a_loaded_city_shows_the_three_doors(tmp_path: Path) -> None:
    with override_settings(DEMO=True, STATE_DIR=tmp_path):
        page = Client().get("/")
    assert page.status_code == 200
    assert "扫一次" not in page.content.decode()


@pytest.mark.parametrize(("language", "title"), [("zh-hans", "没有这一页"), ("en", "There is no such page")])
def test_an_address_that_is_none_is_told_so_in_the_readers_language(language: str, title: str) -> None:
    answer = Client().get("/nowhere", headers={"accept-language": language})
    assert answer.status_code == 404
    assert f"<h1>{title}</h1>" in answer.content.decode()
