"""`manage.py recover`: take back from the platforms what a restore has cost. May be done again at any time.

`--list` says first what that would be, letter by letter, and writes nothing.
"""

import json
from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.log_keys import LogKeys
from audit.management.lines import lines
from audit.succession import lost_since, lost_until
from audit.supervision import NotDelivered
from audit.webhook import Trust
from project.recovery import recover_from


class Command(BaseCommand):
    help = gettext_lazy("恢复旧库之后，从监督平台找回本库缺少的备案和入企事实；可重复执行")  # type: ignore[assignment]

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--since", type=datetime.fromisoformat, help="RFC 3339; else what the restored log's end says"
        )
        parser.add_argument("--list", action="store_true", dest="only_list", help="say what would come back, no more")

    def handle(self, *args: Any, since: datetime | None, only_list: bool, **options: Any) -> None:
        keys: LogKeys | None = settings.LOG.keys
        if keys is None:
            raise CommandError("LOG_KEYS_FILE")
        # What the operator names may have been lost until now; what a restore has cost, until its log was opened.
        until = (None if since else lost_until()) or timezone.now()
        since = since or lost_since()
        if since is None or since.tzinfo is None:
            raise CommandError(_("没有恢复过：请用 --since 指明从何时找起（带时区）"))
        trust = Trust(public=keys.filing_key().public_key())
        failed = False
        with lines(settings.AUDIT_POLICY, settings.LOG) as all_lines:
            for line in all_lines:
                try:
                    for page in recover_from(
                        line,
                        lines=all_lines,
                        trust=trust,
                        source=settings.AUDIT_POLICY.source,
                        since=since,
                        until=until,
                        only_list=only_list,
                    ):
                        self._tell(
                            **({"only_list": page.taken} if only_list else {}),
                            platform=line.addressee.code,
                            facts=page.facts,
                            flags=page.flags,
                            known=page.known,
                            not_open=sorted(page.not_open),
                            left=page.left,
                            superseded=page.superseded,
                            refused=page.refused,
                        )
                except NotDelivered as failure:
                    failed = True
                    self._tell(platform=line.addressee.code, failed=failure.detail)
        if failed:
            raise CommandError(_("没有找回完，请稍后再执行 manage.py recover"))

    def _tell(self, **facts: Any) -> None:
        self.stdout.write(json.dumps(facts, ensure_ascii=False))
