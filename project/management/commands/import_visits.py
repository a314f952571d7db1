"""`manage.py import_visits FILE`: this year's inspections from before the scanning began, as marked facts."""

from datetime import datetime, time
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.cells import SHANGHAI, day
from audit.intake import Chunk, Outcome, Refused
from audit.management.intake import IntakeCommand
from audit.services.imported_visits import EarlierVisit, import_visits
from enterprises.queries import facts_of
from officers.queries import agencies_of
from project.earlier_visits import VISIT, earlier_visit


class Command(IntakeCommand):
    help = _("导入启用扫码之前本年度已做的检查（CSV 或 XLSX）")  # type: ignore[assignment]
    columns = VISIT
    key = "source_ref"

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--since", type=day, help=str(_("只收这一天起的检查；缺省本年 1 月 1 日")))

    def identity(self, values: dict[str, Any]) -> str:
        return f"{values.get('agency_code')} {values['source_ref']}"

    def take(self, chunk: Chunk, *, dry_run: bool) -> Outcome:
        at = timezone.now()
        first = self.options["since"] or at.astimezone(SHANGHAI).date().replace(month=1, day=1)
        agencies = agencies_of({row.values.get("agency_code", "") for row in chunk.rows})
        enterprises = facts_of({row.values.get("credit_code", "") for row in chunk.rows})
        outcome, visits = Outcome(), []
        for row in chunk.rows:
            read = earlier_visit(row, agencies=agencies, enterprises=enterprises)
            if isinstance(read, EarlierVisit):
                visits.append(read)
            else:
                outcome.refused += [Refused(row.line, refusal) for refusal in read]
        if visits:
            since = datetime.combine(first, time(), SHANGHAI)
            actor = Actor.command("import_visits")
            cap = settings.AUDIT_POLICY.annual_cap
            outcome.add(import_visits(visits=visits, since=since, annual_cap=cap, actor=actor, at=at, dry_run=dry_run))
        return outcome
