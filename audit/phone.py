"""A telephone number: read from what people type, and shown on pages without its middle (138****1234). Pure."""

import re
import unicodedata

LONGEST = 16
_PUNCTUATION = re.compile(r"[\s\-‐-―()（）.·]+")
_NUMBER = re.compile(r"\+?[0-9]{5,15}", re.ASCII)
_MOBILE = re.compile(r"1[3-9][0-9]{9}", re.ASCII)
_CHINA = re.compile(r"(?:\+|00)86(?=1[3-9][0-9]{9}$|0[1-9][0-9]{8,10}$)", re.ASCII)


def cleaned(text: str) -> str | None:
    """The digits of what was typed, `+` in front of a foreign one, at most 16 characters; None if it is no number.

    China's own prefix is taken off: one number has one spelling.
    """
    digits = _CHINA.sub("", _PUNCTUATION.sub("", unicodedata.normalize("NFKC", text)))
    return digits if _NUMBER.fullmatch(digits) else None


def is_mobile(phone: str) -> bool:
    """Can a short message be sent there? Eleven digits of mainland China; expects a cleaned number."""
    return _MOBILE.fullmatch(phone) is not None


def masked(phone: str) -> str:
    """What a page shows of it: enough for its owner to know it, too little for anybody else to call."""
    head, tail = (3, 4) if len(phone) >= 11 else (1, 2)
    return f"{phone[:head]}****{phone[-tail:]}" if phone else ""
