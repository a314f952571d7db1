"""`manage.py watch [--month 2026-03]`: judge agencies' months as a whole, and visits that kept to one officer."""

from collections import Counter
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.actor import Actor
from audit.agency_months import Month
from audit.facts import day_of
from audit.services.sweep import sweep
from audit.services.watch import watch_month

ACTOR = Actor.command("watch")


class Command(BaseCommand):
    help = gettext_lazy(  # type: ignore[assignment]
        "按单位判断一个月（作废占比、豁免占比、扫码率），并判断到时仍只有一人的入企；manage.py work 定时做同样的事"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--month", default="", help=_("例如 2026-03；缺省为本月和上月"))

    def handle(self, *, month: str, **options: Any) -> None:
        at = timezone.now()
        running = Month.of(day_of(at))
        months = [self._month(month, running)] if month else [running.before, running]
        for each in months:
            changes = watch_month(month=each, policy=settings.MATCH_POLICY, actor=ACTOR, at=at)
            self.stdout.write(f"{each}：{told(Counter(turn.state for turn in changes))}")
        if not month:
            swept = sweep(annual_cap=settings.AUDIT_POLICY.annual_cap, actor=ACTOR, at=at)
            self.stdout.write(_("到时仍只有一人，重新判断的企业：%(count)s") % {"count": swept})

    @staticmethod
    def _month(text: str, running: Month) -> Month:
        try:
            found = Month.named(text)
        except ValueError as error:
            raise CommandError(_("--month 应为 2026-03 这样的月份")) from error
        if found.first > running.first:
            raise CommandError(_("--month 不能是将来的月份"))
        return found


def told(states: Counter[str]) -> str:
    """What became of the flags, in one line."""
    words = {"raised": _("预警"), "grown": _("次数增加"), "eased": _("次数减少"), "lowered": _("解除")}
    return "，".join(f"{word} {states[state]}" for state, word in words.items() if states[state]) or _("没有变化")
