"""`manage.py manifest`: reckon with the platforms about a day, now."""

import json
from argparse import ArgumentParser
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.core.checks import Tags
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from audit.actor import Actor
from audit.facts import day_of
from audit.management.lines import lines
from audit.services.reconcile import keep_difference, manifest_of
from audit.supervision import NotDelivered


class Command(BaseCommand):
    help = "Posts a day's manifest to each platform; one JSON line each; ends with 1 if anything is missing or surplus."
    requires_system_checks = [Tags.security]

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--day", type=date.fromisoformat, help="YYYY-MM-DD in Asia/Shanghai (yesterday)")
        parser.add_argument("--platform", default="", help="its code; without one: all")

    def handle(self, *args: Any, day: date | None, platform: str, **options: Any) -> None:
        policy = settings.AUDIT_POLICY
        known = {one.code for one in policy.platforms}
        if not known or (platform and platform not in known):
            raise CommandError(f"--platform: {', '.join(sorted(known)) or 'PLATFORM_URL, PLATFORMS'}")
        day = day or day_of(timezone.now()) - timedelta(days=1)
        differs = False
        with lines(policy, settings.LOG) as all_lines:
            for line in all_lines:
                if platform in ("", line.addressee.code):
                    sent = manifest_of(code=line.addressee.code, day=day, source=policy.source, at=timezone.now())
                    try:
                        answered = line.platform.reconcile(sent)
                    except NotDelivered as failure:
                        raise CommandError(f"{line.addressee.code}: {failure.detail}") from failure
                    kept = keep_difference(
                        sent=sent, answered=answered, actor=Actor.command("manifest"), at=timezone.now()
                    )
                    differs = differs or bool(kept.difference)
                    told = {
                        name: getattr(kept, name)
                        for name in ("platform", "count", "held", "difference", "missing", "surplus", "again", "root")
                    }
                    self.stdout.write(json.dumps({"day": day.isoformat(), **told}, ensure_ascii=False))
        if differs:
            raise SystemExit(1)
