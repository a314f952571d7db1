"""The visits behind a figure, the newest first, and the warnings that an account sees; by value (reads)."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any

from django.db.models import CharField, Exists, F, JSONField, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import JSONObject

from audit.as_of import in_branch
from audit.auth import Sight
from audit.duties import Reach
from audit.explained import CATEGORIES, PURPOSES, REASONS, STATES, Line, lines, word
from audit.facts import SHANGHAI, Fact, State
from audit.figures import Group, Question
from audit.models import MEASURES, Flag, FlagState, VisitFact, VisitNow
from audit.period import Period
from audit.queries import FACT_COLUMNS, moment, read_fact, unpacked
from audit.summing import rows_asked
from audit.tally import Contribution, Tail


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One visit in a list."""

    fact: Fact
    enterprise: str

    @property
    def started(self) -> datetime:
        return self.fact.started_at.astimezone(SHANGHAI)

    @property
    def what(self) -> str:
        said = [word(PURPOSES, self.fact.purpose), word(CATEGORIES, self.fact.category)]
        if self.fact.reason:
            said.append(word(REASONS, self.fact.reason))
        return " · ".join(said)

    @property
    def standing(self) -> str:
        """Only what is out of the ordinary."""
        return "" if self.fact.state == State.OPEN else word(STATES, self.fact.state)

    @property
    def officers(self) -> str:
        return "、".join(name for _number, name in self.fact.officers)


