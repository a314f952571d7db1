"""What the agencies mean to inspect in the coming weeks, so that precheck and joint proposals have something to say."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from audit.actor import Actor
from checkins.plan import Announced, Host
from checkins.services.plans_import import PlanLine, import_plans
from officers.models import Agency
from project.demo.world import World

DOORS = 30
"""At so many enterprises somebody has announced a visit; at each third one two agencies have."""
TITLES = {"SCJG": "市场监管年度检查", "YJGL": "安全生产年度检查", "STHJ": "生态环境年度检查", "XFJY": "消防年度检查"}
OTHERWISE = "综合执法年度检查"


def announced(city: World, *, agencies: dict[str, Agency], today: date, actor: Actor, at: datetime) -> int:
    """Announce them; how many. Raises RuntimeError if a plan was refused."""
    lines = [
        PlanLine(line=number, agency_id=agencies[code].pk, host=_host(agencies[code]), announced=plan)
        for number, (code, plan) in enumerate(_plans(city, today=today), 1)
    ]
    outcome = import_plans(lines=lines, actor=actor, at=at)
    if outcome.refused:
        raise RuntimeError(f"a plan was refused: {outcome.refused[0]}")
    return outcome.new


def _plans(city: World, *, today: date) -> Iterator[tuple[str, Announced]]:
    doors = [door for door in city.enterprises if door.status == "open"][:DOORS]
    for place, door in enumerate(doors):
        there = [
            agency
            for agency in city.agencies
            if agency.responsible_for(region_code=door.region_code, industry_code=door.industry_code)
        ]
        for turn, agency in enumerate(there[: 2 if place % 3 == 0 else 1]):
            first = today + timedelta(days=2 + place % 14 + 3 * turn)
            yield (
                agency.code,
                Announced(
                    source_ref=f"示范计划-{today:%Y%m%d}-{place + 1}",
                    credit_code=door.credit_code,
                    first_day=first,
                    last_day=first + timedelta(days=6),
                    category="routine",
                    title=TITLES.get(agency.kind, OTHERWISE),
                ),
            )


def _host(agency: Agency) -> Host:
    return Host(
        code=agency.code,
        name=agency.name,
        path=agency.path,
        level=agency.level,
        supervised_by=agency.supervised_by,
    )
