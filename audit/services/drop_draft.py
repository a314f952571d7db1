"""Take a draft back (撤下)."""

from datetime import datetime

from django.db import transaction

from audit.actor import Actor
from audit.cases import party_of
from audit.models import RuleDraft, RuleDraftEnd
from audit.services.draft_rule import check_home, check_words, end, hold_open
from audit.services.entry import record


def drop_draft(draft: RuleDraft, *, note: str, actor: Actor, at: datetime) -> None:
    """Nobody enacts it any more; anybody who might enact it, and its drafter, may say so. Raises RuleUnfit (not the
    account's region, no reason), DraftEnded."""
    check_home(draft.region_prefix, party=party_of(actor))
    check_words(note)
    with transaction.atomic():
        hold_open(draft)
        end(draft, outcome=RuleDraftEnd.Outcome.DROPPED, note=note, actor=actor, at=at)
        body = {"draft": draft.pk, "note": note}
        record(kind="rule-draft-dropped", subject=f"rule:{draft.code}", body=body, actor=actor, at=at)
