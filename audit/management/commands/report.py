"""`manage.py report REGION MONTH`: issue a monthly report, however much it has to read (docs/guides/supervisors.md)."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.duties import is_region_prefix
from audit.period import Period
from audit.problem import Problem
from audit.services.issue_report import issue_report


class Command(BaseCommand):
    """For those whom the page refuses one for its size. Prints its number."""

    help = _("印发一个地区一个月的通报，不限数据量")  # type: ignore[assignment]

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("region", help=str(_("地区代码，2、4、6 或 9 位")))
        parser.add_argument("month", help=str(_("月份，例如 2026-06")))
        parser.add_argument("--actor", default="report", help=str(_("经办，记入通报；缺省 report")))

    def handle(self, *args: Any, region: str, month: str, actor: str, **options: Any) -> None:
        try:
            period = Period.of(month)
            if not (is_region_prefix(region) and period.month and not period.day):
                raise ValueError(month)
        except ValueError as error:
            raise CommandError(str(_("地区代码应为 2、4、6 或 9 位，月份例如 2026-06"))) from error
        policy = settings.MATCH_POLICY
        try:
            report = issue_report(
                region=region, month=period, policy=policy, actor=Actor.command(actor), at=timezone.now()
            )
        except Problem as problem:
            raise CommandError(
                f"{problem.title}：{problem.detail}" if problem.detail else str(problem.title)
            ) from problem
        self.stdout.write(report.number)
