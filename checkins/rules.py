"""The judge at the door: what a scan says of a visit, and what its officer must be told. Pure."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from audit.counting import Count
from audit.facts import SHANGHAI, Category, ExemptReason, Purpose, day_of
from audit.law import Rule
from checkins.place import Place, Verdict


class Warn(StrEnum):
    CAP_REACHED = "cap_reached"
    OVER_CAP = "over_cap"
    CERTIFICATE_EXPIRED = "certificate_expired"
    CERTIFICATE_NOT_YET_VALID = "certificate_not_yet_valid"
    CERTIFICATE_SUSPENDED = "certificate_suspended"
    CERTIFICATE_REVOKED = "certificate_revoked"
    OUTSIDE_REGION = "outside_region"
    FAR_FROM_PREMISES = "far_from_premises"
    DATUM_SUSPECT = "datum_suspect"
    LOCATION_MISSING = "location_missing"
    MOCK_LOCATION = "mock_location"
    LATE_UPLOAD = "late_upload"
    LATE_WITHOUT_REASON = "late_without_reason"
    LATE_BEYOND_LIMIT = "late_beyond_limit"
    SEQUENCE_GAP = "sequence_gap"
    SEQUENCE_REPEATED = "sequence_repeated"
    CLOCK_AHEAD = "clock_ahead"
    CLOCK_JUMP = "clock_jump"
    CLOCK_BEHIND = "clock_behind"
    CLOCK_UNUSABLE = "clock_unusable"
    ENTERPRISE_UNKNOWN = "enterprise_unknown"
    ENTERPRISE_NOT_OPEN = "enterprise_not_open"
    UNRESOLVED = "unresolved"
    PHOTO_UNREADABLE = "photo_unreadable"
    PHOTO_PENDING = "photo_pending"
    NO_LICENCE = "no_licence"
    PREMISES_LEARNED = "premises_learned"
    PREMISES_NOT_LEARNED = "premises_not_learned"
    CREDIT_CODE_INVALID = "credit_code_invalid"
    CODE_CONFLICT = "code_conflict"
    ALIAS_DISPUTED = "alias_disputed"
    INNER_DIGIT = "inner_digit"
    CONTINUES_UNKNOWN = "continues_unknown"
    JOINT_CODE_UNKNOWN = "joint_code_unknown"
    EXEMPT_WITHOUT_SOURCE = "exempt_without_source"
    REASON_UNKNOWN = "reason_unknown"
    ITEM_NOT_PUBLISHED = "item_not_published"
    PLAN_UNKNOWN = "plan_unknown"
    PLAN_MISSING = "plan_missing"
    APPROVAL_MISSING = "approval_missing"
    PARTNER_UNKNOWN = "partner_unknown"
    PARTNER_ELSEWHERE = "partner_elsewhere"
    PARTNER_CERTIFICATE = "partner_certificate"
    ASSISTANTS_CHANGED = "assistants_changed"
    NOT_CERTIFIED = "not_certified"


_CERTIFICATE: dict[str, Warn | None] = {
    "valid": None,
    "expired": Warn.CERTIFICATE_EXPIRED,
    "not_yet_valid": Warn.CERTIFICATE_NOT_YET_VALID,
    "suspended": Warn.CERTIFICATE_SUSPENDED,
    "revoked": Warn.CERTIFICATE_REVOKED,
}
_BASE32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass(frozen=True, kw_only=True, slots=True)
class Character:
    """What kind of visit it is. Empty `reason`: none given; empty `joint_code`: nobody joined."""

    purpose: str
    category: str
    reason: str
    source_no: str
    superior_ordered: bool
    joint_code: str
    items: tuple[str, ...] = ()
    plan_no: str = ""


def character(words: Iterable[Mapping[str, Any]]) -> Character:
    """What kind of visit do its scans, in on-site order, describe?

    The first scan that gives a category, a reason or a joint code decides that point, so that the order of arrival
    does not. Without a category it counts as routine, without a purpose as an inspection (P).
    """
    said = [word["visit"] for word in words]
    reasoned = next((visit for visit in said if visit["reason"]), None)
    categorised = next((visit for visit in said if visit["category"]), None)
    return Character(
        purpose=said[0]["purpose"] if said else str(Purpose.INSPECTION),
        category=str(categorised["category"]) if categorised else str(Category.ROUTINE),
        reason=str(reasoned["reason"]).strip() if reasoned else "",
        source_no=str(reasoned["source_no"] or "").strip() if reasoned else "",
        superior_ordered=bool(categorised and categorised["superior_ordered"]),
        joint_code=next((str(visit["joint_code"]) for visit in said if visit["joint_code"]), ""),
        items=items_said(*said),
        plan_no=next(filter(None, (number_said(visit, "plan_no") for visit in said)), ""),
    )


def items_said(*visits: Mapping[str, Any]) -> tuple[str, ...]:
    """The items that these scans' words about their visit name, each once; a blank one is none."""
    items = (str(item).strip() for visit in visits for item in visit["items"] or ())
    return tuple(dict.fromkeys(item for item in items if item))


