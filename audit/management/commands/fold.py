"""`manage.py fold`: bring the statistics up to date, or make them again."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from audit.services.fold import fold
from audit.services.refold import refold


class Command(BaseCommand):
    help = "Folds the visits that wait into the statistics, as `manage.py work` does every two seconds."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--anew", action="store_true", help="make all statistics again from the facts, in one transaction"
        )

    def handle(self, *args: Any, anew: bool, **options: Any) -> None:
        began = time.monotonic()
        if anew:
            visits = refold()
            told = _("统计已按全部事实重新生成：%(visits)s 次入企，用时 %(seconds).1f 秒") % {
                "visits": visits,
                "seconds": time.monotonic() - began,
            }
        else:
            folded = 0
            while some := fold():
                folded += some
            told = _("统计已更新：%(versions)s 条新事实") % {"versions": folded}
        self.stdout.write(told)
