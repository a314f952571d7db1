"""The law of frequency changes by new versions."""

from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from audit import duties
from audit.actor import Actor
from audit.history import save_as
from audit.models import FrequencyRule
from audit.problem import Problem
from audit.rules import SHANGHAI
from audit.services.entry import record

ANNUAL_CAP = "annual_cap"


class RuleUnfit(Problem):
    """A rule that cannot be enacted; the detail says why."""

    code, status, title = "rule-unfit", 422, _("规则不能施行")


def enact_cap(
    *,
    code: str,
    cap: int,
    region_prefix: str,
    effective_from: date,
    effective_to: date | None,
    source: str,
    actor: Actor,
    at: datetime,
) -> FrequencyRule:
    """A new version of an annual cap (visits of one agency at one enterprise in a calendar year, Asia/Shanghai).

    Earlier versions stay as they are: the later `effective_from` wins from its day on. `effective_to` is exclusive.
    Raises RuleUnfit: a cap under 0, a day that has passed (a count that people were told must not move), an end
    before the beginning, no source, a region that is none, another region than the earlier versions'.
    """
    if cap < 0:
        raise RuleUnfit(str(_("上限不能小于 0")))
    if not code.strip() or not source.strip():
        raise RuleUnfit(str(_("规则代码和依据不能为空")))
    if region_prefix and not duties.is_region_prefix(region_prefix):
        raise RuleUnfit(str(_("地区前缀应为 2、4、6 或 9 位数字")))
    if effective_from < at.astimezone(SHANGHAI).date():
        raise RuleUnfit(str(_("施行日期不能早于今天：已告知的次数不得回溯变动")))
    if effective_to is not None and effective_to <= effective_from:
        raise RuleUnfit(str(_("废止日期应晚于施行日期")))
    earlier = FrequencyRule.objects.filter(code=code)
    if earlier.exclude(region_prefix=region_prefix, kind=ANNUAL_CAP).exists():
        raise RuleUnfit(str(_("该规则代码已用于其他地区或种类，请另取代码")))
    rule = FrequencyRule(
        code=code,
        version=(earlier.aggregate(last=Max("version"))["last"] or 0) + 1,
        kind=ANNUAL_CAP,
        parameters={"cap": cap},
        region_prefix=region_prefix,
        effective_from=effective_from,
        effective_to=effective_to,
        source=source,
    )
    with transaction.atomic():
        try:
            with transaction.atomic():
                save_as(rule, actor=actor, at=at, new=True)
        except IntegrityError as error:
            raise RuleUnfit(str(_("刚刚有人施行了同一规则的新版本，请核对后再试"))) from error
        record(
            kind="rule-enacted",
            subject=f"rule:{code}",
            body={
                "version": rule.version,
                "cap": cap,
                "region_prefix": region_prefix,
                "effective_from": effective_from.isoformat(),
                "effective_to": effective_to.isoformat() if effective_to else None,
                "source": source,
            },
            actor=actor,
            at=at,
        )
    return rule
