"""What identifies an enterprise on its licence: credit code, registration number, the QR code's text.

The organisation part of every code begins with MAY, a block far from those issued, so that no demo
enterprise carries a real enterprise's code.
"""

import random

CREDIT_SYMBOLS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CREDIT_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


def credit_check(body: str) -> str:
    """The 18th symbol of a credit code from its first 17 (GB 32100-2015, modulus 31)."""
    total = sum(weight * CREDIT_SYMBOLS.index(symbol) for weight, symbol in zip(CREDIT_WEIGHTS, body, strict=True))
    return CREDIT_SYMBOLS[(31 - total % 31) % 31]


def organisation_check(body: str) -> str:
    """The 9th symbol of an organisation code from its first 8 (GB 11714, modulus 11, letters A = 10)."""
    total = sum(weight * int(symbol, 36) for weight, symbol in zip(ORGANISATION_WEIGHTS, body, strict=True))
    return "0123456789X0"[11 - total % 11]


def registration_check(body: str) -> str:
    """The 15th digit of a registration number from its first 14 (GS15-2006, ISO 7064 MOD 11,10)."""
    product = 10
    for digit in body:
        product = ((product + int(digit)) % 10 or 10) * 2 % 11
    return str((11 - product) % 10)


def credit_code(*, chance: random.Random, kind: str, county: str) -> str:
    """A credit code of kind 91 (company), 92 (individual) or 93 (cooperative), registered in the county."""
    organisation = "MAY" + "".join(chance.choices(CREDIT_SYMBOLS, k=5))
    body = kind + county + organisation + organisation_check(organisation)
    return body + credit_check(body)


def registration_no(*, chance: random.Random, kind: str, county: str) -> str:
    """A 15-digit registration number as issued before 2015; its seventh digit tells individuals (6) from firms."""
    body = county + ("6" if kind == "92" else "0") + f"{chance.randrange(10**7):07d}"
    return body + registration_check(body)


def licence_text(credit_code: str) -> str:
    """What a phone reads from the QR code of this enterprise's licence, in the form most licences carry."""
    return f"http://www.gsxt.gov.cn/index.html?uniscid={credit_code}"
