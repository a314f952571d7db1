"""`manage.py import_officers FILE [--photos DIRECTORY]`: the holders of inspection certificates."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.intake import Chunk, Outcome
from audit.management.intake import IntakeCommand
from officers.queries import active_among, active_total
from officers.register import OFFICER
from officers.services.import_officers import import_officers
from officers.services.photo import set_photos

PICTURES = {".jpg", ".jpeg", ".png", ".webp", ".bmp"}


class Command(IntakeCommand):
    help = _("导入执法人员（CSV 或 XLSX），首次或每日增量")  # type: ignore[assignment]
    columns = OFFICER
    key = "certificate_no"
    status_columns = frozenset({"status"})

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--photos", type=Path, help=str(_("照片目录，文件名为执法证号，例如 冀E0501001.jpg")))

    def take(self, chunk: Chunk, *, dry_run: bool) -> Outcome:
        actor, at = Actor.command("import_officers"), timezone.now()
        outcome = import_officers(rows=chunk.rows, actor=actor, at=at, dry_run=dry_run)
        if (folder := self.options["photos"]) and not dry_run:
            pictures = {path.stem: path for path in folder.iterdir() if path.suffix.lower() in PICTURES}
            outcome.refused += set_photos(rows=chunk.rows, pictures=pictures, actor=actor, at=at)
        return outcome

    def deactivates(self, values: dict[str, Any]) -> bool:
        return bool(values.get("status", "active") != "active")

    def active_among(self, keys: Collection[str]) -> set[str]:
        return active_among(keys)

    def active_total(self) -> int:
        return active_total()