@dataclass(frozen=True, kw_only=True, slots=True)
class Warned:
    """One flag in a list, as it stands. `named`: the visits that it counts or leaves out."""

    id: int
    rule: str
    level: str
    period: str
    credit_code: str
    enterprise: str
    agency: str
    raised_at: datetime
    state: str
    sentence: str
    named: frozenset[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Which:
    """Which visits of a question? Those that its measure `of` counts, of one officer or at one enterprise if named."""

    question: Question
    of: str = "visits"
    officer: str = ""
    credit_code: str = ""

    @property
    def plain(self) -> Question:
        """Visits are reached by their region and by their agency, whatever the figure's group."""
        return replace(self.question, group=Group.AGENCY)

    def holds(self, one: Contribution) -> bool:
        """Is this visit, which no sum contains yet, one of them?"""
        return (
            bool(one.measures[MEASURES.index(self.of)])
            and self.plain.matches(one)
            and (not self.officer or self.officer in dict(one.officers))
            and (not self.credit_code or one.credit_code == self.credit_code)
        )

    def kept(self) -> "QuerySet[VisitNow]":
        """Those that are in the sums."""
        some = Q(day__gte=self.question.first, day__lte=self.question.last, **{self.of: 1})
        if self.officer:
            some &= Q(officers__has_key=self.officer)
        if self.credit_code:  # found by the facts' index: the rows themselves have none by enterprise
            at_door = VisitFact.objects.filter(credit_code=self.credit_code)
            some &= Q(credit_code=self.credit_code, visit__in=at_door.values("visit"))
        return VisitNow.objects.filter(some, rows_asked(self.plain))


def visits(which: Which, late: Tail, *, upto: int) -> list["QuerySet[Any, Any]"]:
    """Branches (branch, data) for one UNION ALL: at least the `upto` newest; sort what `rows_of` reads of them."""
    touched = [turn.new for turn in late.turns]
    kept = which.kept().exclude(visit__in=[one.visit for one in touched]).order_by("-day", "-started_at", "visit")
    queued = [one.fact_id for one in touched if which.holds(one)]
    found = [VisitFact.objects.filter(pk__in=kept.values("fact_id")[:upto])]
    if queued:
        found.append(VisitFact.objects.filter(pk__in=queued))
    columns = JSONObject(enterprise_name=F("enterprise_name"), **{name: F(name) for name in FACT_COLUMNS})
    return [rows.values(branch=Value("visit", output_field=CharField()), data=columns) for rows in found]


def about(flags: "QuerySet[Flag]", period: Period) -> "QuerySet[Flag]":
    """Of these warnings those of a year, whatever they count by; or those of a month (of a day: its month), and of the
    ones that count by the year what was raised in that month (Asia/Shanghai)."""
    if not period.month:
        return flags.filter(period__startswith=str(period))
    month = Period(year=period.year, month=period.month)
    begins, ends = (datetime.combine(day, time(), SHANGHAI) for day in (month.first, month.last + timedelta(days=1)))
    raised = Q(period=str(Period(year=period.year)), raised_at__gte=begins, raised_at__lt=ends)
    return flags.filter(Q(period__startswith=str(month)) | raised)


FLAG_COLUMNS = ("id", "rule", "level", "period", "credit_code", "enterprise_name", "agency_name", "raised_at")


@dataclass(frozen=True, kw_only=True, slots=True)
class Explained:
    """The visits that a warning stands on, in lines. `reached`: those that the looker may open."""

    counted: Sequence[Line]
    left_out: Sequence[Line]
    reached: Container[str]


def visits_explained(evidence: Mapping[str, Any], *, looker: Sight) -> Explained:
    """Each visit that the evidence names, as it stands now; who was there only where the looker reaches it."""
    named = [*evidence.get("counted", []), *(one["visit"] for one in evidence.get("left_out", []))]
    facts = {fact.visit: fact for fact in VisitFact.objects.filter(visit__in=named).order_by("version")}
    within = looker.rows(region="region_code", branch="agency_path", supervised_by="supervised_by")
    newer = VisitFact.objects.filter(visit=OuterRef("visit"), version__gt=OuterRef("version"))
    present = VisitFact.objects.filter(within, ~Exists(newer), visit__in=named)
    reached = set(present.values_list("visit", flat=True))
    counted, left_out = lines(evidence, facts, reached=reached)
    return Explained(counted=counted, left_out=left_out, reached=reached)


def flags_in_sight(sight: Sight) -> "QuerySet[Flag]":
    """As the account's desk has them."""
    if sight.reach is Reach.BRANCH:
        return Flag.objects.filter(in_branch(sight.rows(branch="agency_path")))
    return Flag.objects.filter(sight.rows(region="region_code", supervised_by="supervised_by"))


def warnings(flags: "QuerySet[Flag]", *, many: int, skipped: int = 0) -> "QuerySet[Any, Any]":
    """A branch of the same union: the newest of these flags, each as it stands."""
    state = FlagState.objects.filter(flag=OuterRef("pk")).order_by("-at", "-pk")
    newest = flags.order_by("-raised_at", "-pk").values("pk")[skipped : skipped + many]
    return Flag.objects.filter(pk__in=newest).values(
        branch=Value("flag", output_field=CharField()),
        data=JSONObject(
            **{name: F(name) for name in FLAG_COLUMNS},
            state=Subquery(state.values("state")[:1]),
            evidence=Subquery(state.values("evidence")[:1], output_field=JSONField()),
        ),
    )


def read(branches: Sequence["QuerySet[Any, Any]"]) -> tuple[list[Row], list[Warned]]:
    """The visits and the flags of these branches, each the newest first. One statement."""
    first, *others = branches
    told = [(row["branch"], unpacked(row["data"])) for row in (first.union(*others, all=True) if others else first)]
    rows = [_row(data) for branch, data in told if branch == "visit"]
    flags = [_warned(data) for branch, data in told if branch == "flag"]
    rows.sort(key=lambda row: (row.fact.started_at, row.fact.visit), reverse=True)
    flags.sort(key=lambda flag: (flag.raised_at, flag.id), reverse=True)
    return rows, flags


def _row(data: Mapping[str, Any]) -> Row:
    columns = {name: value for name, value in data.items() if name != "enterprise_name"}
    return Row(fact=read_fact(columns), enterprise=data["enterprise_name"])


def _warned(data: Mapping[str, Any]) -> Warned:
    evidence = unpacked(data["evidence"]) or {}
    return Warned(
        id=data["id"],
        rule=data["rule"],
        level=evidence.get("level", data["level"]),
        period=data["period"],
        credit_code=data["credit_code"],
        enterprise=data["enterprise_name"],
        agency=data["agency_name"],
        raised_at=moment(data["raised_at"]).astimezone(SHANGHAI),
        state=data["state"] or "raised",
        sentence=evidence.get("sentence", ""),
        named=frozenset([*evidence.get("counted", []), *(one["visit"] for one in evidence.get("left_out", []))]),
    )
