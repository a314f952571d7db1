"""Tell a visit's fact anew, judge what that touched, and record it (part of deeds about a visit, not one itself)."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from audit.actor import Actor
from audit.facts import year_of
from audit.services.entry import record
from audit.services.flag import Whose
from audit.services.rejudge import rejudge
from audit.services.visit_fact import told
from checkins.models import Visit
from checkins.services.correction import tell


def retell(
    visit: Visit,
    *,
    changes: Mapping[str, Any],
    event: str,
    kind: str,
    body: Mapping[str, Any],
    because: str,
    agencies: Collection[str],
    annual_cap: int,
    actor: Actor,
    at: datetime,
) -> None:
    """Append a version that differs by `changes`, owe it to the platform as `event`, and append an entry of `kind`.

    `body`: what else the entry says. `because`: why flags of these `agencies` are lowered, in Chinese.
    """
    fact = tell(visit, changes=changes, event=event, at=at)
    year = year_of(fact.started_at)
    turns = rejudge(
        whose=Whose(credit_code=fact.credit_code, enterprise_name=fact.enterprise_name, region_code=fact.region_code),
        agencies=agencies,
        # A visit stands in windows that end next year.
        years=range(year, year + 2),
        annual_cap=annual_cap,
        reason=because,
        confirmed=actor.is_account,
        actor=actor,
        at=at,
    )
    record(
        kind=kind,
        subject=f"visit:{visit.number}",
        body={
            **body,
            "facts": [told(fact)],
            "findings": [
                {"state": turn.state, **(turn.finding.evidence() if turn.finding else {"rule": turn.key[0]})}
                for turn in turns
            ],
        },
        actor=actor,
        at=at,
    )
