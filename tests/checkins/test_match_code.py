"""The match code (核对码): what is on the officer's screen opens the certificate number, five wrong ones close it."""

import secrets
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from checkins.models import MatchTry, Visit
from checkins.services.try_match import try_match
from officers.models import Officer
from tests.checkins.doors import Browser
from tests.parallel import at_once
from tests.town import BEARINGS, LONG_AGO, Phone, Town, build

in_town = pytest.mark.django_db


def _scanned(phone: Phone) -> tuple[str, int, int]:
    """The match code on the officer's screen, and which visit and officer the form names."""
    told = phone.scan().json()
    visit = Visit.objects.get(number=told["visit"]["number"])
    return told["electronic_id"]["match_code"], visit.pk, phone.officer.pk


def _other_than(code: str) -> str:
    return next(guess for guess in iter(lambda: f"{secrets.randbelow(10**6):06d}", "") if guess != code)


@in_town
def test_the_code_on_the_officers_screen_shows_the_certificate_number_to_this_browser_alone(town: Town) -> None:
    code, visit, officer = _scanned(town.zhang_wei)
    mine, other = Browser(), Browser()
    assert "13******01" in mine.said()
    text = mine.type(code, visit=visit, officer=officer)
    assert "核对码正确" in text
    assert "13050200101" in text
    assert "13050200101" in mine.said()
    assert "13050200101" not in other.said()


@in_town
@pytest.mark.parametrize("written", ["{} {}", "{} {} ", "{}　{}"])
def test_spaces_and_full_width_digits_are_the_same_code(town: Town, written: str) -> None:
    code, visit, officer = _scanned(town.zhang_wei)
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in code[3:])
    assert "核对码正确" in Browser().type(written.format(code[:3], wide), visit=visit, officer=officer)


@in_town
def test_five_wrong_codes_close_it_for_everybody_and_the_right_one_comes_too_late(town: Town) -> None:
    code, visit, officer = _scanned(town.zhang_wei)
    browser = Browser()
    for left in (4, 3, 2, 1):
        assert f"还可以试 {left} 次" in browser.type(_other_than(code), visit=visit, officer=officer)
    assert "核对码输错次数已满" in browser.type(_other_than(code), visit=visit, officer=officer)
    for one in (browser, Browser()):
        text = one.type(code, visit=visit, officer=officer)
        assert "核对码输错次数已满" in text
        assert "13050200101" not in text
    assert MatchTry.objects.filter(right=False).count() == 5


@in_town
def test_each_officer_has_tries_of_his_own(town: Town) -> None:
    code, visit, officer = _scanned(town.zhang_wei)
    other_code, same_visit, other = _scanned(town.li_na)
    assert same_visit == visit
    browser = Browser()
    for _try in range(5):
        browser.type(_other_than(code), visit=visit, officer=officer)
    assert "核对码正确" in browser.type(other_code, visit=visit, officer=other)


@in_town
@pytest.mark.parametrize(
    "code", ["", "12345", "1234567", "12345a", "一二三四五六", "½23456", "\x00\x00\x00\x00\x00\x00"]
)
def test_what_is_no_code_costs_no_try(town: Town, code: str) -> None:
    _code, visit, officer = _scanned(town.zhang_wei)
    assert "核对码是 6 位数字" in Browser().type(code, visit=visit, officer=officer)
    assert MatchTry.objects.count() == 0


@in_town
def test_a_code_of_another_visit_or_of_somebody_who_is_not_there_opens_nothing(town: Town) -> None:
    code, visit, officer = _scanned(town.zhang_wei)
    browser = Browser()
    for wrong_visit, wrong_officer in ((visit + 1, officer), (visit, town.wang_qiang.officer.pk), (0, 0), (2**62, 1)):
        assert "13******01" in browser.type(code, visit=wrong_visit, officer=wrong_officer)
    for broken in ({}, {"visit": "x", "officer": "-1"}, {"visit": "9" * 40, "officer": "½"}):
        sent = browser.client.post(f"/d/{browser.token}/match", {**broken, "code": code})
        assert sent.status_code == 303
    assert MatchTry.objects.count() == 0


@in_town
def test_a_partner_who_has_no_screen_is_asked_for_no_code(town: Town) -> None:
    told = town.zhang_wei.scan(visit={"partners": ["13050200102"]}).json()
    visit = Visit.objects.get(number=told["visit"]["number"]).pk
    browser = Browser()
    assert browser.get().count('name="code"') == 1
    browser.type("123456", visit=visit, officer=town.li_na.officer.pk)
    assert MatchTry.objects.count() == 0


@in_town
def test_a_form_that_another_site_sends_is_refused(town: Town) -> None:
    _code, visit, officer = _scanned(town.zhang_wei)
    strict = Client(enforce_csrf_checks=True)
    sent = strict.post(f"/d/{Browser().token}/match", {"visit": visit, "officer": officer, "code": "123456"})
    assert sent.status_code == 403
    assert MatchTry.objects.count() == 0


@in_town
def test_the_screen_of_a_visit_that_was_taken_in_by_an_earlier_one_still_matches(town: Town) -> None:
    """李娜 scans first; 张伟's scan from before arrives late, and her visit becomes part of his."""
    her_code, _her_visit, her = _scanned(town.li_na)
    earlier = (datetime.now(UTC) - timedelta(hours=2)).isoformat()
    told = town.zhang_wei.scan(scanned_at=earlier).json()
    visit = Visit.objects.get(number=told["visit"]["number"]).pk
    assert Visit.objects.filter(credit_code=BEARINGS, status="open").count() == 1
    assert "核对码正确" in Browser().type(her_code, visit=visit, officer=her)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_sixteen_wrong_codes_typed_at_the_same_instant_five_are_looked_at() -> None:
    town = build()
    code, visit, officer = _scanned(town.zhang_wei)

    def guess() -> str:
        return try_match(
            visit_id=visit, officer_id=officer, typed=_other_than(code), codes={code}, most=5, at=LONG_AGO
        ).verdict

    verdicts = at_once([guess] * 16)
    assert sorted(verdicts) == ["locked"] * 11 + ["wrong"] * 5
    assert MatchTry.objects.count() == 5
    late = try_match(visit_id=visit, officer_id=officer, typed=code, codes={code}, most=5, at=LONG_AGO)
    assert late.verdict == "locked"
    assert Officer.objects.get(pk=officer).certificate_no == "13050200101"
