import random
from urllib.parse import parse_qs, urlsplit

import pytest
from stdnum.cn import uscc
from stdnum.iso7064 import mod_11_10

from project.demo.licence import (
    credit_check,
    credit_code,
    licence_text,
    organisation_check,
    registration_check,
    registration_no,
)

ISSUED = "91110108551385082Q 9144030010001686XA 91350100M000100Y43 91440101MA5D5T047J 911101057263777049"


@pytest.mark.parametrize("code", ISSUED.split())
def test_the_check_symbol_is_the_one_that_issued_codes_carry(code: str) -> None:
    assert credit_check(code[:17]) == code[17]


def test_a_code_with_a_wrong_check_symbol_is_told_apart() -> None:
    assert credit_check("9133010434191622" + "3") == "L"


@pytest.mark.parametrize("code", ["91110108551385082Q", "911101057263777049", "91440101MA5D5T047J"])
def test_the_organisation_check_is_the_one_that_issued_codes_carry(code: str) -> None:
    assert organisation_check(code[8:16]) == code[16]


@pytest.mark.parametrize("number", ["440106000067508", "110105003319557", "411725000001923"])
def test_the_registration_check_is_the_one_that_issued_numbers_carry(number: str) -> None:
    assert registration_check(number[:14]) == number[14]


@pytest.mark.parametrize("kind", ["91", "92", "93"])
def test_made_up_numbers_pass_checks_written_by_others(kind: str) -> None:
    chance = random.Random(kind)
    for _ in range(500):
        assert uscc.is_valid(credit_code(chance=chance, kind=kind, county="130534"))
        assert mod_11_10.is_valid(registration_no(chance=chance, kind=kind, county="130534"))


def test_a_made_up_code_lies_in_a_block_that_nobody_is_given() -> None:
    assert credit_code(chance=random.Random(1), kind="91", county="130535").startswith("91130535MAY")


def test_the_licence_text_is_the_form_most_licences_carry() -> None:
    text = licence_text("91110108551385082Q")
    assert text == "http://www.gsxt.gov.cn/index.html?uniscid=91110108551385082Q"
    assert parse_qs(urlsplit(text).query)["uniscid"] == ["91110108551385082Q"]
