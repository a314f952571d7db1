"""Who reads no Chinese is told the same."""

import re
from pathlib import Path

import polib
import pytest
from django.test import Client

CATALOGUE = Path("officers/locale/en/LC_MESSAGES/django.po")


@pytest.fixture
def english() -> dict[str, str]:
    return {entry.msgid: entry.msgstr for entry in polib.pofile(str(CATALOGUE)) if entry.msgstr}


@pytest.mark.parametrize(
    "source",
    [
        "officers/assertion.py",
        "officers/guessing.py",
        "officers/public_key.py",
        "officers/services/assertion.py",
        "officers/services/enrolment.py",
        "officers/templates/officers/enrol.html",
    ],
)
def test_every_sentence_at_the_officers_doors_is_in_the_english_catalogue(source: str, english: dict[str, str]) -> None:
    text = Path(source).read_text()
    said = set(re.findall(r'_\(\s*"([^"]+)"\s*\)', text)) | set(re.findall(r"{% translate ['\"]([^'\"]+)['\"]", text))
    assert said
    assert said - set(english) == set()


def test_the_compiled_catalogue_is_the_one_that_is_read(english: dict[str, str]) -> None:
    compiled = {entry.msgid: entry.msgstr for entry in polib.mofile(str(CATALOGUE.with_suffix(".mo")))}
    assert compiled == english


def test_an_english_browser_gets_an_english_page_and_an_english_problem(client: Client) -> None:
    page = client.get("/enrol", headers={"Accept-Language": "en-GB,en;q=0.9"})
    assert "<h1>Enrol an officer's phone</h1>" in page.content.decode()
    assert 'lang="en"' in page.content.decode()
    assert "启用执法设备" in client.get("/enrol", headers={"Accept-Language": "zh-CN"}).content.decode()
    body = b'{"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": "x"}'
    refused = client.post(
        "/api/v1/enrolments/assertion", body, content_type="application/json", headers={"Accept-Language": "en"}
    )
    assert refused.json()["title"] == "The assertion is invalid"
