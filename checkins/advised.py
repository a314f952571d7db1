"""What an officer is advised, in one sentence of the reader's language."""

from datetime import date
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from audit.facts import day_of
from checkins.advice import Advice
from checkins.models import Result
from checkins.precheck import Foresight

JOIN_VISIT = _("%(agency)s今天已在该企业，建议凭其屏幕上的联合检查码一同检查，企业只受一次打扰。")
JOIN_PLAN = _("%(agency)s计划 %(first)s 至 %(last)s 检查该企业，建议 %(day)s 联合上门。")
REASON_NEEDED = _("此时上门会触发提醒（%(rules)s）；确有必要的，请写明事由和来源文号。")
NOT_TODAY = _("%(day)s 是企业宁静日，建议改在 %(next)s；有例外事由的，请写明事由和来源文号。")
ALWAYS_QUIET = _("%(day)s 是企业宁静日，没有例外事由的不要上门。")
INSPECTED = _("可以上门；%(item)s已于 %(ago)s 天前由%(agency)s检查过，请先查看其结果。")
FOUND = _("可以上门；%(item)s已于 %(ago)s 天前由%(agency)s检查过，结果为%(outcome)s。")
RECOGNISED = _("%(agency)s已于 %(ago)s 天前检查%(item)s，合格，可以互认，不必重复检查。")
UNDER_CAP = _("可以上门：本单位今年已检查 %(own)s 次，上限 %(cap)s 次。")
GO = _("可以上门，不触发提醒。")


def advice_told(foresight: Foresight, *, on: date) -> dict[str, Any]:
    """The advice with its sentence, whom to join and on which day."""
    whom: str | None = None
    day: date | None = None
    if foresight.visit is not None:
        whom, day = foresight.visit.agency_name, on
    elif foresight.plan is not None:
        whom, day = foresight.plan.plan.agency.name, foresight.plan.day
    elif foresight.advice is Advice.NOT_TODAY and foresight.quiet is not None:
        day = foresight.quiet.next_day
    sentence, named = _sentence(foresight, on=on, day=day)
    told = {name: value.isoformat() if isinstance(value, date) else value for name, value in named.items()}
    return {"code": str(foresight.advice), "sentence": str(sentence) % told, "agency": whom, "day": day}


def _sentence(foresight: Foresight, *, on: date, day: date | None) -> tuple[str | Promise, dict[str, Any]]:
    if foresight.advice is Advice.NOT_TODAY:
        return (NOT_TODAY if day else ALWAYS_QUIET), {"day": on, "next": day}
    if foresight.visit is not None:
        return JOIN_VISIT, {"agency": foresight.visit.agency_name}
    if foresight.plan is not None:
        plan = foresight.plan.plan
        return JOIN_PLAN, {"agency": plan.agency.name, "first": plan.first_day, "last": plan.last_day, "day": day}
    if foresight.advice is Advice.REASON_NEEDED:
        titles = (one.finding.rule.title or one.finding.rule.sort.title for one in foresight.flags)
        return REASON_NEEDED, {"rules": "、".join(dict.fromkeys(titles))}
    if foresight.advice is Advice.RECOGNISED:
        lately = min(foresight.recognised, key=lambda one: one.fact.started_at)
        agencies = dict.fromkeys(one.fact.agency_name for one in foresight.recognised)
        items = "、".join(one.item for one in foresight.recognised)
        ago = (on - day_of(lately.fact.started_at)).days
        return RECOGNISED, {"item": items, "ago": ago, "agency": "、".join(agencies)}
    if foresight.recognised:
        one = foresight.recognised[0]
        named = {"item": one.item, "ago": (on - day_of(one.fact.started_at)).days, "agency": one.fact.agency_name}
        if one.result is None:
            return INSPECTED, named
        return FOUND, {**named, "outcome": str(Result.Outcome(one.result.outcome).label)}
    if foresight.year.remaining:
        year = foresight.year
        return UNDER_CAP, {"own": len(year.own.counted), "cap": year.cap.parameters["cap"] if year.cap else ""}
    return GO, {}