def number_said(visit: Mapping[str, Any], name: str) -> str:
    """The `plan_no` or `approval_no` in a scan's words about its visit; a blank one is none."""
    return str(visit.get(name) or "").strip()


def _short(text: str, *, length: int) -> str:
    value = int.from_bytes(hashlib.sha256(text.encode()).digest()[:10], "big")
    return "".join(_BASE32[value >> (5 * place) & 31] for place in range(length))


def visit_number(*, opening_scan: str, started_at: datetime) -> str:
    """The number that people cite: Shanghai day and ten symbols (50 bits) of the opening scan's id."""
    return f"RQ{started_at.astimezone(SHANGHAI):%Y%m%d}-{_short(opening_scan, length=10)}"


def joint_code(number: str) -> str:
    """The eight symbols on the first officer's screen by which another agency joins the visit."""
    return _short(f"joint:{number}", length=8)


def plan_number(*, agency_code: str, source_ref: str) -> str:
    """The number of a plan: twelve symbols (60 bits) of what names it within its agency."""
    return f"JH-{_short(f'plan:{agency_code}:{source_ref}', length=12)}"


def region_covers(*, agency_region: str, enterprise_region: str) -> bool:
    """Does the agency's region hold the enterprise? City 130500 covers 1305…; a town (nine digits) its county's too,
    because registries often know the county only."""
    prefix = agency_region.removesuffix("00").removesuffix("00") if len(agency_region) == 6 else agency_region
    return enterprise_region.startswith(prefix) or prefix.startswith(enterprise_region)


def lateness_warnings(
    *, onsite_at: datetime, received_at: datetime, reason: str, late_after: timedelta, backfill_days: int
) -> list[Warn]:
    """What is said of a scan handed in late? Back-fill (补录) wants a reason, within natural days of Asia/Shanghai
    after the day of the visit (R 深府规〔2025〕6号: 10); a later one is stored all the same."""
    if received_at - onsite_at <= late_after:
        return []
    found = [Warn.LATE_UPLOAD]
    if not reason:
        found.append(Warn.LATE_WITHOUT_REASON)
    if (day_of(received_at) - day_of(onsite_at)).days > backfill_days:
        found.append(Warn.LATE_BEYOND_LIMIT)
    return found


def arrival_warnings(
    *,
    doubts: Iterable[str],
    late: Iterable[Warn],
    certificate: str,
    place: Place,
    has_fix: bool,
    mock: bool,
) -> list[Warn]:
    """What the scan itself, whoever it visits, must be warned about."""
    found = [warn] if (warn := _CERTIFICATE[certificate]) else []
    found += [Warn(doubt) for doubt in doubts]
    found += late
    if not has_fix:
        found.append(Warn.LOCATION_MISSING)
    if place.verdict is Verdict.FAR:
        found.append(Warn.FAR_FROM_PREMISES)
    if place.reads_as:
        found.append(Warn.DATUM_SUSPECT)
    if mock:
        found.append(Warn.MOCK_LOCATION)
    return found


def enterprise_warnings(*, status: str | None, region_code: str, agency_region: str) -> list[Warn]:
    """What the registry's row must be warned about. `status` None: the registry does not have it."""
    if status is None:
        return [Warn.ENTERPRISE_UNKNOWN]
    found = [] if status == "open" else [Warn.ENTERPRISE_NOT_OPEN]
    if not region_covers(agency_region=agency_region, enterprise_region=region_code):
        found.append(Warn.OUTSIDE_REGION)
    return found


_MISSING = {"plan_no": Warn.PLAN_MISSING, "approval_no": Warn.APPROVAL_MISSING}


def missing_words(said: Iterable[Mapping[str, Any]], *, purpose: str, wanted: Iterable[str]) -> list[Warn]:
    """Which words that the jurisdiction wants of an inspection does none of the visit's scans say?

    In an emergency, or with evidence about to be lost, the inspection comes first and the words afterwards
    (R 深府规〔2025〕6号).
    """
    visits = list(said)
    if purpose != Purpose.INSPECTION or any(visit["emergency"] for visit in visits):
        return []
    return [_MISSING[word] for word in wanted if not any(number_said(visit, word) for visit in visits)]


def visit_warnings(
    *,
    character: Character,
    counted: Count,
    visit: str,
    cap: Rule | None,
    continues_missing: bool,
    joint_missing: bool,
) -> list[Warn]:
    """What the visit, as grouped and counted, must be warned about."""
    found: list[Warn] = []
    if cap is not None and visit in counted.counted:
        if len(counted.counted) == cap.parameters["cap"]:
            found.append(Warn.CAP_REACHED)
        if len(counted.counted) > cap.parameters["cap"]:
            found.append(Warn.OVER_CAP)
    if character.reason and character.reason not in set(ExemptReason):
        found.append(Warn.REASON_UNKNOWN)
    elif character.reason and not character.source_no:
        found.append(Warn.EXEMPT_WITHOUT_SOURCE)
    if continues_missing:
        found.append(Warn.CONTINUES_UNKNOWN)
    if joint_missing:
        found.append(Warn.JOINT_CODE_UNKNOWN)
    return found
