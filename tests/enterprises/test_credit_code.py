"""The credit code as the national standard computes it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enterprises.credit_code import ALPHABET, clean, is_credit_code, is_registration_no

VALID = [
    "91110108551385082Q",
    "9144030010001686XA",
    "91350100M000100Y43",
    "91440101681325547Y",
    "91440101MA5D5T047J",
    "911101057263777049",
    "91330000755918469E",
    "91110115WNRW1W8CG7",
]


@pytest.mark.parametrize("code", VALID)
def test_codes_of_real_enterprises_pass(code: str) -> None:
    assert is_credit_code(code)


@pytest.mark.parametrize(
    "code", ["91330104341916223P", "0" * 18, "", "9" * 18, "91110108551385082q", "91110108551385082"]
)
def test_a_wrong_check_symbol_all_zeros_and_other_shapes_fail(code: str) -> None:
    assert not is_credit_code(code)


@given(st.sampled_from(VALID), st.integers(0, 17), st.sampled_from(ALPHABET))
def test_every_single_wrong_symbol_is_caught(code: str, place: int, symbol: str) -> None:
    wrong = code[:place] + symbol + code[place + 1 :]
    assert is_credit_code(wrong) == (wrong == code)


@given(st.text())
def test_no_text_raises(text: str) -> None:
    assert is_credit_code(clean(text)) in {True, False}
    assert is_registration_no(clean(text)) in {True, False}


@pytest.mark.parametrize("number", ["440106000067508", "110105003319557", "411725000001923"])
def test_old_registration_numbers_pass(number: str) -> None:
    assert is_registration_no(number)
    assert not is_registration_no(number[:-1] + str((int(number[-1]) + 1) % 10))


def test_full_width_lower_case_and_spaces_are_cleaned() -> None:
    assert clean(" ９１１１0108 551385082q ") == "91110108551385082Q"
