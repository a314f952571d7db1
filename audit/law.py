"""The law of frequency as data: rules in versions, whom they look at, and which is in force. Pure."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from audit.counting import EVERY_INSPECTION, EVERY_REASON, EVERYTHING, Counting
from audit.facts import Fact, day_of
from audit.kinds import KINDS, Kind, Per, Sort


@dataclass(frozen=True, kw_only=True, slots=True)
class Scope:
    """Which visits does a rule look at? What is left empty does not narrow it.

    `region_prefix` is the enterprise's region, `industries` are prefixes, `agencies` mean themselves and all below
    them, `enterprises` is a list of credit codes (a whitelist, or a list of those watched).
    """

    region_prefix: str = ""
    industries: tuple[str, ...] = ()
    risk_grades: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    agencies: tuple[str, ...] = ()
    enterprises: tuple[str, ...] = ()

    def holds(self, fact: Fact) -> bool:
        return (
            fact.region_code.startswith(self.region_prefix)
            and (not self.industries or fact.industry.startswith(self.industries))
            and (not self.risk_grades or fact.risk_grade in self.risk_grades)
            and (not self.levels or fact.agency_level in self.levels)
            and (not self.agencies or any(self._leads(fact, code) for code in self.agencies))
            and (not self.enterprises or fact.credit_code in self.enterprises)
        )

    @staticmethod
    def _leads(fact: Fact, code: str) -> bool:
        return fact.agency_code == code or f"/{code}/" in fact.agency_path

    @property
    def narrowness(self) -> tuple[int, ...]:
        """Of several caps the narrowest applies: named enterprises, then agencies, grades, industries, levels, then
        the longest region."""
        named = (self.enterprises, self.agencies, self.risk_grades, self.industries, self.levels)
        return (*(1 if each else 0 for each in named), len(self.region_prefix))


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """One enacted version of one rule. `effective_to` is exclusive. `repeals`: from its day on there is none."""

    code: str
    version: int
    kind: Kind
    parameters: Mapping[str, Any] = field(hash=False)
    scope: Scope = Scope()
    effective_from: date
    effective_to: date | None = None
    repeals: bool = False
    source: str = ""
    title: str = ""
    counting: Counting = field(init=False, compare=False, repr=False)
    _values: Mapping[str, Any] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        left_out = {name: parameter.default for name, parameter in KINDS[self.kind].parameters.items()}
        object.__setattr__(self, "_values", {**left_out, **self.parameters})
        object.__setattr__(self, "counting", _counting(self))

    @property
    def sort(self) -> Sort:
        return KINDS[self.kind]

    def value(self, name: str) -> Any:
        """A parameter, or what it is when left out."""
        return self._values[name]

    @property
    def is_enacted(self) -> bool:
        """Or is it the cap that the operator's settings say where no rule does? Nobody keeps what that was before."""
        return self.version > 0

    @property
    def cited(self) -> str:
        """How a sentence names it."""
        if not self.is_enacted:
            return "运行设置 ANNUAL_CAP，不是颁布的规则"
        return f"规则 {self.code} 第 {self.version} 版，{self.source}"


COUNTED_WHOLE: Mapping[Kind, Counting] = {
    # Reasons are no way around the watch over the reasonable frequency (R 中卫).
    Kind.REASONABLE_FREQUENCY: EVERY_INSPECTION,
    # Two officers are demanded whatever the inspection is for, and whoever ordered it.
    Kind.SINGLE_OFFICER: EVERYTHING,
}
"""Kinds whose rules have no say in what they count."""
_COUNTINGS: dict[Counting, Counting] = {}


def _counting(rule: Rule) -> Counting:
    """What the rule counts; rules that count alike share one object, so that a visit is looked at once for them."""
    counting = COUNTED_WHOLE.get(rule.kind)
    if counting is None:
        told = {name: rule.value(name) for name in ("exempt", "count_case", "joint") if name in rule.sort.parameters}
        counting = Counting(
            exempt=frozenset(told.get("exempt", EVERY_REASON)),
            count_case=told.get("count_case", True),
            joint_each=told.get("joint", "each") == "each",
        )
    return _COUNTINGS.setdefault(counting, counting)


