"""A whole set of rules is enacted: what differs from the law in force becomes new versions (施行一套规则)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction

from audit.actor import Actor
from audit.draft import Draft
from audit.law import Law, Rule
from audit.queries import rules
from audit.services.frequency_rule import enact


@dataclass(frozen=True, kw_only=True, slots=True)
class Enacted:
    """What became of a draft: the version that says it, and whether that is a new one."""

    draft: Draft
    version: int
    is_new: bool


def enact_set(drafts: Sequence[Draft], *, actor: Actor, at: datetime) -> list[Enacted]:
    """All of them or none; a draft that says what will be in force on its first day anyway is passed over, so that the
    same set twice is the same law. Raises RuleUnfit, as enacting one does."""
    done = []
    with transaction.atomic():
        for draft in drafts:
            standing = in_force(draft, enacted=rules())
            if standing is not None and standing == _as(draft, standing=standing):
                done.append(Enacted(draft=draft, version=standing.version, is_new=False))
            else:
                row = enact(draft, actor=actor, at=at)
                done.append(Enacted(draft=draft, version=row.version, is_new=True))
    return done


def in_force(draft: Draft, *, enacted: Sequence[Rule]) -> Rule | None:
    """The version of its code that is in force on the draft's first day."""
    return next((rule for rule in Law(enacted).in_force(draft.effective_from) if rule.code == draft.code), None)


def _as(draft: Draft, *, standing: Rule) -> Rule:
    """The draft as if it were that version: equal if nothing but the number and the first day could differ."""
    return replace(draft.as_rule(standing.version), effective_from=standing.effective_from)
