"""`manage.py percentiles --year 2025`: what is usual among peers, as a draft of the rule 合理频次."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.facts import year_of
from audit.percentiles import LEAST_PEERS, draft, usual
from audit.yearly import pairs


class Command(BaseCommand):
    help = gettext_lazy(  # type: ignore[assignment]
        "算出已结清年度里各行业、风险等级的 95 分位（计入和豁免的检查），写成合理频次规则草稿，用 manage.py enact 施行"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--year", type=int, required=True, help=_("已结束的年度，例如 2025"))
        parser.add_argument("--code", default="reasonable_frequency", help=_("规则代码；缺省 %(default)s"))
        parser.add_argument("--output", type=Path, help=_("写入这个 TOML 文件；缺省写到标准输出"))

    def handle(self, *, year: int, code: str, output: Path | None, **options: Any) -> None:
        if not 2000 <= year < year_of(timezone.now()):
            raise CommandError(_("--year 应为已经结束的年度：没有结清的期间会随上传变动"))
        if not code.replace("_", "").replace("-", "").isalnum() or not code.isascii() or len(code) > 40:
            raise CommandError(_("--code 应为至多 40 个英文字母、数字、- 或 _"))
        found = usual(pairs(year))
        if not found:
            raise CommandError(
                _("%(year)s 年没有一个行业和风险等级满 %(least)s 对单位与企业") % {"year": year, "least": LEAST_PEERS}
            )
        text = draft(found, year=year, code=code)
        if output is None:
            self.stdout.write(text, ending="")
            return
        try:
            output.write_text(text, encoding="utf-8")
        except OSError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(_("已写入 %(file)s：%(count)s 组") % {"file": output, "count": len(found)})
