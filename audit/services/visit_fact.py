"""Tell the supervision side what is known of a visit."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from audit.bulk import columns
from audit.canonical import utc_text
from audit.facts import Fact
from audit.models import VisitFact
from audit.pen import Pen


def append(
    fact: Fact,
    *,
    enterprise_name: str,
    at: datetime,
    pen: Pen | None = None,
) -> VisitFact:
    """Append one version of a visit, by value, known from `at` on; inside the caller's transaction, one statement."""
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("a fact belongs inside its deed's transaction")
    row = VisitFact(
        visit=fact.visit,
        version=fact.version,
        known_from=at,
        state=fact.state,
        origin=fact.origin,
        credit_code=fact.credit_code,
        enterprise_name=enterprise_name,
        region_code=fact.region_code,
        industry=fact.industry,
        risk_grade=fact.risk_grade,
        agency_code=fact.agency_code,
        agency_path=fact.agency_path,
        agency_name=fact.agency_name,
        supervised_by=fact.supervised_by,
        purpose=fact.purpose,
        category=fact.category,
        reason=fact.reason,
        source_no=fact.source_no,
        superior_ordered=fact.superior_ordered,
        joint_id=fact.joint_id,
        started_at=fact.started_at,
        officers=[
            {"certificate_no": number, "name": name, **({"certified": False} if number in fact.uncertified else {})}
            for number, name in fact.officers
        ],
        agency_level=fact.agency_level,
        items=list(fact.items),
        claim=fact.claim,
    )
    row.save(force_insert=True) if pen is None else pen.take(row)
    return row


def restate(visit: str, *, changes: Mapping[str, Any], at: datetime) -> VisitFact:
    """Append a version of this visit that repeats the latest one but for `changes`; inside the caller's transaction.

    Raises VisitFact.DoesNotExist for a visit that has no fact yet.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("a fact belongs inside its deed's transaction")
    latest = VisitFact.objects.filter(visit=visit).order_by("-version")[:1].get()
    values = {name: getattr(latest, name) for name in columns(VisitFact)[1:]}
    row = VisitFact(**{**values, **changes, "version": latest.version + 1, "known_from": max(at, latest.known_from)})
    row.save(force_insert=True)
    return row


def told(row: VisitFact) -> dict[str, Any]:
    """A fact in canonical types: what the platform gets and the record keeps."""
    return {
        "visit": row.visit,
        "version": row.version,
        "state": row.state,
        "credit_code": row.credit_code,
        "enterprise": row.enterprise_name,
        "region_code": row.region_code,
        "agency_code": row.agency_code,
        "agency": row.agency_name,
        "supervised_by": row.supervised_by,
        "purpose": row.purpose,
        "category": row.category,
        "reason": row.reason,
        "source_no": row.source_no,
        "superior_ordered": row.superior_ordered,
        "joint_id": row.joint_id,
        "started_at": utc_text(row.started_at),
        "officers": row.officers,
        "items": row.items or [],
        "claim": row.claim,
    }
