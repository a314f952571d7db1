"""The unified social credit code (统一社会信用代码, GB 32100-2015) and the old registration number.

A passing check symbol proves neither existence nor status: the registry is asked for that.
"""

import re
import unicodedata

from stdnum.cn import uscc
from stdnum.iso7064 import mod_11_10

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_SHAPE = re.compile(rf"[{ALPHABET}]{{2}}[0-9]{{6}}[{ALPHABET}]{{10}}", re.ASCII)
_REGISTRATION = re.compile(r"[0-9]{15}", re.ASCII)


def clean(text: str) -> str:
    """Trimmed, upper-case, half-width, without inner white space. Never changes a letter into a digit."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).upper()


def is_credit_code(text: str) -> bool:
    """Do these 18 symbols pass the check of GB 32100-2015 §5? Expects a cleaned text.

    stdnum computes the check symbol, but its `validate` takes all zeros and refuses the departments A, N and Y,
    so shape is judged here.
    """
    if not _SHAPE.fullmatch(text) or text.startswith("00"):
        return False
    return bool(uscc.calc_check_digit(text[:17]) == text[17])


def is_registration_no(text: str) -> bool:
    """Do these 15 digits pass ISO 7064 MOD 11,10 (GS15-2006)? All zeros do not count."""
    return bool(_REGISTRATION.fullmatch(text)) and text.strip("0") != "" and bool(mod_11_10.is_valid(text))


_ORGANISATION = re.compile(r"[0-9A-Z]{8}[0-9X]", re.ASCII)
_WEIGHTS_11714 = (3, 7, 9, 10, 5, 8, 4, 2)


def is_organisation_code(text: str) -> bool:
    """Do these nine symbols pass the check of GB 11714-1997 (组织机构代码)? Expects a cleaned text without hyphen."""
    if not _ORGANISATION.fullmatch(text) or text.strip("0") == "":
        return False
    total = sum(int(symbol, 36) * weight for symbol, weight in zip(text, _WEIGHTS_11714, strict=False))
    return "0123456789X0"[11 - total % 11] == text[8]


def inner_digit_fits(code: str) -> bool:
    """Does the organisation code inside a credit code (symbols 9 to 17) pass its own check?

    Real codes exist that fail it, so it may only warn.
    """
    return is_organisation_code(code[8:17])
