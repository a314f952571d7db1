"""A draft beside the law in force (对照试算): the same past judged twice, once by each. Pure.

Both are the law as it stands on one day, applied to the whole past; they differ by the draft alone. (audit/replay.py
lays a draft beside the flags that were raised in fact, under whatever law there was.)
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from audit.draft import Draft
from audit.facts import Fact
from audit.finding import Finding
from audit.kinds import Kind, Per
from audit.law import Law, Rule
from audit.replay import CAPS, Key, Outcome, Side, Span, Trial, drafted
from audit.rules import judge
from audit.shares import Tally
from audit.shares import judge as judge_month


@dataclass(frozen=True, kw_only=True, slots=True)
class Contrast:
    """The same rules with and without the draft. `changed.codes` are the rules that are compared."""

    changed: Trial
    standing: Trial


def contrast(draft: Draft, *, enacted: Sequence[Rule], annual_cap: int | None, on: date) -> Contrast:
    """Put the draft into the law in force on a day. `annual_cap`: where no rule says one (P).

    Compared are the draft's own code and, where it is an annual cap, all caps and what is a multiple of them.
    """
    in_force = [_always(rule) for rule in Law(enacted).in_force(on)]
    newest = max((rule.version for rule in enacted if rule.code == draft.code), default=0)
    new = _always(draft.as_rule(newest + 1))
    capped = new.kind is Kind.ANNUAL_CAP
    others = [rule for rule in in_force if rule.code != draft.code]
    beside = [rule for rule in others if rule.kind is Kind.ANNUAL_CAP or (capped and rule.kind in CAPS)]
    before = [rule for rule in in_force if rule.code == draft.code]
    codes = {draft.code} | ({rule.code for rule in beside} | {Kind.ANNUAL_CAP.value} if capped else set())
    days = [rule.parameters.get("days") for rule in (new, *before)]
    reach = max((day for day in days if isinstance(day, int)), default=0)

    def law(own: Sequence[Rule]) -> Trial:
        judged = [rule for rule in own if rule.sort.per is not Per.AGENCY]
        return Trial(rules=(*beside, *judged), annual_cap=annual_cap, codes=frozenset(codes), reach=reach)

    return Contrast(changed=law([new]), standing=law(before))


def laws_about_agencies(draft: Draft, *, enacted: Sequence[Rule], on: date) -> tuple[Law, Law] | None:
    """With the draft in it, and as it stands; None for a draft that enterprises' visits decide."""
    new = _always(draft.as_rule(max((rule.version for rule in enacted if rule.code == draft.code), default=0) + 1))
    if new.sort.per is not Per.AGENCY:
        return None
    return Law([new]), Law([_always(rule) for rule in Law(enacted).in_force(on) if rule.code == draft.code])


def monthly_differences(tally: Tally, *, laws: tuple[Law, Law], period: str, on: date) -> Iterator[Outcome]:
    """One agency's month, as `differences` has an enterprise's visits. `on`: the month's last day."""
    changed, standing = (
        {finding.key: finding for finding in judge_month(tally, law=law, period=period, on=on)} for law in laws
    )
    for key in sorted(changed.keys() | standing.keys()):
        told = drafted(
            changed.get(key) or standing[key], credit_code="", enterprise="", region=tally.region_code, flag=None
        )
        yield replace(told, side=_side(key in changed, key in standing))


def _side(by_draft: bool, by_law: bool) -> Side:
    return Side.BOTH if by_draft and by_law else Side.DRAFT if by_draft else Side.ENACTED


def _always(rule: Rule) -> Rule:
    return replace(rule, effective_from=date.min, effective_to=None)


def differences(
    facts: Sequence[Fact],
    *,
    credit_code: str,
    enterprise: str,
    compared: Contrast,
    laws: tuple[Law, Law],
    span: Span,
) -> Iterator[Outcome]:
    """One enterprise: who is flagged by the draft alone (newly), by the law in force alone (no longer), or by both.

    `facts`: the latest of each of its visits, some later than the span too. `laws`: those of `changed` and of
    `standing`, in this order.
    """
    present = [fact for fact in facts if fact.started_at < span.end]
    if not present:
        return
    changed, standing = (_found(present, law=law, codes=compared.changed.codes, span=span) for law in laws)
    region = present[-1].region_code
    for key in sorted(changed.keys() | standing.keys()):
        finding = changed.get(key) or standing[key]
        told = drafted(finding, credit_code=credit_code, enterprise=enterprise, region=region, flag=None)
        yield replace(told, side=_side(key in changed, key in standing))


def _found(present: Sequence[Fact], *, law: Law, codes: frozenset[str], span: Span) -> dict[Key, Finding]:
    found = judge(present, law=law, as_of=span.end, years=span.years)
    return {_key(one): one for one in found if one.rule.code in codes and span.touches(one.period)}


def _key(finding: Finding) -> Key:
    """An agency has one cap at an enterprise, whichever rule says it."""
    code = Kind.ANNUAL_CAP.value if finding.rule.kind is Kind.ANNUAL_CAP else finding.rule.code
    return code, finding.agency_code, finding.period