Read = tuple[Rule, str, bool]
"""A rule, the code that its visits are gathered under, and whether they are gathered agency by agency."""


class Law:
    """All rules, asked visit by visit: which versions apply to it? "The version in force at the on-site start applies."

    Of the versions of one code the latest that is in force on the day counts; a temporary one gives way again when it
    ends. A repealed rule is none: of the annual caps left the narrowest applies, and where none does `default_cap`
    (P; None: no cap).
    """

    def __init__(self, rules: Iterable[Rule], *, default_cap: int | None = None) -> None:
        self._rules = tuple(rules)
        ends = {rule.effective_to for rule in self._rules if rule.effective_to is not None}
        self._cuts = sorted({rule.effective_from for rule in self._rules} | ends)
        self._default = default_cap
        # Where no rule names enterprises, one enterprise of a kind is like another.
        self._names_enterprises = any(rule.scope.enterprises for rule in self._rules)
        self._found: dict[tuple[Any, ...], tuple[Read, ...]] = {}
        self._caps: dict[int, Rule | None] = {}
        self._epochs: dict[int, tuple[Rule, ...]] = {}

    def at(self, fact: Fact) -> tuple[Rule, ...]:
        """The rules that look at this visit, at most one annual cap among them; none at a subject without a licence.
        Rules about an agency as a whole look at no single visit."""
        return tuple(rule for rule, _code, _for_agency in self.read_at(fact, day_of(fact.started_at)))

    def read_at(self, fact: Fact, day: date) -> tuple[Read, ...]:
        """As `at`, ready for the judge: visits alike get the same tuple. `day`: that of the visit's start."""
        epoch = bisect_right(self._cuts, day)
        who = fact.credit_code if self._names_enterprises else fact.is_subject
        key = (
            epoch, who, fact.agency_code, fact.agency_path, fact.agency_level, fact.region_code,
            fact.industry, fact.risk_grade,
        )  # fmt: skip
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = tuple(_read(rule) for rule in self._applying(fact, day))
        return found

    def cap_at(self, fact: Fact) -> Rule | None:
        """The annual cap that this visit stands under."""
        reads = self.read_at(fact, day_of(fact.started_at))
        if id(reads) not in self._caps:
            self._caps[id(reads)] = next((rule for rule, _code, _own in reads if rule.kind is Kind.ANNUAL_CAP), None)
        return self._caps[id(reads)]

    def in_force(self, on: date) -> tuple[Rule, ...]:
        """One version of each code, as of a day; repealed ones too (they say so)."""
        epoch = bisect_right(self._cuts, on)
        if epoch not in self._epochs:
            self._epochs[epoch] = self._versions(on)
        return self._epochs[epoch]

    def _versions(self, on: date) -> tuple[Rule, ...]:
        best: dict[str, Rule] = {}
        for rule in self._rules:
            if rule.effective_from <= on and (rule.effective_to is None or on < rule.effective_to):
                known = best.get(rule.code)
                if known is None or (known.effective_from, known.version) < (rule.effective_from, rule.version):
                    best[rule.code] = rule
        return tuple(best[code] for code in sorted(best))

    def _applying(self, fact: Fact, on: date) -> tuple[Rule, ...]:
        if fact.is_subject:
            return ()
        fitting = [rule for rule in self.in_force(on) if not rule.repeals and rule.scope.holds(fact)]
        caps = [rule for rule in fitting if rule.kind is Kind.ANNUAL_CAP]
        cap = max(caps, key=lambda rule: (rule.scope.narrowness, rule.effective_from, rule.version), default=None)
        if cap is None and self._default is not None:
            cap = Rule(
                code=Kind.ANNUAL_CAP.value,
                version=0,
                kind=Kind.ANNUAL_CAP,
                parameters={"cap": self._default},
                effective_from=date.min,
                source="P: ANNUAL_CAP",
            )
        others = [rule for rule in fitting if rule.kind is not Kind.ANNUAL_CAP and rule.sort.per is not Per.AGENCY]
        return (*([cap] if cap else []), *others)


def _read(rule: Rule) -> Read:
    code = Kind.ANNUAL_CAP.value if rule.kind is Kind.ANNUAL_CAP else rule.code
    return rule, code, rule.sort.per is Per.AGENCY_AND_ENTERPRISE
