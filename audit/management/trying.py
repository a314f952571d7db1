"""The worker's share of the sandbox: trials of rules that are too much for a page, one after the other."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from audit.management.rounds import Chore
from audit.services.run_trial import run_trial, waiting

TRY_EVERY = timedelta(seconds=2)


def trier() -> Chore:
    """In a thread of its own: a large city's year takes a minute or two."""
    return Chore(name="tried", every=TRY_EVERY, run=_try)


def _try() -> Mapping[str, Any]:
    trial = waiting().select_related("draft").first()
    if trial is None:
        return {}
    cap, policy = settings.AUDIT_POLICY.annual_cap, settings.MATCH_POLICY
    result = run_trial(trial, annual_cap=cap, policy=policy, at=timezone.now())
    return {"trial": trial.pk, "visits": result.visits, "broke": result.broke}
