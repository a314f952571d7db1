"""Owe the platforms word of a flag that was raised or lowered (part of a deed)."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from audit.models import Filing
from audit.pen import Pen
from audit.services.file import draft

TOLD = ("raised", "lowered")
"""Growth and doubt are the supervisor's own to watch."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FlagWord:
    """A flag's new state, by value. `visit`: which opened it, or was counted first; empty for an agency's month."""

    flag_id: int
    state: str
    rule: str
    agency_code: str
    agency_name: str
    period: str
    level: str
    credit_code: str
    enterprise_name: str
    region_code: str
    visit: str
    evidence: Mapping[str, Any]


def file_flags(words: Sequence[FlagWord], *, at: datetime, pen: Pen | None) -> None:
    """One statement for all of them, none where nothing is to be told."""
    rows = [_filing(word, at=at) for word in words if word.state in TOLD]
    if pen is not None:
        for row in rows:
            pen.take(row)
    elif rows:
        Filing.objects.bulk_create(rows)


def _filing(word: FlagWord, *, at: datetime) -> Filing:
    return draft(
        # A flag is raised, lowered and raised again: its own number does not tell these letters apart.
        number=f"FLAG-{word.flag_id}-{word.state}-{secrets.token_hex(6)}",
        event=f"flag.{word.state}",
        credit_code=word.credit_code,
        visit=word.visit or f"flag:{word.flag_id}",
        payload={
            "flag": word.flag_id,
            "state": word.state,
            "rule": word.rule,
            "rule_version": word.evidence.get("version"),
            "level": word.level,
            "credit_code": word.credit_code,
            "enterprise": word.enterprise_name,
            "region_code": word.region_code,
            "agency_code": word.agency_code,
            "agency": word.agency_name,
            "period": word.period,
            "sentence": word.evidence.get("sentence", ""),
            "counted": list(word.evidence.get("counted", [])),
        },
        at=at,
    )
