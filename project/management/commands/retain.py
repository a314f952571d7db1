"""`manage.py retain`: wipe what is kept no longer (留存期限); without `--apply` it only says what it would wipe."""

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.actor import Actor
from audit.facts import SHANGHAI
from audit.held import held_now
from audit.policy import RetentionPolicy
from audit.services.redact import complaints_due, entries_due, redact_complaints, redact_entries
from checkins.held import subjects_held
from checkins.services.wipe_photos import photos_due, wipe_photos

ACTOR = Actor.command("retain")


class Command(BaseCommand):
    help = gettext_lazy("按留存期限抹除到期的内容（条目内容、照片、投诉文字），哈希保留；不加 --apply 只预演")  # type: ignore[assignment]

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--apply", action="store_true", help="wipe; without it nothing is changed")

    def handle(self, *args: Any, apply: bool, **options: Any) -> None:
        policy: RetentionPolicy = settings.RETENTION_POLICY
        at = timezone.now()
        visits, photos, complaints = (
            years_before(at, years) for years in (policy.visit_years, policy.photo_years, policy.complaint_years)
        )
        due = (entries_due(before=visits), photos_due(before=photos), complaints_due(before=complaints))
        words = dict(zip(("entries", "photos", "complaints"), (rows.count() for rows in due), strict=True))
        self.stdout.write(_("到期：条目 %(entries)s，照片 %(photos)s，投诉 %(complaints)s") % words)
        for moment, years in ((visits, policy.visit_years), (photos, policy.photo_years)):
            self.stdout.write(f"  {timezone.localtime(moment):%Y-%m-%d %H:%M} ({years})")
        held = held_now(named=policy.held)
        if held:
            words = {"enterprises": len(held.enterprises), "agencies": len(held.agencies)}
            self.stdout.write(
                _("督办、投诉在办或另行指定，到期也不抹除：企业 %(enterprises)s，单位 %(agencies)s") % words
            )
        if not apply:
            self.stdout.write(_("仅预演，未作更改；确认后加 --apply 执行"))
            return
        rules = {name: f"retention: {years} years" for name, years in policy.told().items()}
        told = {
            "photos": wipe_photos(before=photos, rule=rules["photos"], held=held, actor=ACTOR, at=at),
            "complaints": redact_complaints(before=complaints, rule=rules["complaints"], held=held, actor=ACTOR, at=at),
            "entries": redact_entries(
                before=visits,
                rule=rules["visits"],
                held=lambda subjects: subjects_held(held, subjects) if held else set(),
                actor=ACTOR,
                at=at,
            ),
        }
        self.stdout.write(_("已抹除；哈希与位置保留，核验仍然成立"))
        if held:
            kept = {name: one.held for name, one in told.items()}
            self.stdout.write(_("到期而未抹除：条目 %(entries)s，照片 %(photos)s，投诉 %(complaints)s") % kept)


def years_before(at: datetime, years: int) -> datetime:
    """The same moment of the calendar in Asia/Shanghai, so many years earlier; 29 February gives 28 February."""
    here = at.astimezone(SHANGHAI)
    try:
        return here.replace(year=here.year - years)
    except ValueError:
        return here.replace(year=here.year - years, day=28)
