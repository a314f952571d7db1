"""What a licence QR code says (营业执照二维码). Pure; a scanned URL is read, never fetched."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

from enterprises.credit_code import ALPHABET, clean, is_credit_code, is_registration_no

LONGEST = 4096


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """`text` as read; `scheme`: `uniscid`, `zch`, `text`, `bare`, or `unknown`; at most one credit code.

    `needs_confirmation`: several codes passed their check and the officer must say which.
    """

    text: str
    scheme: str
    credit_code: str | None = None
    registration_no: str | None = None
    opaque_id: str | None = None
    needs_confirmation: bool = False


_CODE = re.compile(rf"(?<![0-9A-Z])[{ALPHABET}]{{18}}(?![0-9A-Z])")
_NUMBER = re.compile(r"(?<![0-9A-Z])[0-9]{15}(?![0-9A-Z])")


def read(text: str) -> Reading:
    """Which enterprise does this text name? Never raises; an unknown text is `unknown` without a code."""
    text = text[:LONGEST]
    stripped = text.strip()
    if re.match(r"https?://", stripped, re.IGNORECASE):
        return _url(text, stripped)
    bare = clean(stripped)
    if is_credit_code(bare):
        return Reading(text=text, scheme="bare", credit_code=bare)
    if is_registration_no(bare):
        return Reading(text=text, scheme="bare", registration_no=bare)
    return _prose(text, scheme="text")


def _url(text: str, url: str) -> Reading:
    try:
        query = parse_qsl(urlsplit(url).query)
    except ValueError:
        return Reading(text=text, scheme="unknown")
    values = {name.lower(): clean(value) for name, value in reversed(query)}
    code, number = values.get("uniscid", ""), values.get("regno", "") or values.get("zch", "")
    registration_no = number if is_registration_no(number) else None
    if is_credit_code(code):
        return Reading(text=text, scheme="uniscid", credit_code=code, registration_no=registration_no)
    if registration_no:
        return Reading(text=text, scheme="zch", registration_no=registration_no)
    return Reading(text=text, scheme="unknown")


def _prose(text: str, *, scheme: str) -> Reading:
    """Codes between other words: the ones that pass their check; two different ones need confirmation."""
    half_width = " ".join(clean(part) for part in re.split(r"[\s,;:，；：。、（）()【】]+", unquote(text)))
    codes = sorted({found for found in _CODE.findall(half_width) if is_credit_code(found)})
    numbers = sorted({found for found in _NUMBER.findall(half_width) if is_registration_no(found)})
    if not codes and not numbers:
        return Reading(text=text, scheme="unknown")
    return Reading(
        text=text,
        scheme=scheme,
        credit_code=codes[0] if len(codes) == 1 else None,
        registration_no=numbers[0] if len(numbers) == 1 else None,
        needs_confirmation=len(codes) > 1 or (not codes and len(numbers) > 1),
    )
