"""Two colleagues enact at once: one does, the others are told so. Threads on PostgreSQL; seen failing without its guard
(docs/adr/0003)."""

from collections import Counter
from datetime import date
from functools import partial

import pytest

from audit.actor import Actor
from audit.draft import Draft
from audit.models import FrequencyRule, RuleDraft, RuleDraftEnd
from audit.problem import Problem
from audit.replay import Span
from audit.sandbox import Reach
from audit.services.draft_rule import draft_rule
from audit.services.drop_draft import drop_draft
from audit.services.enact_draft import enact_draft
from audit.services.run_trial import ask_trial
from tests.audit.past import on, visited
from tests.audit.test_rule_pages import colleague
from tests.house.admin_world import account_of
from tests.parallel import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
LI_JING, CHEN_YU = Actor.account("li.jing"), Actor.account("chen.yu")


def _drafted(cap: int) -> RuleDraft:
    words = Draft(
        code="xd_cap",
        kind="annual_cap",
        parameters={"cap": cap},
        region_prefix="130502",
        effective_from=date(2026, 9, 1),
        source="P",
    )
    return draft_rule(words, note="试", actor=LI_JING, at=on(8, 1))


def _enact(draft: RuleDraft) -> str:
    try:
        return f"v{enact_draft(draft, effective_from=date(2026, 9, 1), note='可', actor=CHEN_YU, at=on(8, 1)).version}"
    except Problem as refusal:
        return refusal.code


def _drop(draft: RuleDraft) -> str:
    try:
        drop_draft(draft, note="另议", actor=CHEN_YU, at=on(8, 1))
    except Problem as refusal:
        return refusal.code
    return "dropped"


def _try(draft: RuleDraft) -> str:
    try:
        ask_trial(
            draft,
            span=Span(first=date(2026, 1, 1), last=date(2026, 7, 31)),
            region_prefix="",
            reach=Reach(region_prefix="130502", supervised_by=""),
            most=0,
            actor=LI_JING,
            at=on(8, 1),
        )
    except Problem as refusal:
        return refusal.code
    return "queued"


def test_of_those_who_enact_two_drafts_of_one_rule_at_once_one_does_each() -> None:
    account_of("supervisor")
    colleague()
    first, second = _drafted(1), _drafted(3)
    told = at_once([partial(_enact, first), partial(_enact, second)] * 3 + [partial(_drop, first)] * 2, threads=8)
    assert told.count("rule-draft-ended") == 6
    assert Counter(told)["v1"] == 1
    assert FrequencyRule.objects.count() == len({one for one in told if one.startswith("v")})
    assert RuleDraftEnd.objects.count() == 2
    visited("RQ-1", on(3, 2))
    tried = at_once([partial(_try, _drafted(4))] * 8, threads=8)
    assert Counter(tried) == {"queued": 1, "rule-trial-waiting": 7}
