"""A past to ask about: visits known from a moment on, flags raised by the real judge."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.test import Client

from audit.actor import Actor
from audit.facts import SHANGHAI, Fact
from audit.models import Account, VisitFact
from audit.services.account import create_account
from audit.services.flag import Whose
from audit.services.rejudge import rejudge
from audit.services.visit_fact import append, restate
from tests.house.admin_world import AT, SETUP, signed_in
from tests.town import BEARINGS, CASHMERE, GLASS

ACTOR = Actor.command("test")
MARKET, FIRE, QINGHE = "130502-SCJG", "130502-YJ", "130534-SCJG"
NAMES = {MARKET: "襄都区市场监督管理局", FIRE: "襄都区应急管理局", QINGHE: "清河县市场监督管理局"}
DOORS = {
    BEARINGS: ("邢台轴承有限公司", "130502"),
    CASHMERE: ("清河县暖阳羊绒有限公司", "130534"),
    GLASS: ("襄都区明亮玻璃店", "130502"),
}


def on(month: int, day: int, hour: int = 9, *, year: int = 2026) -> datetime:
    """A moment in Asia/Shanghai."""
    return datetime(year, month, day, hour, tzinfo=SHANGHAI)


def visited(
    visit: str, at: datetime, *, door: str = BEARINGS, agency: str = MARKET, known: datetime | None = None, **words: Any
) -> VisitFact:
    """A visit whose first version became known an hour after it began, or when told."""
    values: dict[str, Any] = {
        "version": 1, "state": "open", "origin": "scanned", "agency_code": agency, "agency_name": NAMES[agency],
        "agency_path": f"/{agency}/", "agency_level": "district", "supervised_by": f"{agency[:6]}-SFJ",
        "purpose": "inspection", "category": "routine", "reason": "", "source_no": "", "superior_ordered": False,
        "joint_id": "", "credit_code": door, "region_code": DOORS[door][1], "industry": "C34", "risk_grade": "B",
        "started_at": at, "officers": (("13050200101", "张伟"),),
    }  # fmt: skip
    with transaction.atomic():
        return append(
            Fact(visit=visit, **{**values, **words}),
            enterprise_name=DOORS[door][0],
            at=known or at + timedelta(hours=1),
        )


def corrected(visit: str, at: datetime, **changes: Any) -> VisitFact:
    """A further version of a visit, known from `at` on."""
    with transaction.atomic():
        return restate(visit, changes=changes, at=at)


def judged(
    at: datetime, *, door: str = BEARINGS, agencies: Sequence[str] = (MARKET,), cap: int = 2, reason: str = "更正"
) -> None:
    """The rules look at the enterprise's year, as after a deed at this moment."""
    name, region = DOORS[door]
    with transaction.atomic():
        rejudge(
            whose=Whose(credit_code=door, enterprise_name=name, region_code=region),
            agencies=agencies,
            years=range(at.year, at.year + 1),
            annual_cap=cap,
            reason=reason,
            confirmed=True,
            actor=ACTOR,
            at=at,
        )


def account(role: str = "supervisor", *, region: str = "130502", agency: str = "130502-SFJ") -> Client:
    """Somebody signed in with both factors."""
    return signed_in(
        create_account(
            username=f"li.jing{Account.objects.count()}",
            name="李静",
            role=role,
            region_prefix=region,
            agency_code=agency,
            password=None,
            actor=SETUP,
            at=AT,
        )
    )
