"""What a licence QR code says (营业执照二维码). Pure; a scanned URL is read, never fetched.

Which forms there are, and what becomes of each: docs/guides/licences.md. A passing check symbol proves
neither existence nor status: the registry is asked for that.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import parse_qsl, unquote, urlsplit

from enterprises.credit_code import ALPHABET, clean, is_credit_code, is_organisation_code, is_registration_no

LONGEST = 8192


class Scheme(StrEnum):
    """How the enterprise is named. The opaque ones need the alias table (scheme, opaque id) → credit code."""

    UNISCID = "uniscid"  # a URL with the credit code in clear
    ZCH = "zch"  # a URL with the old registration number only
    TEXT = "text"  # codes among words
    BARE = "bare"  # nothing but a code
    ORGANISATION = "organisation"  # an organisation code (GB 11714)
    BEIJING = "beijing"  # qyxy.baic.gov.cn …?id=<32 hex>, bj.gsxt …?entId=<32 hex>
    SHANGHAI = "shanghai"  # www.sgs.gov.cn …?entyId=
    SHENZHEN = "shenzhen"  # www.szcredit.org.cn …?ID= or ?rid=
    SESSION = "session"  # gsxt.gov.cn/%7B…-<ms>%7D: another one at each print, never learned
    URL = "url"  # any other address with an identifier in it: provincial 企业码
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """`credit_code`: the one that counts at once. `candidates`: what the officer must choose from or confirm.

    `needs_confirmation`: several codes passed their check, or one passes only with O read as 0 and I as 1.
    """

    text: str
    scheme: Scheme
    credit_code: str | None = None
    registration_no: str | None = None
    opaque_id: str | None = None
    candidates: tuple[str, ...] = ()
    needs_confirmation: bool = False

    @property
    def learnable(self) -> bool:
        """May an officer's choice teach the alias table what this opaque id means?"""
        return self.opaque_id is not None and self.scheme is not Scheme.SESSION


_URL = re.compile(r"https?://[^\s<>\"'，。；、）】]+", re.IGNORECASE)
_SESSION = re.compile(r"\{[^{}]*-\d{13}\}")
_SEPARATORS = re.compile(r"[\s,;:：，；。、（）()【】\[\]<>《》\"'“”=&?/|]+")
_HEX32 = re.compile(r"[0-9A-Fa-f]{32}")
_IDENTIFIER = re.compile(r"(?=[^/?&=#]*\d)[0-9A-Za-z_.~-]{8,}")
# Which parameter of which host is an opaque id: host ending, parameter (lower case), pattern, scheme.
_OPAQUE: tuple[tuple[str, str, re.Pattern[str], Scheme], ...] = (
    ("baic.gov.cn", "id", _HEX32, Scheme.BEIJING),
    ("gsxt.gov.cn", "entid", _HEX32, Scheme.BEIJING),
    ("sgs.gov.cn", "entyid", re.compile(r"\S{4,}"), Scheme.SHANGHAI),
    ("szcredit.org.cn", "id", _HEX32, Scheme.SHENZHEN),
    ("szcredit.org.cn", "rid", re.compile(r"\S{4,}"), Scheme.SHENZHEN),
)


def read(text: str) -> Reading:
    """Which enterprise does this text name? Never raises; a text that names none is `unknown`."""
    text = text[:LONGEST]
    for form in _forms(text):
        found = _bare(text, form) or _address(text, form) or _among_words(text, form)
        if found is not None:
            return found
    return Reading(text=text, scheme=Scheme.UNKNOWN)


def _forms(text: str) -> list[str]:
    """The text as it stands and, if that differs, with its percent-encoding undone once (a URL inside a URL)."""
    half_width = unicodedata.normalize("NFKC", text).strip()
    undone = unquote(half_width)
    return [half_width] if undone == half_width else [half_width, undone]


def _bare(text: str, form: str) -> Reading | None:
    """Nothing but a code, perhaps typed with spaces, in lower case, with O for 0."""
    bare = re.sub(r"[\s-]+", "", form).upper()
    if is_credit_code(bare):
        return Reading(text=text, scheme=Scheme.BARE, credit_code=bare)
    if is_registration_no(bare):
        return Reading(text=text, scheme=Scheme.BARE, registration_no=bare)
    if is_organisation_code(bare):
        return Reading(text=text, scheme=Scheme.ORGANISATION, opaque_id=bare)
    proposal = digits_for_letters(bare)
    if proposal is not None:
        return Reading(text=text, scheme=Scheme.BARE, candidates=(proposal,), needs_confirmation=True)
    return None


def digits_for_letters(code: str) -> str | None:
    """The credit code that this becomes with O read as 0 and I as 1 (neither is in the standard's alphabet).

    A proposal for the officer to confirm, never taken at once. None if it does not pass the check either.
    """
    proposal = code.translate(str.maketrans("OI", "01"))
    return proposal if proposal != code and is_credit_code(proposal) else None


