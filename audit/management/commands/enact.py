"""`manage.py enact FILE` or `--default`: a set of rules becomes the law, where it differs from the law in force."""

from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.cells import SHANGHAI, day
from audit.problem import Problem
from audit.rule_file import DEFAULT, FileUnfit, read_toml
from audit.services.rule_set import enact_set


class Command(BaseCommand):
    """All rules of the file in one transaction; what is in force already stays as it is."""

    help = _("施行一套频次规则（TOML）；与现行规则相同的不动")  # type: ignore[assignment]

    def add_arguments(self, parser: CommandParser) -> None:
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("file", nargs="?", type=Path, help=str(_("规则文件，TOML")))
        which.add_argument("--default", action="store_true", help=str(_("随系统附带的缺省规则")))
        parser.add_argument("--from", dest="since", type=day, help=str(_("未写施行日期的规则自这一天起施行；缺省今天")))
        parser.add_argument("--actor", default="enact", help=str(_("经办，记入每个版本；缺省 enact")))

    def handle(self, *args: Any, file: Path | None, since: date | None, actor: str, **options: Any) -> None:
        at = timezone.now()
        try:
            text = (file or DEFAULT).read_text(encoding="utf-8")
            drafts = read_toml(text, since=since or at.astimezone(SHANGHAI).date())
            done = enact_set(drafts, actor=Actor.command(actor), at=at)
        except (OSError, UnicodeDecodeError, FileUnfit) as error:
            raise CommandError(str(error)) from error
        except Problem as problem:
            raise CommandError(str(problem.detail or problem.title)) from problem
        for one in done:
            said = (
                _("施行 %(code)s 第 %(version)s 版，自 %(day)s 起")
                if one.is_new
                else _("不变 %(code)s 第 %(version)s 版")
            )
            told = {"code": one.draft.code, "version": one.version, "day": one.draft.effective_from.isoformat()}
            self.stdout.write(str(said) % told)
