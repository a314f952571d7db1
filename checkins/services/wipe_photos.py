"""Wipe photos that the law no longer lets us keep (照片抹除). Their hashes stay."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from audit.actor import Actor
from audit.held import Held
from audit.services.redact import Wiped, say_redacted, wipe_due
from checkins.held import photos_held
from checkins.models import Blob

AT_ONCE = 100


def photos_due(*, before: datetime) -> QuerySet[Blob]:
    """Photos that came before that moment and are still there."""
    return Blob.objects.filter(received_at__lt=before, copy__isnull=False)


def wipe_photos(*, before: datetime, rule: str, held: Held, actor: Actor, at: datetime) -> Wiped:
    """Wipe picture, file and the text on it, each beside a `redacted` entry, `AT_ONCE` a transaction."""
    due = photos_due(before=before)

    def wipe(keys: list[str]) -> int:
        with transaction.atomic():
            still = list(due.filter(pk__in=keys).order_by("pk").values_list("pk", flat=True))
            if still:
                say_redacted([f"blob:{key}" for key in still], rule=rule, actor=actor, at=at)
                Blob.objects.filter(pk__in=still).update(copy=None, original=None, text=None)
        return len(still)

    return wipe_due(due, held=lambda keys: photos_held(held, keys) if held else set(), wipe=wipe, lot=AT_ONCE)
