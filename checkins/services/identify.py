"""Which enterprise do the code read and the officer's choice name together? (Part of a deed; reads, writes nothing.)"""

from typing import Any

from checkins.contract import ScanWords
from checkins.rules import Warn
from enterprises.credit_code import clean, is_credit_code
from enterprises.licence import Reading, read
from enterprises.queries import credit_code_of


def identify(words: ScanWords) -> tuple[Reading | None, str | None, list[Warn]]:
    """The reading, the credit code that counts, what to warn about. The officer's choice wins over what was read.

    No statement, but one for a licence that bears an old registration number only.
    """
    reading = read(words.code) if words.code else None
    warnings: list[Warn] = []
    if words.credit_code:
        chosen = clean(words.credit_code)
        if is_credit_code(chosen):
            if reading and reading.credit_code not in {None, chosen}:
                warnings.append(Warn.CODE_CONFLICT)
            return reading, chosen, warnings
        warnings.append(Warn.CREDIT_CODE_INVALID)
    found = reading.credit_code if reading else None
    if found is None and reading and reading.registration_no and not reading.needs_confirmation:
        found = credit_code_of(reading.registration_no)
    if found is None:
        warnings.append(Warn.UNRESOLVED)
    return reading, found, warnings


def licence_told(reading: Reading | None, *, words: ScanWords, credit_code: str | None) -> dict[str, Any]:
    """The contract's `licence`."""
    return {
        "text": words.code,
        "scheme": reading.scheme if reading else "typed",
        "credit_code": credit_code or (reading.credit_code if reading else None),
        "registration_no": reading.registration_no if reading else None,
        "opaque_id": reading.opaque_id if reading else None,
        "needs_confirmation": bool(reading and reading.needs_confirmation and not credit_code),
    }
