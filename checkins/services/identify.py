"""Which enterprise do the code read and the officer's choice name together? (Part of a deed; reads, writes nothing.)"""

from dataclasses import dataclass
from typing import Any

from checkins.contract import ScanWords
from checkins.queries import standing_code
from checkins.rules import Warn
from enterprises.credit_code import clean, inner_digit_fits, is_credit_code
from enterprises.licence import Reading, read
from enterprises.queries import alias_meaning, credit_code_of
from enterprises.subject import is_subject_number, subject_number


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity:
    """`credit_code` None: nobody can say yet. `candidates`: what the officer may choose from."""

    reading: Reading | None
    credit_code: str | None
    candidates: tuple[str, ...]
    warnings: tuple[Warn, ...]


def identify(words: ScanWords) -> Identity:
    """The officer's choice wins over what was read.

    No statement; but one for a licence that bears an old registration number only, an opaque code, or a subject.
    """
    reading = read(words.code) if words.code else None
    warnings: list[Warn] = []
    found, candidates = _meant(reading, warnings) if reading else (None, ())
    chosen = clean(words.credit_code) if words.credit_code else None
    if chosen is not None and (is_credit_code(chosen) or is_subject_number(chosen)):
        if found not in {None, chosen}:
            warnings.append(Warn.CODE_CONFLICT)
        found = standing_code(chosen) if is_subject_number(chosen) else chosen
        warnings = [warning for warning in warnings if warning is not Warn.ALIAS_DISPUTED]
    elif chosen is not None:
        warnings.append(Warn.CREDIT_CODE_INVALID)
    if found is None and words.subject is not None:
        found = subject_number(str(words.scan_id))
        warnings.append(Warn.NO_LICENCE)
    if found is None:
        warnings.append(Warn.UNRESOLVED)
    elif not is_subject_number(found) and not inner_digit_fits(found):
        warnings.append(Warn.INNER_DIGIT)
    return Identity(reading=reading, credit_code=found, candidates=candidates, warnings=tuple(warnings))


def _meant(reading: Reading, warnings: list[Warn]) -> tuple[str | None, tuple[str, ...]]:
    """What the code alone says, and what there is to choose from."""
    if reading.credit_code or reading.needs_confirmation:
        return reading.credit_code, reading.candidates
    if reading.registration_no:
        return credit_code_of(reading.registration_no), ()
    if not reading.learnable or reading.opaque_id is None:
        return None, ()
    meaning = alias_meaning(scheme=reading.scheme, opaque_id=reading.opaque_id)
    if meaning.disputed and meaning.credit_code is None:
        warnings.append(Warn.ALIAS_DISPUTED)
    return meaning.credit_code, meaning.candidates if meaning.credit_code is None else ()


def licence_told(identity: Identity, *, words: ScanWords) -> dict[str, Any]:
    """The contract's `licence`."""
    reading = identity.reading
    return {
        "text": words.code,
        "scheme": reading.scheme.value if reading else "typed" if words.credit_code or words.subject else "unknown",
        "credit_code": identity.credit_code,
        "registration_no": reading.registration_no if reading else None,
        "opaque_id": reading.opaque_id if reading else None,
        "candidates": list(identity.candidates),
        "needs_confirmation": identity.credit_code is None and bool(identity.candidates),
    }
