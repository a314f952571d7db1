"""Draft a version of a rule (起草). What is in force stays as it is."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.cases import party_of
from audit.casework import Party
from audit.draft import Draft
from audit.duties import Matter, May, may
from audit.facts import day_of
from audit.lane import hold
from audit.models import RuleDraft, RuleDraftEnd
from audit.problem import Problem
from audit.services.entry import record
from audit.services.frequency_rule import RuleUnfit, check, check_line, told


class DraftEnded(Problem):
    """It was enacted or dropped already."""

    code, status, title = "rule-draft-ended", 409, _("该草案已经施行或撤下")


def draft_rule(draft: Draft, *, note: str, actor: Actor, at: datetime) -> RuleDraft:
    """Keep a draft, with why it is proposed.

    Raises RuleUnfit: what no rule can be, another region or kind than the versions of its code, a region that is not
    the drafter's, a day that is not later than today, no reason.
    """
    check(draft)
    check_home(draft.region_prefix, party=party_of(actor))
    check_day(draft, at=at)
    check_line(draft)
    check_words(note)
    row = RuleDraft(**draft.columns(), note=note, drafted_by=actor, drafted_at=at)
    with transaction.atomic():
        row.save(force_insert=True)
        body = {"draft": row.pk, **told(row), "note": note}
        record(kind="rule-drafted", subject=f"rule:{row.code}", body=body, actor=actor, at=at)
    return row


def hold_open(draft: RuleDraft) -> None:
    """Wait until nobody else decides on this rule, for the rest of the transaction. Raises DraftEnded."""
    hold(f"rule:{draft.code}")
    if RuleDraftEnd.objects.filter(draft=draft).exists():
        raise DraftEnded


def end(
    draft: RuleDraft,
    *,
    outcome: RuleDraftEnd.Outcome,
    note: str,
    actor: Actor,
    at: datetime,
    rule_id: int | None = None,
) -> None:
    """Say what became of it (part of a deed, not one itself)."""
    RuleDraftEnd(draft=draft, outcome=outcome, rule_id=rule_id, note=note, by=actor, at=at).save(force_insert=True)


def check_home(region_prefix: str, *, party: Party) -> None:
    """May this account, as it is now, make rules there: for its own region and below? Raises RuleUnfit."""
    home = party.region_prefix if may(party.role, May.ADD, Matter.FREQUENCY_RULES) else ""
    if not home or not region_prefix.startswith(home):
        raise RuleUnfit(str(_("只能为本地区（%s）及其下级地区制定规则") % (home or "—")))


def check_day(draft: Draft, *, at: datetime) -> None:
    """Nobody who came this morning shall read this evening that it was too often. Raises RuleUnfit."""
    if draft.effective_from <= day_of(at):
        tomorrow = day_of(at) + timedelta(days=1)
        raise RuleUnfit(str(_("施行日期最早为明天（%s）：规则不溯及既往") % tomorrow.isoformat()))


def check_words(note: str) -> None:
    """Raises RuleUnfit."""
    if not note.strip() or len(note) > 200 or not note.isprintable():
        raise RuleUnfit(str(_("请写明理由，至多 200 个字符，不换行")))
