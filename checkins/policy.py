"""The numbers of the door that a jurisdiction sets (settings → doors → deeds)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(frozen=True, kw_only=True, slots=True)
class TrustPolicy:
    """When do an officer's scans, seen together, speak against having been there (checkins/trust.py)? Metres.

    `window`: how far around a scan the officer's others are looked at.
    `datum_residual_m`: what may be left, beside the accuracy, when a fix is read in another datum.
    `datum_scans`: so many of a phone's scans that only another datum explains make a pattern.
    `travel_km_h`, `travel_m`: faster than this over more than that nobody drives.
    `frozen_scans`: more scans than this with one fix, seven digits equal.
    `devices_apart`: an officer's scans on two phones within this time.
    `burst`: more enterprises than this within an hour; `market_m`: unless the fixes lie this close together.
    `far_accuracy_m`, `far_in_a_row`: so many enterprises in a row farther than `far_m` with a better accuracy.
    `desk_m`, `desk_sites`: so many sites, far from one another, scanned from one place of this radius.
    `copied_m`: no receiver is this near to the registry's coordinates twice.
    """

    window: timedelta
    datum_residual_m: float
    datum_scans: int
    travel_km_h: float
    travel_m: float
    frozen_scans: int
    devices_apart: timedelta
    burst: int
    market_m: float
    far_accuracy_m: float
    far_in_a_row: int
    desk_m: float
    desk_sites: int
    copied_m: float


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckinPolicy:
    """How are scans grouped into visits, and when is a place or a time worth a warning?

    Distances in metres. `late_after`: an upload later than this after the scan is warned as late.
    `voiding_window`: how long after the receipt of a visit's first scan a colleague may void it.
    `joint_plan_days`: two agencies' plans at one enterprise that lie at most this many days apart could go together.
    `recognition_days`: in so many days after an item was inspected the next agency is shown it (结果互认).
    `backfill_days`: natural days after the visit's day within which it may be handed in late.
    `gap_after`: how long after a later scan of the phone a missing one is shown to the supervisor.
    `required_words`: by category, which of `plan_no` and `approval_no` an inspection is warned for lacking.
    `photo_missing_after`: how long after a scan its photo, which was to follow, is missing.
    `approval_within`: how long after an urgent inspection began its approval number may follow.
    `keep_original_photos`: keep a photo's file as it came beside the copy; its EXIF may say where it was taken.
    """

    grouping_window: timedelta
    geofence_m: float
    far_m: float
    accuracy_limit_m: float
    joint_window: timedelta
    withdrawal_window: timedelta
    late_after: timedelta
    trust: TrustPolicy
    voiding_window: timedelta = timedelta(hours=24)
    backfill_days: int = 10
    gap_after: timedelta = timedelta(hours=24)
    photo_missing_after: timedelta = timedelta(hours=24)
    keep_original_photos: bool = False
    joint_plan_days: int = 7
    recognition_days: int = 90
    required_words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    approval_within: timedelta = timedelta(hours=24)


@dataclass(frozen=True, kw_only=True, slots=True)
class DoorPolicy:
    """What does an enterprise's own page (门牌码) show, and how long?

    `stay`: how long after a scan without a departure its officer is taken to be there.
    `match_tries`: how many wrong match codes (核对码) one officer may be given in one visit, by whomever.
    `unscanned_refusable`: an inspection that nobody scanned for may be refused (R 江门), emergencies apart.
    `complaints_of_address`, `complaints_of_door`: complaints in a `complaint_window`, from one address, about one door.
    `phones`: by the supervising organ's code, whom to call: a name and a number, as text. `phone`: everybody else.
    """

    stay: timedelta = timedelta(hours=12)
    match_tries: int = 5
    unscanned_refusable: bool = True
    complaints_of_address: int = 10
    complaints_of_door: int = 200
    complaint_window: timedelta = timedelta(hours=1)
    phones: Mapping[str, str] = field(default_factory=dict)
    phone: str = "政务服务便民热线 12345"


_CATEGORIES = ("routine", "case", "special")
_WORDS = ("plan_no", "approval_no")


def required_words(said: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """`{"special": "plan_no+approval_no"}`, as the environment has it, read. Raises ValueError for another word."""
    found = {category: tuple(words.split("+")) for category, words in said.items()}
    for category, words in found.items():
        if category not in _CATEGORIES or not set(words) <= set(_WORDS):
            raise ValueError(f"REQUIRED_WORDS: {category}={'+'.join(words)}")
    return found
