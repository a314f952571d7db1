"""Why inspectors come: purpose, category and, for visits outside the cap, the reason with its source number."""

import random
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from project.demo.rhythm import off_work

Purpose = Literal["inspection", "service"]
Category = Literal["routine", "case", "special"]

CAMPAIGN_MONTHS = (4, 6, 9, 11)
"""Months in which special inspections are ordered: spring equipment, safety month, autumn, winter fires."""

REASONS = ("投诉举报", "交办转办", "整改复查", "许可核查", "非现场线索")
REASON_WEIGHTS = (62, 12, 14, 7, 5)
ORDINARY_EXEMPT_SHARE = 0.06
SERVICE_SHARE = 0.135


@dataclass(frozen=True, slots=True)
class Cause:
    """One visit's cause; reason and source number are both given or both None."""

    purpose: Purpose
    category: Category
    reason: str | None = None
    source_no: str | None = None


def cause(
    *, chance: random.Random, day: date, exempt: float = ORDINARY_EXEMPT_SHARE, service: float = SERVICE_SHARE
) -> Cause:
    """Why somebody comes on the day; exempt and service are shares of 1. Off work mostly complaints bring them."""
    if chance.random() < (0.8 if off_work(day=day) else exempt):
        reason = chance.choices(REASONS, REASON_WEIGHTS)[0]
        return Cause("inspection", "case", reason, _source_no(chance=chance, day=day, reason=reason))
    if chance.random() < service:
        return Cause("service", "routine")
    special = 0.35 if day.month in CAMPAIGN_MONTHS else 0.10
    return Cause("inspection", _category(chance=chance, special=special))


def _category(*, chance: random.Random, special: float) -> Category:
    lot = chance.random()
    if lot < special:
        return "special"
    return "case" if lot < special + 0.05 else "routine"


def _source_no(*, chance: random.Random, day: date, reason: str) -> str:
    received = day - timedelta(days=chance.randint(0, 4))
    number = chance.randint(1, 2000)
    if reason == "投诉举报":
        return f"12345-{received:%Y%m%d}-{number:05d}"
    word = {"交办转办": "督办", "整改复查": "责改", "许可核查": "许可受理", "非现场线索": "线索"}[reason]
    return f"{word}〔{received.year}〕{number}号"
