"""What was known at a past moment: counts and flags, the same whenever they are asked again.

A moment's facts are the versions of visits with `known_from` up to it, its law the rules enacted by then, its flags the
states written by then. Deeds write with the clock that they read at their door and commit a little later: what is asked
of the last minutes may still gain a version (`is_settled`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, JSONField, OuterRef, Q, QuerySet, Subquery

from audit.counting import USUAL, Counting, LeftOut, borne, hosts, judged_among, service_total
from audit.facts import SHANGHAI, Fact, latest, year_of
from audit.law import Law, Rule
from audit.models import Document, Flag, FlagState, FrequencyRule, VisitFact
from audit.queries import FACT_COLUMNS, RULE_COLUMNS, YEAR_MARGIN, read_fact, read_rule

SETTLES = timedelta(minutes=5)
"""No request's deed lasts longer. A command's chunk may: it reads the clock when it begins."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """One visit of the year under the rule at its start. `why` None: it counts; `unconfirmed`: only until a supervisor
    confirms. `rule` None: no cap looked at it."""

    fact: Fact
    why: LeftOut | None
    unconfirmed: bool
    rule: Rule | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Explained:
    """An agency's year at an enterprise, and the enterprise's own. `cap`: the rule that its last visit stands under.

    `inspections`: all that the enterprise bore, whoever came, a joint one once, by either reading like the count, and
    `inspections_unconfirmed` of them only until a supervisor confirms; `services`: visits outside every cap.
    """

    agency_name: str
    year: int
    visits: tuple[Told, ...]
    cap: Rule | None
    inspections: int
    inspections_unconfirmed: int
    services: int

    @property
    def counted(self) -> list[Told]:
        return [told for told in self.visits if told.why is None]

    @property
    def left_out(self) -> list[Told]:
        return [told for told in self.visits if told.why is not None]

    @property
    def unconfirmed(self) -> list[Told]:
        return [told for told in self.visits if told.unconfirmed]

    @property
    def sentence(self) -> str:
        """The count in one Chinese sentence."""
        cap = f"年度上限 {self.cap.parameters['cap']} 次" if self.cap else "没有年度上限"
        said = [f"{self.agency_name or '该单位'} {self.year} 年对该企业检查 {len(self.counted)} 次", cap]
        said += [f"其中 {len(self.unconfirmed)} 次待监督机关确认"] if self.unconfirmed else []
        said += [f"另有 {len(self.left_out)} 次不计入"] if self.left_out else []
        return "，".join(said) + (f"（{self.cap.cited}）。" if self.cap else "。")


def is_settled(as_of: datetime, *, now: datetime) -> bool:
    """Has everything that was known by then arrived?"""
    return as_of <= now - SETTLES


def facts_known(*, credit_code: str, year: int, as_of: datetime) -> list[Fact]:
    """The enterprise's visits of the year, each in the version known then. One statement.

    A visit that was known by then to be of another enterprise (its subject got a licence) is there, not here.
    """
    first = datetime(year, 1, 1, tzinfo=SHANGHAI) - YEAR_MARGIN
    last = datetime(year + 1, 1, 1, tzinfo=SHANGHAI) + YEAR_MARGIN
    newer = VisitFact.objects.filter(visit=OuterRef("visit"), version__gt=OuterRef("version"), known_from__lte=as_of)
    rows = VisitFact.objects.filter(
        ~Exists(newer),
        credit_code=credit_code,
        started_at__gte=first,
        started_at__lt=last,
        known_from__lte=as_of,
    ).values(*FACT_COLUMNS)
    return [fact for fact in latest(map(read_fact, rows)) if year_of(fact.started_at) == year]


def rules_known(as_of: datetime) -> list[Rule]:
    """The versions that were enacted by then; older ones than that is noted of, always. One statement."""
    rows = FrequencyRule.objects.filter(Q(enacted_at=None) | Q(enacted_at__lte=as_of)).order_by("code", "version")
    return [read_rule(row) for row in rows.values(*RULE_COLUMNS)]


def explain(
    facts: Sequence[Fact], *, rules: Sequence[Rule], annual_cap: int | None, agency_code: str, year: int
) -> Explained:
    """How often did the agency inspect the enterprise in the year? Pure. `facts`: as `facts_known` gives them.

    `annual_cap`: where no rule says one (P). Where no cap looks at a visit, it is counted as caps count by default.
    """
    law = Law(rules, default_cap=annual_cap)
    visits = []
    leading: dict[Counting, Mapping[str, str]] = {}
    for fact in facts:
        if fact.agency_code == agency_code:
            cap = law.cap_at(fact)
            counting = cap.counting if cap else USUAL
            if counting not in leading:
                leading[counting] = {} if counting.joint_each else hosts(facts, counting)
            why, pending = judged_among(fact, counting, leading[counting])
            visits.append(Told(fact=fact, why=why, unconfirmed=pending, rule=cap))
    inspections, unconfirmed = borne(facts, year=year)
    return Explained(
        agency_name=visits[-1].fact.agency_name if visits else "",
        year=year,
        visits=tuple(visits),
        cap=visits[-1].rule if visits else None,
        inspections=inspections,
        inspections_unconfirmed=unconfirmed,
        services=service_total(facts, year=year),
    )


def flags_known(as_of: datetime) -> QuerySet[Any, Any]:
    """The flags that were raised by then, with `state`, `stood_since` and `evidence` as they stood."""
    then = FlagState.objects.filter(flag=OuterRef("pk"), at__lte=as_of).order_by("-at", "-pk")
    return Flag.objects.filter(raised_at__lte=as_of).annotate(
        state=Subquery(then.values("state")[:1]),
        stood_since=Subquery(then.values("at")[:1]),
        evidence=Subquery(then.values("evidence")[:1], output_field=JSONField()),
    )


def in_branch(path: Q) -> Q:
    """The flags of agencies on this path: a flag carries none; the visit that raised it does, and the visits and papers
    of an agency as a whole."""
    facts = VisitFact.objects.filter(path, visit=OuterRef("opened_by_visit"))
    agency = OuterRef("agency_code")
    whole = Exists(VisitFact.objects.filter(path, agency_code=agency)) | Exists(
        Document.objects.filter(path, agency_code=agency)
    )
    return Q(Exists(facts)) | Q(whole, credit_code="")
