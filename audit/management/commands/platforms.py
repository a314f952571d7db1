"""`manage.py platforms`: which platforms filings go to, how each stands, and how to send to a paused one again."""

import json
from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db.models import Count, Q
from django.utils import timezone

from audit.actor import Actor
from audit.models import Delivery, Endpoint
from audit.services import requeue
from audit.webhook import public_text


class Command(BaseCommand):
    help = "Lists the platforms, one JSON line each (pending, dead, paused), and the public key that letters bear."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--resume", metavar="CODE", default="", help="send to this paused platform again")
        parser.add_argument("--reason", default="", help="why, for the record")

    def handle(self, *args: Any, resume: str, reason: str, **options: Any) -> None:
        if resume:
            self._resume(resume, reason)
            return
        keys = settings.LOG.keys
        self._tell(public_key=public_text(keys.filing_key()) if keys else None)
        status = Delivery.Status
        counted = {
            row["platform"]: row
            for row in Delivery.objects.values("platform").annotate(
                pending=Count("pk", filter=Q(status=status.PENDING)), dead=Count("pk", filter=Q(status=status.DEAD))
            )
        }
        rows = {row.code: row for row in Endpoint.objects.all()}
        for one in settings.AUDIT_POLICY.platforms:
            row = rows.get(one.code)
            count: Mapping[str, Any] = counted.get(one.code, {})
            self._tell(
                platform=one.code,
                url=one.url,
                pending=count.get("pending", 0),
                dead=count.get("dead", 0),
                paused_at=row.paused_at.isoformat() if row and row.paused_at else None,
                reason=row.reason if row else "",
            )

    def _resume(self, code: str, reason: str) -> None:
        if not reason:
            raise CommandError("--reason")
        try:
            requeue.resume(code=code, reason=reason, actor=Actor.command("platforms"), at=timezone.now())
        except requeue.NotPaused as error:
            raise CommandError(f"{code}: {error.title}") from error

    def _tell(self, **facts: Any) -> None:
        self.stdout.write(json.dumps(facts, ensure_ascii=False))
