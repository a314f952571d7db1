"""`manage.py import_agencies FILE`: the organs with inspection powers."""

from collections.abc import Collection
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.intake import Chunk, Outcome
from audit.management.intake import IntakeCommand
from officers.queries import agencies_in_use
from officers.register import AGENCY
from officers.services.import_agencies import import_agencies


class Command(IntakeCommand):
    help = _("导入执法单位（CSV 或 XLSX），上级下级次序不限")  # type: ignore[assignment]
    columns = AGENCY
    key = "code"
    status_columns = frozenset({"status"})
    chunk = 1_000_000  # a child may stand before its parent: the whole file at once

    def take(self, chunk: Chunk, *, dry_run: bool) -> Outcome:
        actor = Actor.command("import_agencies")
        return import_agencies(rows=chunk.rows, actor=actor, at=timezone.now(), dry_run=dry_run)

    def deactivates(self, values: dict[str, Any]) -> bool:
        return bool(values.get("status", "active") != "active")

    def active_among(self, keys: Collection[str]) -> set[str]:
        return agencies_in_use(keys)

    def active_total(self) -> int:
        return len(agencies_in_use())
