"""`manage.py import_contacts FILE`: whom to reach at each enterprise, at first and as a daily feed."""

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.intake import Chunk, Outcome
from audit.management.intake import IntakeCommand
from enterprises.register import CONTACT
from enterprises.services.import_contacts import import_contacts


class Command(IntakeCommand):
    help = _("导入企业的登记联系人（CSV 或 XLSX）")  # type: ignore[assignment]
    columns = CONTACT
    key = "credit_code"

    def take(self, chunk: Chunk, *, dry_run: bool) -> Outcome:
        actor = Actor.command("import_contacts")
        return import_contacts(rows=chunk.rows, actor=actor, at=timezone.now(), dry_run=dry_run)
