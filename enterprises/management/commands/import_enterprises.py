"""`manage.py import_enterprises FILE`: the market entities and their places, at first and as a daily feed."""

from collections.abc import Collection
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.intake import Chunk, Outcome
from audit.management.intake import IntakeCommand
from enterprises.queries import open_among, open_total
from enterprises.register import FILE, STATUS_OF_ACTION
from enterprises.services.import_enterprises import import_enterprises


class Command(IntakeCommand):
    help = _("导入企业及其经营场所（CSV 或 XLSX），首次或每日增量")  # type: ignore[assignment]
    columns = FILE
    key = "credit_code"
    status_columns = frozenset({"status", "action"})

    def take(self, chunk: Chunk, *, dry_run: bool) -> Outcome:
        actor = Actor.command("import_enterprises")
        return import_enterprises(rows=chunk.rows, actor=actor, at=timezone.now(), dry_run=dry_run)

    def repeats(self, values: dict[str, Any]) -> bool:
        return values.get("action") == "add_premises"

    def deactivates(self, values: dict[str, Any]) -> bool:
        return (values.get("status") or STATUS_OF_ACTION.get(values.get("action", ""), "open")) != "open"

    def active_among(self, keys: Collection[str]) -> set[str]:
        return open_among(keys)

    def active_total(self) -> int:
        return open_total()
