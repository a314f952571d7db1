"""Warn the supervisor: open a flag, or let an open one grow."""

from datetime import datetime

from django.db import transaction

from audit.actor import Actor
from audit.models import Flag, FlagState
from audit.rules import Finding


def raise_flag(
    finding: Finding,
    *,
    flag_id: int | None,
    visit: str,
    credit_code: str,
    enterprise_name: str,
    region_code: str,
    agency_code: str,
    supervised_by: str,
    actor: Actor,
    at: datetime,
) -> int:
    """One flag per rule, enterprise, agency and period; its states carry the growing evidence. Returns its id.

    `flag_id`: the open flag, if the caller (who holds the enterprise's lane) found one. Two statements for a new
    flag, one for a growing one.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("a flag belongs inside its deed's transaction")
    state = "grown"
    if flag_id is None:
        state = "raised"
        flag = Flag(
            rule=finding.rule.code,
            rule_version=finding.rule.version,
            level="warning",
            credit_code=credit_code,
            enterprise_name=enterprise_name,
            region_code=region_code,
            agency_code=agency_code,
            agency_name=finding.agency_name,
            supervised_by=supervised_by,
            period=str(finding.count.year),
            opened_by_visit=visit,
            raised_at=at,
        )
        flag.save(force_insert=True)
        flag_id = int(flag.pk)
    FlagState(flag_id=flag_id, state=state, at=at, actor=actor, evidence=dict(finding.evidence())).save(
        force_insert=True
    )
    return flag_id
