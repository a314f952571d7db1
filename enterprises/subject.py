"""The number of a subject without a licence (无照对象): a stall, a site, a household. Pure.

`S` stands in no credit code's alphabet, so a subject's number is never mistaken for one, though it takes its place
in visits and facts. The last symbol is a check, computed as in GB 32100-2015.
"""

import hashlib
import re

from stdnum.cn import uscc

from enterprises.credit_code import ALPHABET

_SHAPE = re.compile(rf"S[{ALPHABET}]{{17}}", re.ASCII)


def subject_number(scan_id: str) -> str:
    """The number of the subject that this scan brought: 16 symbols (79 bits) of its id, and a check symbol."""
    value = int.from_bytes(hashlib.sha256(f"subject:{scan_id}".encode()).digest(), "big")
    body = ""
    for _ in range(16):
        value, place = divmod(value, len(ALPHABET))
        body += ALPHABET[place]
    return f"S{body}{uscc.calc_check_digit('0' + body)}"


def is_subject_number(text: str) -> bool:
    """Is this a subject's number that passes its check? Expects a cleaned text."""
    return bool(_SHAPE.fullmatch(text)) and bool(uscc.calc_check_digit("0" + text[1:17]) == text[17])
