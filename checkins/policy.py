"""The numbers of the door that a jurisdiction sets (settings → doors → deeds)."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckinPolicy:
    """How are scans grouped into visits, and when is a place or a time worth a warning?

    Distances in metres. `late_after`: an upload later than this after the scan is warned as late.
    `backfill_days`: natural days after the visit's day within which it may be handed in late.
    `joint_plan_days`: two agencies' plans at one enterprise that lie at most this many days apart could go together.
    `recognition_days`: in so many days after an item was inspected the next agency is shown it (结果互认).
    `keep_original_photos`: keep a photo's file as it came beside the copy; its EXIF may say where it was taken.
    """

    grouping_window: timedelta
    geofence_m: float
    far_m: float
    accuracy_limit_m: float
    joint_window: timedelta
    withdrawal_window: timedelta
    late_after: timedelta
    backfill_days: int = 10
    keep_original_photos: bool = False
    joint_plan_days: int = 7
    recognition_days: int = 90
