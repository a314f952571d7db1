"""Reads before a visit: what each floor knows of an enterprise, and the plans."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import CharField, F, Q, QuerySet, Value
from django.db.models.functions import JSONObject

from audit import queries as audit
from audit.queries import Dossier, unpacked
from checkins.models import Plan
from checkins.named import standing_plans
from checkins.outcome import Said
from checkins.plan import Host, Planned
from checkins.results import read_results, results_branch
from enterprises import queries as enterprises
from enterprises.queries import EnterpriseFacts

_HOST = ("code", "name", "path", "level", "supervised_by")
_PLAN = ("number", "first_day", "last_day", "category", "items", "title", "joint_open")


@dataclass(frozen=True, kw_only=True, slots=True)
class Survey:
    """What is known of an enterprise before a visit. `plans`: those that stand, whoever's, and are not over."""

    enterprise: EnterpriseFacts | None
    dossier: Dossier
    plans: list[Planned]
    results: tuple[Said, ...] = ()


def survey(*, credit_code: str, agency_code: str, years: tuple[int, int], today: date) -> Survey:
    """The enterprise, its visits and rules around these years, and the plans there from today on. One statement."""
    registered, _premises = enterprises.doorstep(credit_code)
    branches: list[QuerySet[Any, Any]] = [
        *audit.dossier(
            credit_code=credit_code, agency_codes=[agency_code], between=audit.bounds(years), since=str(years[0])
        ),
        results_branch(Q(visit__credit_code=credit_code, visit__started_at__gte=audit.bounds(years)[0])),
        standing_plans()
        .filter(credit_code=credit_code, last_day__gte=today, withdrawn=False)
        .values(
            branch=Value("plan", output_field=CharField()),
            data=JSONObject(
                **{name: F(name) for name in _PLAN}, **{f"agency_{name}": F(f"agency__{name}") for name in _HOST}
            ),
        ),
    ]
    rows = [(row["branch"], unpacked(row["data"])) for row in registered.union(*branches, all=True)]
    enterprise, _places = enterprises.read_doorstep(rows)
    return Survey(
        enterprise=enterprise,
        dossier=audit.read_dossier(rows),
        plans=[_planned(data) for branch, data in rows if branch == "plan"],
        results=read_results(rows),
    )


def _planned(data: Mapping[str, Any]) -> Planned:
    return Planned(
        number=data["number"],
        agency=Host(**{name: data[f"agency_{name}"] or "" for name in _HOST}),
        first_day=date.fromisoformat(data["first_day"]),
        last_day=date.fromisoformat(data["last_day"]),
        category=data["category"],
        items=tuple(unpacked(data["items"])),
        title=data["title"],
        joint_open=bool(data["joint_open"]),
    )


def own_plans(
    *, agency_id: int, first: date | None, last: date | None, credit_code: str | None, offset: int, most: int
) -> list[Plan]:
    """An agency's plans with a day between these two, by their first day. One statement."""
    wanted = Q(agency_id=agency_id)
    if first:
        wanted &= Q(last_day__gte=first)
    if last:
        wanted &= Q(first_day__lte=last)
    if credit_code:
        wanted &= Q(credit_code=credit_code)
    return list(standing_plans().filter(wanted).order_by("first_day", "number")[offset : offset + most])


def versions_of(numbers: Sequence[str]) -> dict[str, Plan]:
    """The latest version of each of these plans, by number. One statement."""
    return {plan.number: plan for plan in Plan.objects.filter(number__in=numbers).order_by("version")}
