"""Wipe photos that the law no longer lets us keep (照片抹除). Their hashes stay."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from audit.actor import Actor
from audit.services.redact import say_redacted
from checkins.models import Blob

AT_ONCE = 100


def photos_due(*, before: datetime) -> QuerySet[Blob]:
    """Photos that came before that moment and are still there."""
    return Blob.objects.filter(received_at__lt=before, copy__isnull=False)


def wipe_photos(*, before: datetime, rule: str, actor: Actor, at: datetime) -> int:
    """Wipe up to `AT_ONCE` of them, picture, file and the text on it, each beside a `redacted` entry. How many."""
    with transaction.atomic():
        keys = list(photos_due(before=before).order_by("pk").values_list("pk", flat=True)[:AT_ONCE])
        if keys:
            say_redacted([f"blob:{key}" for key in keys], rule=rule, actor=actor, at=at)
            Blob.objects.filter(pk__in=keys).update(copy=None, original=None, text=None)
    return len(keys)
