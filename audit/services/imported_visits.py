"""Take in this year's earlier visits, from before the organ began to scan: counted, marked, never shown as scanned."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.bulk import columns
from audit.cells import SHANGHAI
from audit.facts import year_of
from audit.intake import Outcome, Refused
from audit.lane import hold_all
from audit.models import VisitFact
from audit.register import Refusal
from audit.services.bulk_register import append_in_bulk, row_by_row
from audit.services.flag import Whose
from audit.services.rejudge import rejudge

ORIGIN = "imported"
NUMBER_LIMIT = 64
TOLD: tuple[str, ...] = (
    "state",
    "credit_code",
    "purpose",
    "category",
    "reason",
    "source_no",
    "superior_ordered",
    "joint_id",
)
TOLD += ("started_at", "officers")
"""What a line says of a visit. The rest is the registers', whose later changes make no new version of an old visit."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EarlierVisit:
    """One line of the file, with agency and enterprise by value as the registers have them.

    `officers`: (certificate number, name). `given`: which of name and region the line itself says.
    """

    line: int
    source_ref: str
    withdrawn: bool
    credit_code: str
    enterprise_name: str
    region_code: str
    industry: str
    risk_grade: str
    agency_code: str
    agency_path: str
    agency_level: str
    agency_name: str
    supervised_by: str
    purpose: str
    category: str
    reason: str
    source_no: str
    superior_ordered: bool
    joint_id: str
    started_at: datetime
    officers: tuple[tuple[str, str], ...]
    given: frozenset[str]

    @property
    def number(self) -> str:
        """The visit's number: the source's own reference, so that the same visit is the same whenever it comes."""
        return f"I-{self.agency_code}-{self.source_ref}"


def import_visits(
    *,
    visits: Sequence[EarlierVisit],
    since: datetime,
    annual_cap: int | None,
    actor: Actor,
    at: datetime,
    dry_run: bool = False,
) -> Outcome:
    """Append what is new or different as versions of facts of origin `imported`, in one transaction and the lanes of
    their enterprises.

    The same visits again append nothing. Where a visit changed or was withdrawn the enterprise is judged again, three
    statements each; a new one raises nothing by itself, the next scan there does. `annual_cap`: where no rule says one
    (P). Refused: a visit before `since` or after `at`, one whose agency has scanned
    at that enterprise on that day (it would count twice), a withdrawal of what was never imported.
    """

    def take(some: Sequence[EarlierVisit]) -> Outcome:
        hold_all({visit.credit_code for visit in some})
        known = _latest([visit.number for visit in some])
        scanned = _scanned(some)
        outcome = Outcome()
        versions: list[dict[str, Any]] = []
        corrected: list[tuple[VisitFact, EarlierVisit]] = []
        for visit in some:
            before = known.get(visit.number)
            refusal = _refusal(visit, before, scanned, since=since, at=at)
            if refusal is not None:
                outcome.refused.append(Refused(visit.line, refusal))
                continue
            fact = _fact(visit)
            told = (*TOLD, *visit.given)
            if before is not None and all(getattr(before, name) == fact[name] for name in told):
                outcome.unchanged += 1
                continue
            versions.append(fact | {"id": 0, "version": before.version + 1 if before else 1, "known_from": at})
            if before is None:
                outcome.new += 1
            else:
                outcome.changed += 1
                corrected.append((before, visit))
        if versions and not dry_run:
            append_in_bulk(versions, table=VisitFact, kind="visits_imported", actor=actor, at=at)
            _judge_again(corrected, annual_cap=annual_cap, actor=actor, at=at)
        return outcome

    return row_by_row(visits, take=take)


