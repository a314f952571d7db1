"""Which scans, photos and plans are kept past their term, as audit/held.py says."""

from collections.abc import Collection
from uuid import UUID

from audit.held import Held
from checkins.models import Plan, Resolution, Scan


def scans_held(held: Held, scan_ids: Collection[UUID]) -> set[UUID]:
    """Those that were at a held enterprise, as they came or were read at any time, or are a held agency's. Two
    statements."""
    came = Scan.objects.filter(pk__in=scan_ids).values_list("pk", "credit_code", "agency__code")
    read = Resolution.objects.filter(scan__in=scan_ids).values_list("scan", "credit_code", "agency__code")
    return {scan for rows in (came, read) for scan, code, agency in rows if held.covers(code or "", agency)}


def photos_held(held: Held, photos: Collection[str]) -> set[str]:
    """Those (SHA-256 in hex) that a held scan names. Three statements."""
    of_scan = dict(Scan.objects.filter(photo__in=photos).values_list("pk", "photo"))
    return {photo for scan in scans_held(held, of_scan) if (photo := of_scan[scan])}


def subjects_held(held: Held, subjects: Collection[str]) -> set[str]:
    """Which of these subjects of entries are kept? Scans, their places and photos, plans; and what audit knows of."""
    scans = {subject: scan for subject in subjects if (scan := _scan(subject))}
    photos = {subject: subject.removeprefix("blob:") for subject in subjects if subject.startswith("blob:")}
    others = [subject for subject in subjects if ":" not in subject and subject not in scans]
    kept_scans, kept_photos = scans_held(held, set(scans.values())), photos_held(held, set(photos.values()))
    kept = {subject for subject, scan in scans.items() if scan in kept_scans}
    kept |= {subject for subject, photo in photos.items() if photo in kept_photos}
    plans = Plan.objects.filter(number__in=others).values_list("number", "credit_code", "agency__code")
    kept |= {number for number, *who in plans if held.covers(*who)}
    return kept | held.among(subjects)


def _scan(subject: str) -> UUID | None:
    """The scan whose subject this is; None: something else's."""
    try:
        return UUID(subject.removeprefix("place:"))
    except ValueError:
        return None
