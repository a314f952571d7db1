"""`manage.py import_plans FILE`: agencies' inspection plans, as `POST /plans` takes them one by one."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.intake import Chunk, Outcome, Refused
from audit.management.intake import IntakeCommand
from checkins.services.plans_import import PlanLine, import_plans
from officers.queries import agencies_of
from project.plans_file import PLAN, plan_line


class Command(IntakeCommand):
    help = _("导入各单位的检查计划（CSV 或 XLSX）")  # type: ignore[assignment]
    columns = PLAN
    key = "source_ref"

    def identity(self, values: dict[str, Any]) -> str:
        return f"{values.get('agency_code')} {values['source_ref']}"

    def take(self, chunk: Chunk, *, dry_run: bool) -> Outcome:
        agencies = agencies_of({row.values.get("agency_code", "") for row in chunk.rows})
        outcome, lines = Outcome(), []
        for row in chunk.rows:
            read = plan_line(row, agencies=agencies)
            if isinstance(read, PlanLine):
                lines.append(read)
            else:
                outcome.refused += [Refused(row.line, refusal) for refusal in read]
        if lines:
            actor = Actor.command("import_plans")
            outcome.add(import_plans(lines=lines, actor=actor, at=timezone.now(), dry_run=dry_run))
        return outcome
