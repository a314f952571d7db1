"""The year before the city scanned: visits that agencies reported, kept as marked facts (origin `imported`)."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta

from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.facts import SHANGHAI, ExemptReason
from audit.services.imported_visits import EarlierVisit, import_visits
from officers.models import Agency
from project.demo.enterprises import Enterprise
from project.demo.visits import Visit
from project.demo.world import World

SCANNED_DAYS = 21
REPORTED_AT = time(2)
"""Agencies that do not scan yet report a day's visits in the following night."""
REASONS = {
    "投诉举报": ExemptReason.COMPLAINT,
    "交办转办": ExemptReason.ASSIGNED,
    "整改复查": ExemptReason.RECTIFICATION,
    "许可核查": ExemptReason.LICENSING,
    "非现场线索": ExemptReason.OFFSITE_LEAD,
}


def reason(visit: Visit) -> str:
    """The code of the visit's exempt reason; empty for a visit that counts."""
    return REASONS[visit.reason].value if visit.reason else ""


def split(visits: Sequence[Visit], *, today: date, cap: int) -> tuple[list[Visit], list[Visit]]:
    """Which visits were reported, and which scanned? Scanned: the last three weeks, and, from the visit on that goes
    over the cap, everything at an enterprise that an agency inspected too often (the city began there)."""
    begun = datetime.combine(today - timedelta(days=SCANNED_DAYS), time(0), SHANGHAI)
    since: dict[str, datetime] = {}
    counted: Counter[tuple[str, str, int]] = Counter()
    for visit in visits:
        if visit.purpose == "inspection" and visit.reason is None:
            year = visit.agency, visit.credit_code, visit.started_at.year
            counted[year] += 1
            if counted[year] > cap:
                since.setdefault(visit.credit_code, visit.started_at)
    imported: list[Visit] = []
    scanned: list[Visit] = []
    for visit in visits:
        late = visit.started_at >= min(begun, since.get(visit.credit_code, begun))
        (scanned if late else imported).append(visit)
    return imported, scanned


def reported(
    visits: Sequence[Visit],
    *,
    city: World,
    agencies: Mapping[str, Agency],
    actor: Actor,
    tell: Callable[[str, float], None],
) -> None:
    """Import the visits as facts, a day's in the following night, so that any past moment knows what was known then.

    Raises RuntimeError if one was refused.
    """
    doors = {enterprise.credit_code: enterprise for enterprise in city.enterprises}
    names = {officer.certificate_no: officer.name for officer in city.officers}
    days: dict[date, list[EarlierVisit]] = {}
    for line, visit in enumerate(visits, start=1):
        earlier = _earlier(
            visit, line=line, enterprise=doors[visit.credit_code], agency=agencies[visit.agency], names=names
        )
        days.setdefault(visit.started_at.date(), []).append(earlier)
    for place, (day, some) in enumerate(days.items()):
        tell(_("导入此前的检查"), place / len(days))
        night = datetime.combine(day + timedelta(days=1), REPORTED_AT, SHANGHAI)
        outcome = import_visits(visits=some, since=some[0].started_at, annual_cap=None, actor=actor, at=night)
        if outcome.refused:
            raise RuntimeError(f"an earlier visit was refused: {outcome.refused[0]}")


def _earlier(
    visit: Visit, *, line: int, enterprise: Enterprise, agency: Agency, names: Mapping[str, str]
) -> EarlierVisit:
    return EarlierVisit(
        line=line,
        source_ref=f"{visit.started_at:%Y%m%d%H%M%S}-{visit.credit_code[8:]}",
        withdrawn=False,
        credit_code=visit.credit_code,
        enterprise_name=enterprise.name,
        region_code=enterprise.region_code,
        industry=enterprise.industry_code,
        risk_grade=enterprise.risk_grade,
        agency_code=agency.code,
        agency_path=agency.path,
        agency_level=agency.level,
        agency_name=agency.name,
        supervised_by=agency.supervised_by,
        purpose=visit.purpose,
        category=visit.category,
        reason=reason(visit),
        source_no=visit.source_no or "",
        superior_ordered=False,
        joint_id=visit.joint_id or "",
        started_at=visit.started_at,
        officers=tuple((one, names[one]) for one in visit.certificate_nos),
        given=frozenset(),
    )
