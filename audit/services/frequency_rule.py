"""The law of frequency changes by new versions (施行)."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.draft import Draft, faults
from audit.facts import SHANGHAI
from audit.history import save_as
from audit.models import FrequencyRule, RuleDraft
from audit.problem import Problem
from audit.services.entry import record


class RuleUnfit(Problem):
    """A rule that cannot be enacted; the detail says why."""

    code, status, title = "rule-unfit", 422, _("规则不能施行")


def check(draft: Draft) -> None:
    """Can this be a rule at all, whenever it is enacted? Raises RuleUnfit."""
    for _field, why in faults(draft):
        raise RuleUnfit(why)


def check_line(draft: Draft) -> None:
    """Does it go on with the rule of its code, if there is one? One statement. Raises RuleUnfit."""
    earlier = FrequencyRule.objects.filter(code=draft.code)
    if earlier.exclude(region_prefix=draft.region_prefix, kind=draft.kind).exists():
        raise RuleUnfit(str(_("该规则代码已用于其他地区或种类，请另取代码")))


def enact(draft: Draft, *, actor: Actor, at: datetime) -> FrequencyRule:
    """A new version of a rule. Earlier versions stay as they are: the later `effective_from` wins from its day on.

    Raises RuleUnfit: parameters that its kind does not have, a day that has passed (a count that people were told
    must not move), an end before the beginning, no source, a region that is none, another region or kind than the
    earlier versions'.
    """
    check(draft)
    if draft.effective_from < at.astimezone(SHANGHAI).date():
        raise RuleUnfit(str(_("施行日期不能早于今天：已告知的次数不得回溯变动")))
    check_line(draft)
    last = FrequencyRule.objects.filter(code=draft.code).aggregate(last=Max("version"))["last"] or 0
    rule = FrequencyRule(**draft.columns(), version=last + 1, enacted_by=actor, enacted_at=at)
    with transaction.atomic():
        try:
            with transaction.atomic():
                save_as(rule, actor=actor, at=at, new=True)
        except IntegrityError as error:
            raise RuleUnfit(str(_("刚刚有人施行了同一规则的新版本，请核对后再试"))) from error
        record(kind="rule-enacted", subject=f"rule:{draft.code}", body=_told(rule), actor=actor, at=at)
    return rule


def _told(rule: FrequencyRule) -> dict[str, Any]:
    return {"version": rule.version, **told(rule)}


def told(rule: FrequencyRule | RuleDraft) -> dict[str, Any]:
    """What a version or a draft says, for the record."""
    return {
        "kind": rule.kind,
        "parameters": {name: _canonical(value) for name, value in rule.parameters.items()},
        "region_prefix": rule.region_prefix,
        "scope": rule.scope,
        "effective_from": rule.effective_from.isoformat(),
        "effective_to": rule.effective_to.isoformat() if rule.effective_to else None,
        "repeals": rule.repeals,
        "source": rule.source,
    }


def _canonical(value: Any) -> Any:
    """The record holds no floats: a share is written as text."""
    return str(value) if isinstance(value, float) else value