def _address(text: str, form: str) -> Reading | None:
    """The first address in the text that says anything."""
    for url in _URL.findall(form):
        found = _url(text, url)
        if found is not None:
            return found
    return None


def _url(text: str, url: str) -> Reading | None:
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
        pairs = parse_qsl(parts.query) + parse_qsl(urlsplit(parts.fragment).query)
    except ValueError:
        return None
    values = {name.lower(): value.strip() for name, value in reversed(pairs)}
    numbers = [clean(values.get(name, "")) for name in ("regno", "zch")]
    number = next(filter(is_registration_no, numbers), None)
    code = clean(values.get("uniscid", ""))
    if is_credit_code(code):
        return Reading(text=text, scheme=Scheme.UNISCID, credit_code=code, registration_no=number)
    others = _codes([*(value for _name, value in pairs), unquote(parts.path)])
    if len(others) == 1:
        return Reading(text=text, scheme=Scheme.UNISCID, credit_code=others[0], registration_no=number)
    if others:
        return Reading(text=text, scheme=Scheme.UNISCID, candidates=others, needs_confirmation=True)
    proposal = digits_for_letters(code)
    if proposal is not None:
        return Reading(text=text, scheme=Scheme.UNISCID, candidates=(proposal,), needs_confirmation=True)
    if number is not None:
        return Reading(text=text, scheme=Scheme.ZCH, registration_no=number)
    return _opaque(text, host=host, path=unquote(parts.path), query=parts.query, values=values)


def _opaque(text: str, *, host: str, path: str, query: str, values: dict[str, str]) -> Reading | None:
    for ending, name, pattern, scheme in _OPAQUE:
        if (host == ending or host.endswith("." + ending)) and pattern.fullmatch(values.get(name, "")):
            return Reading(text=text, scheme=scheme, opaque_id=_kept(values[name]))
    session = _SESSION.search(path)
    if session and (host == "gsxt.gov.cn" or host.endswith(".gsxt.gov.cn")):
        return Reading(text=text, scheme=Scheme.SESSION, opaque_id=_kept(session[0]))
    if host and _IDENTIFIER.search(path + "?" + query):
        return Reading(text=text, scheme=Scheme.URL, opaque_id=_kept(f"{host}{path}?{query}".rstrip("?")))
    return None


def _kept(identifier: str) -> str:
    """An opaque id as the alias table keeps it: itself, or the SHA-256 of a long one or of one with a %00 in it, which
    no table can keep."""
    if len(identifier) <= 120 and identifier.isprintable():
        return identifier
    return "sha256:" + hashlib.sha256(identifier.encode()).hexdigest()


def _codes(texts: Iterable[str]) -> tuple[str, ...]:
    """The different credit codes that stand by themselves among these texts, in order."""
    found: dict[str, None] = {}
    for text in texts:
        for part in _SEPARATORS.split(text):
            for code in re.findall(rf"(?<![0-9A-Z])[{ALPHABET}]{{18}}(?![0-9A-Z])", part.upper()):
                if is_credit_code(code):
                    found[code] = None
    return tuple(found)


def _among_words(text: str, form: str) -> Reading | None:
    """Codes between other words: the one that passes its check counts; two that pass need confirmation."""
    codes = _codes([form])
    numbers = tuple(
        dict.fromkeys(
            number
            for number in re.findall(r"(?<![0-9A-Za-z])[0-9]{15}(?![0-9A-Za-z])", form)
            if is_registration_no(number)
        )
    )
    if len(codes) == 1:
        number = numbers[0] if len(numbers) == 1 else None
        return Reading(text=text, scheme=Scheme.TEXT, credit_code=codes[0], registration_no=number)
    if codes:
        return Reading(text=text, scheme=Scheme.TEXT, candidates=codes, needs_confirmation=True)
    proposals = tuple(filter(None, (digits_for_letters(part.upper()) for part in _SEPARATORS.split(form))))
    if proposals:
        return Reading(text=text, scheme=Scheme.TEXT, candidates=proposals, needs_confirmation=True)
    if numbers:
        single = len(numbers) == 1
        return Reading(
            text=text,
            scheme=Scheme.TEXT,
            registration_no=numbers[0] if single else None,
            candidates=() if single else numbers,
            needs_confirmation=not single,
        )
    organisations = re.findall(r"(?<![0-9A-Za-z])([0-9A-Z]{8}-[0-9X])(?![0-9A-Za-z])", form.upper())
    good = [code.replace("-", "") for code in organisations if is_organisation_code(code.replace("-", ""))]
    return Reading(text=text, scheme=Scheme.ORGANISATION, opaque_id=good[0]) if len(set(good)) == 1 else None
