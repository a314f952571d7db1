"""The law of frequency as its readers leaf through it: versions with who enacted them, and drafts in sight."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from django.db.models import Q, QuerySet

from audit.actor import Actor
from audit.auth import NOTHING, Sight
from audit.duties import Matter, May
from audit.law import Law, Rule
from audit.models import FrequencyRule, RuleDraft
from audit.queries import RULE_COLUMNS, read_rule


@dataclass(frozen=True, kw_only=True, slots=True)
class Version:
    """An enacted version, and by whom it was enacted when."""

    rule: Rule
    by: str
    at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Chapter:
    """One rule of the book, as of a day. `now`: the version in force, None if there is none (not yet, ended, or
    repealed); `coming`: those that begin later, the next one first."""

    code: str
    now: Version | None
    coming: Sequence[Version]
    versions: Sequence[Version]

    @property
    def newest(self) -> Version:
        return self.versions[-1]


def chapters(*, on: date, code: str = "") -> list[Chapter]:
    """All rules, or the one of this code, each with its versions in their order. One statement."""
    if "\x00" in code:  # which no rule's has, and PostgreSQL cannot even be asked
        return []
    rows = FrequencyRule.objects.filter(**({"code": code} if code else {})).order_by("code", "version")
    told = [
        Version(rule=read_rule(row), by=row["enacted_by"], at=row["enacted_at"])
        for row in rows.values(*RULE_COLUMNS, "enacted_by", "enacted_at")
    ]
    return [_chapter(of, list(versions), on=on) for of, versions in groupby(told, key=lambda one: one.rule.code)]


def _chapter(code: str, versions: list[Version], *, on: date) -> Chapter:
    standing = Law([one.rule for one in versions]).in_force(on)
    now = [one for one in versions if one.rule in standing and not one.rule.repeals]
    coming = [one for one in versions if one.rule.effective_from > on]
    return Chapter(
        code=code,
        now=now[0] if now else None,
        coming=sorted(coming, key=lambda one: (one.rule.effective_from, one.rule.version)),
        versions=versions,
    )


def may_make(sight: Sight, region_prefix: str) -> bool:
    """May this account draft and enact rules there: for its own region and below?"""
    home = sight.region_prefix if sight.may(May.ADD, Matter.FREQUENCY_RULES) else ""
    return bool(home) and region_prefix.startswith(home)


def drafts_in_sight(sight: Sight) -> QuerySet[RuleDraft]:
    """Drafts that the account may decide on, or has made, whatever became of them."""
    home = sight.region_prefix if sight.may(May.ADD, Matter.FREQUENCY_RULES) else ""
    return RuleDraft.objects.filter(Q(region_prefix__startswith=home) if home else NOTHING).select_related("end")


def drafts_waiting(sight: Sight, *, for_actor: Actor | None = None) -> QuerySet[RuleDraft]:
    """Drafts in sight of which nothing has become yet, the oldest first; `for_actor`: without this person's own."""
    waiting = drafts_in_sight(sight).filter(end__isnull=True).order_by("drafted_at", "pk")
    return waiting.exclude(drafted_by=for_actor) if for_actor else waiting