def _judge_again(
    corrected: Sequence[tuple[VisitFact, EarlierVisit]], *, annual_cap: int | None, actor: Actor, at: datetime
) -> None:
    """Each enterprise once, for the agencies and years of its corrected visits; in the order of its lane."""
    doors: defaultdict[str, list[tuple[VisitFact, EarlierVisit]]] = defaultdict(list)
    for before, visit in corrected:
        doors[visit.credit_code].append((before, visit))
    for code, some in sorted(doors.items()):
        years = {year_of(moment) for before, visit in some for moment in (before.started_at, visit.started_at)}
        last = some[-1][1]
        rejudge(
            whose=Whose(credit_code=code, enterprise_name=last.enterprise_name, region_code=last.region_code),
            agencies={visit.agency_code for _before, visit in some},
            # A window of this year may end in the next.
            years=range(min(years), max(years) + 2),
            confirmed=True,
            annual_cap=annual_cap,
            reason=_("导入的数据已更正或撤销"),
            actor=actor,
            at=at,
        )


def _fact(visit: EarlierVisit) -> dict[str, Any]:
    told = {name: getattr(visit, name) for name in columns(VisitFact) if hasattr(visit, name)}
    return told | {
        "visit": visit.number,
        # Nobody at the door took it back: the import's operator says that it never was, and no supervisor is asked.
        "state": "voided" if visit.withdrawn else "open",
        "origin": ORIGIN,
        # an exempt reason stands on a source number; the line's own reference is one
        "source_no": visit.source_no or (visit.source_ref if visit.reason else ""),
        "officers": [{"certificate_no": number, "name": name} for number, name in visit.officers],
        "agency_level": visit.agency_level,
        "items": None,
        "claim": None,
    }


def _latest(numbers: Sequence[str]) -> dict[str, VisitFact]:
    return {fact.visit: fact for fact in VisitFact.objects.filter(visit__in=numbers).order_by("version")}


def _scanned(visits: Sequence[EarlierVisit]) -> dict[tuple[str, str, str], str]:
    """Which visits did phones report on these days at these enterprises? By agency, enterprise and day."""
    moments = [visit.started_at for visit in visits]
    days = [moment.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0) for moment in moments]
    rows = VisitFact.objects.filter(
        credit_code__in={visit.credit_code for visit in visits}, started_at__gte=min(days)
    ).exclude(origin=ORIGIN)
    present: Mapping[str, VisitFact] = {fact.visit: fact for fact in rows.order_by("version")}
    return {
        (fact.agency_code, fact.credit_code, _day(fact.started_at)): fact.visit
        for fact in present.values()
        if fact.state == "open"
    }


def _day(moment: datetime) -> str:
    return moment.astimezone(SHANGHAI).date().isoformat()


def _refusal(
    visit: EarlierVisit,
    before: VisitFact | None,
    scanned: Mapping[tuple[str, str, str], str],
    *,
    since: datetime,
    at: datetime,
) -> Refusal | None:
    day = _day(visit.started_at)
    if len(visit.number) > NUMBER_LIMIT:
        room = NUMBER_LIMIT - len(visit.number) + len(visit.source_ref)
        return Refusal(
            column=_("来源编号"), value=visit.source_ref, sentence=_("超过 %(limit)s 个字") % {"limit": room}
        )
    if visit.started_at > at:
        return Refusal(column=_("检查时间"), value=day, sentence=_("在将来"))
    if visit.started_at < since:
        earliest = since.astimezone(SHANGHAI).date().isoformat()
        return Refusal(column=_("检查时间"), value=day, sentence=_("早于 %(day)s，不在导入范围") % {"day": earliest})
    if visit.withdrawn and before is None:
        return Refusal(column=_("来源编号"), value=visit.source_ref, sentence=_("没有导入过，无从撤销"))
    twin = scanned.get((visit.agency_code, visit.credit_code, day))
    if twin and not visit.withdrawn:
        sentence = _("该单位当天已在该企业扫码（%(visit)s），再导入会重复计数") % {"visit": twin}
        return Refusal(column=_("检查时间"), value=day, sentence=sentence)
    return None
