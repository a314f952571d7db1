"""Judge an enterprise's visits anew, because something about them was corrected (part of a deed, not one itself)."""

from collections.abc import Collection
from datetime import datetime

from audit.actor import Actor
from audit.law import Law
from audit.queries import dossier_of
from audit.rules import judge
from audit.services.flag import Turn, Whose, turn_flags, turns


def rejudge(
    *,
    whose: Whose,
    agencies: Collection[str],
    years: range,
    annual_cap: int | None,
    reason: str,
    confirmed: bool,
    actor: Actor,
    at: datetime,
) -> list[Turn]:
    """Raise, let grow, ease and lower the flags of these agencies, and the enterprise's own, in these years.

    `reason`: why flags are lowered, in Chinese. `confirmed`: a supervisor's word is behind it; else nothing is
    eased or lowered. `annual_cap`: where no rule says one (P). Up to three statements; the caller holds the
    enterprise's lane and has appended the facts.
    """
    found = dossier_of(credit_code=whose.credit_code, agency_codes=agencies, years=(years[0], years[-1]))
    law = Law(found.rules, default_cap=annual_cap)
    findings = judge(found.facts, law=law, as_of=at, agencies=agencies, years=years)
    changes = turns(findings, flags=found.flags, years=years, confirmed=confirmed)
    turn_flags(changes, whose=whose, reason=reason, actor=actor, at=at)
    return changes
