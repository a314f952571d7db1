"""`manage.py sandbox RULES.toml --from DAY --to DAY`: who would have been flagged, beside who was. Writes nothing."""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import fields
from datetime import date
from operator import attrgetter
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import Tags
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext_lazy as _

from audit.cells import day
from audit.duties import is_region_prefix
from audit.moment import one_moment
from audit.replay import Outcome, Side, Span, Totals, unjudged
from audit.rule_file import FileUnfit, read_toml
from audit.sandbox import Question, replay

SHOWN = 20
SIDES = {Side.DRAFT: _("只按草案"), Side.ENACTED: _("只按现行"), Side.BOTH: _("两者都有")}
FORMULA = frozenset("=+-@\t\r")


class Command(BaseCommand):
    """A rule without effective_from counts for all of the days; one with it, from that day on."""

    help = _("用草案规则试算过去一段时间：谁会被预警，与实际预警对照；不写入任何数据")  # type: ignore[assignment]

    # A replay has no pages: leaving the URL checks out saves it the import of every door.
    requires_system_checks = [Tags.security]

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help=str(_("规则文件，TOML")))
        parser.add_argument("--from", dest="first", type=day, required=True, help=str(_("第一天")))
        parser.add_argument("--to", dest="last", type=day, required=True, help=str(_("最后一天（含）")))
        parser.add_argument("--region", default="", help=str(_("只看这一地区前缀的企业")))
        parser.add_argument("--csv", type=Path, help=str(_("把每一条写入这个文件")))

    def handle(
        self, *args: Any, file: Path, first: date, last: date, region: str, csv: Path | None, **options: Any
    ) -> None:
        if last < first:
            raise CommandError(str(_("--to 不能早于 --from")))
        if region and not is_region_prefix(region):
            raise CommandError(str(_("地区前缀应为 2、4、6 或 9 位数字")))
        try:
            drafts = read_toml(file.read_text(encoding="utf-8"), since=date.min)
        except (OSError, UnicodeDecodeError, FileUnfit) as error:
            raise CommandError(str(error)) from error
        question = Question(
            drafts=drafts,
            span=Span(first=first, last=last),
            region_prefix=region,
            annual_cap=settings.AUDIT_POLICY.annual_cap,
        )
        totals = Totals()
        with ExitStack() as stack:
            stack.enter_context(one_moment())
            found: Iterable[Outcome] = replay(question, totals=totals)
            if csv is not None:
                try:
                    found = _kept(found, stack.enter_context(csv.open("w", encoding="utf-8-sig", newline="")))
                except OSError as error:
                    raise CommandError(str(error)) from error
            self._tell(found)
        self._sum(totals)
        for code in unjudged(drafts):
            self.stdout.write(str(_("%s 针对单位整体，试算不含")) % code)

    def _tell(self, found: Iterable[Outcome]) -> None:
        """The first few that the drafts change; all of them stand in the CSV."""
        shown = 0
        for outcome in found:
            if outcome.side is not Side.BOTH and shown < SHOWN:
                shown += 1
                who = f"{outcome.credit_code} {outcome.enterprise}"
                self.stdout.write(f"[{SIDES[outcome.side]}] {who}：{outcome.sentence}")

    def _sum(self, totals: Totals) -> None:
        said = _("试算 %(visits)d 次入企、%(enterprises)d 家企业；现行预警中已解除 %(lowered)d 条")
        told = {"visits": totals.visits, "enterprises": totals.enterprises, "lowered": totals.lowered}
        self.stdout.write(str(said) % told)
        self.stdout.write(_line(str(_("合计")), totals.all))
        for code, sides in sorted(totals.rules.items()):
            self.stdout.write(_line(code, sides))
        for (code, name), sides in sorted(totals.agencies.items()):
            self.stdout.write(_line(f"{code} {name}" if code else str(_("企业整体")), sides))


def _line(name: str, sides: Counter[Side]) -> str:
    return f"{name}  " + "  ".join(f"{SIDES[side]} {sides[side]}" for side in Side)


def _kept(found: Iterable[Outcome], out: Any) -> Iterator[Outcome]:
    """Each outcome written down on its way."""
    writer = csv.writer(out)
    names = [field.name for field in fields(Outcome)]
    values = attrgetter(*names)
    writer.writerow(names)
    for outcome in found:
        writer.writerow([_plain(value) for value in values(outcome)])
        yield outcome


def _plain(value: Any) -> str:
    """A cell that no spreadsheet takes for a formula."""
    text = str(value)
    return f"'{text}" if text[:1] in FORMULA else text
