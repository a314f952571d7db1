"""`manage.py import_items FILE`: published lists of what may be inspected (检查事项清单)."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.intake import Chunk, Outcome
from audit.management.intake import IntakeCommand
from checkins.item_columns import ITEM, identity
from checkins.services.import_items import import_items


class Command(IntakeCommand):
    help = _("导入已公布的检查事项清单（CSV 或 XLSX）")  # type: ignore[assignment]
    columns = ITEM
    key = "code"

    def identity(self, values: dict[str, Any]) -> str:
        return identity(values)

    def take(self, chunk: Chunk, *, dry_run: bool) -> Outcome:
        return import_items(rows=chunk.rows, actor=Actor.command("import_items"), at=timezone.now(), dry_run=dry_run)
