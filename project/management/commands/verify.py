"""`manage.py verify`: is all still what deeds wrote? Names each row that was altered, removed or inserted."""

import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from audit.log_keys import LogPolicy
from audit.policy import RetentionPolicy
from audit.proving.discrepancy import Course
from audit.proving.mark import last_mark
from audit.proving.proof import prove, rows_to_read
from audit.services.keep_verification import keep_verification

COUNTED = (
    "entries", "wiped", "waiting", "leaves", "tiles", "checkpoints", "facts", "filings", "rows", "unsealed",
    "registers", "pictures",
)  # fmt: skip


class Command(BaseCommand):
    help = gettext_lazy("核验全部存证：条目、日志、检查点、入企事实、备案、各表记录、登记、照片；有一行不符即以 1 退出")  # type: ignore[assignment]
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--incremental", "--since", action="store_true", help="go on from where the last run that held has ended"
        )
        parser.add_argument("--unrecorded", action="store_true", help="keep no record of this run (a standby's copy)")

    def handle(self, *args: Any, incremental: bool, unrecorded: bool, **options: Any) -> None:
        log: LogPolicy = settings.LOG
        retention: RetentionPolicy = settings.RETENTION_POLICY
        # A calendar's years are never shorter.
        kept = timedelta(days=365 * retention.visit_years)
        began, since = timezone.now(), last_mark() if incremental else None
        if incremental:
            self.stdout.write(_("从上次核验通过处继续") if since else _("还没有核验通过的记录：核验全部"))
        findings: list[str] = []
        with _progress() as step:
            course = Course(step)
            for discrepancy in prove(course, keys=log.keys, kept=kept, at=began, since=since):
                findings.append(str(discrepancy))
                self.stdout.write(str(discrepancy))
        self._sum_up(course, signed=log.keys is not None)
        if not unrecorded and course.mark is not None:
            keep_verification(
                began=began,
                at=timezone.now(),
                recent=since is not None,
                findings=findings,
                counted=course.counts,
                mark=course.mark.as_json(),
            )
        if findings:
            raise CommandError(_("核验不通过：%(count)s 处不符") % {"count": len(findings)}, returncode=1)
        self.stdout.write(_("核验通过"))

    def _sum_up(self, course: Course, *, signed: bool) -> None:
        """Broken promises are told, and are no tampering."""
        counts = course.counts
        self.stdout.write(
            _(
                "条目 %(entries)s（已抹去 %(wiped)s，待入日志 %(waiting)s），位置 %(leaves)s，瓦片 %(tiles)s，"
                "检查点 %(checkpoints)s，入企事实 %(facts)s，备案 %(filings)s，"
                "各表记录 %(rows)s（待封存 %(unsealed)s），登记 %(registers)s，照片 %(pictures)s"
            )
            % {name: counts[name] for name in COUNTED}
        )
        if not signed:
            self.stdout.write(_("没有日志密钥（LOG_KEYS_FILE）：未核对签名"))
        if counts["unreached"]:
            self.stdout.write(_("另有 %(count)s 个检查点的根哈希因此无法核对") % {"count": counts["unreached"]})
        if counts["unprovable"]:
            self.stdout.write(_("%(count)s 行的条目已抹去或被改，无从比对") % {"count": counts["unprovable"]})
        if counts["late"]:
            self.stdout.write(_("%(count)s 个条目未在 60 秒内进入日志（不是篡改）：") % {"count": counts["late"]})
            for entry in course.late:
                self.stdout.write(f"  {entry}")


@contextmanager
def _progress() -> Iterator[Callable[[int], object]]:
    """A bar on standard error where that is a terminal; what it yields is told of each lot of rows."""
    if not sys.stderr.isatty():
        yield lambda _rows: None
        return
    columns = TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("verify", total=rows_to_read())
        yield lambda rows: bar.advance(task, rows)
