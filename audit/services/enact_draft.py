"""Enact a draft (施行): a second person makes it the next version of its rule, from a day to come."""

from dataclasses import replace
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.cases import party_of
from audit.draft import Draft
from audit.models import FrequencyRule, RuleDraft, RuleDraftEnd
from audit.problem import Problem
from audit.services.draft_rule import check_day, check_home, check_words, end, hold_open
from audit.services.entry import record
from audit.services.frequency_rule import enact


class OwnDraft(Problem):
    """Nobody enacts what they drafted themselves."""

    code, status, title = "rule-draft-own", 409, _("草案须由起草人以外的人施行")


def drafted_rule(row: RuleDraft) -> Draft:
    """The draft by value."""
    return Draft(
        code=row.code,
        kind=row.kind,
        parameters=row.parameters,
        effective_from=row.effective_from,
        source=row.source,
        title=row.title,
        region_prefix=row.region_prefix,
        scope=row.scope,
        effective_to=row.effective_to,
        repeals=row.repeals,
    )


def enact_draft(draft: RuleDraft, *, effective_from: date, note: str, actor: Actor, at: datetime) -> FrequencyRule:
    """The version that it has become, in force from that day on; earlier versions stay as they are.

    Of several who decide at once one does, the others are told so. Raises OwnDraft, DraftEnded, RuleUnfit (not the
    account's region, a day that is not later than today or not before the rule's end, no reason).
    """
    if draft.drafted_by == actor:
        raise OwnDraft
    check_home(draft.region_prefix, party=party_of(actor))
    check_words(note)
    words = replace(drafted_rule(draft), effective_from=effective_from)
    check_day(words, at=at)
    with transaction.atomic():
        hold_open(draft)
        rule = enact(words, actor=actor, at=at)
        end(draft, outcome=RuleDraftEnd.Outcome.ENACTED, note=note, actor=actor, at=at, rule_id=rule.pk)
        body = {"draft": draft.pk, "drafted_by": draft.drafted_by, "version": rule.version, "note": note}
        record(kind="rule-draft-enacted", subject=f"rule:{draft.code}", body=body, actor=actor, at=at)
    return rule
