"""Tell the supervisor what the rules find: flags are raised, grow, ease and are lowered (part of a deed)."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from audit.actor import Actor
from audit.finding import Finding
from audit.kinds import Kind
from audit.models import Flag, FlagState
from audit.pen import Pen
from audit.queries import Standing
from audit.services.file_flags import FlagWord, file_flags

LOWERED, DOUBTED = "lowered", "doubted"


@dataclass(frozen=True, kw_only=True, slots=True)
class Whose:
    """Whose flags these are, by value. Empty `credit_code`: an agency's as a whole."""

    credit_code: str
    enterprise_name: str
    region_code: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Turn:
    """One flag's next state. `standing` None: it is not there yet; `finding` None: its ground is gone."""

    key: tuple[str, str, str]
    finding: Finding | None
    standing: Standing | None
    state: str


def turns(
    findings: Iterable[Finding],
    *,
    flags: Mapping[tuple[str, str, str], Standing],
    years: Collection[int],
    kinds: Collection[str] | None = None,
    confirmed: bool = True,
) -> list[Turn]:
    """What changes, now that the rules find this? Pure. Only periods of these years were judged.

    `kinds`: only flags of these kinds were judged; None: all. `confirmed` False: an officer's deed is judged, and no
    agency eases or lowers a flag by its own deed, whichever it is (a later scan with a reason, a visit that it
    continues, a joint visit that it joins, a withdrawal): the flag is doubted, and stands until a supervisor says so.
    """
    found = {finding.key: finding for finding in findings}
    changed = [
        Turn(key=key, finding=finding, standing=flags.get(key), state=state)
        for key, finding in found.items()
        if (state := _state(finding, flags.get(key), confirmed=confirmed))
    ]
    gone = [
        Turn(key=key, finding=None, standing=standing, state=state)
        for key, standing in flags.items()
        if key not in found
        and standing.state != LOWERED
        and standing.state != (state := _gone(standing, confirmed=confirmed))
        and int(key[2][:4]) in years
        and (kinds is None or standing.evidence.get("kind") in kinds)
    ]
    return [*changed, *gone]


def _gone(standing: Standing, *, confirmed: bool) -> str:
    """What is a flag whose ground is gone? That an officer was alone, a colleague's own scan refutes."""
    refuted = standing.evidence.get("kind") == Kind.SINGLE_OFFICER
    return LOWERED if confirmed or refuted else DOUBTED


def _state(finding: Finding, standing: Standing | None, *, confirmed: bool) -> str:
    """What is to be told of this finding; empty: nothing new."""
    if standing is None or standing.state == LOWERED:
        return "raised"
    before, told = standing.evidence, finding.evidence()
    # An agency as a whole is told in figures, without its visits.
    more = not finding.counted and told.get("times", 0) > before.get("times", 0)
    if more or set(told["counted"]) - set(before.get("counted", [])) or _rank(told) > _rank(before):
        return "grown"
    compared = ("counted", "unconfirmed", "level", *(() if finding.counted else ("times",)))
    same = all(told.get(name) == before.get(name) for name in compared)
    if same:
        return "grown" if standing.state == DOUBTED else ""
    lost = set(before.get("counted", [])) - set(told["counted"]) or _rank(told) < _rank(before)
    if confirmed or not lost:
        return "eased"
    return "" if standing.state == DOUBTED else DOUBTED


def _rank(evidence: Mapping[str, Any]) -> int:
    return ("notice", "warning", "serious").index(evidence.get("level", "warning"))


def turn_flags(
    changes: list[Turn], *, whose: Whose, reason: str, actor: Actor, at: datetime, pen: Pen | None = None
) -> None:
    """Write the changes down. At most three statements, however many: the new flags, all states, and what the
    platforms are owed of them.

    `reason`: why flags are lowered or doubted, in Chinese. The caller holds the enterprise's lane.
    """
    if not changes:
        return
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("a flag belongs inside its deed's transaction")
    new = [_flag(turn.finding, whose=whose, at=at) for turn in changes if turn.finding and turn.standing is None]
    if pen is None:
        Flag.objects.bulk_create(new)
    else:
        for flag in new:
            pen.take_keyed(flag)
    ids = {(flag.rule, flag.agency_code, flag.period): int(flag.pk) for flag in new}
    states = [
        FlagState(
            flag_id=turn.standing.id if turn.standing else ids[turn.key],
            state=turn.state,
            # Doors read the clock before they wait for the lane: a later state is never dated before an earlier one.
            at=max(at, turn.standing.at) if turn.standing else at,
            actor=actor,
            level=str(turn.finding.level) if turn.finding else None,
            evidence=_evidence(turn, reason=reason),
        )
        for turn in changes
    ]
    if pen is None:
        FlagState.objects.bulk_create(states)
    else:
        for state in states:
            pen.take(state)
    words = [_word(turn, state, whose=whose) for turn, state in zip(changes, states, strict=True)]
    file_flags(words, at=at, pen=pen)


def _word(turn: Turn, state: FlagState, *, whose: Whose) -> FlagWord:
    rule, agency_code, period = turn.key
    before = turn.standing.evidence.get("counted", []) if turn.standing else []
    return FlagWord(
        flag_id=state.flag_id,
        state=state.state,
        rule=rule,
        agency_code=agency_code,
        agency_name=turn.finding.agency_name if turn.finding else "",
        period=period,
        level=state.level or "",
        credit_code=whose.credit_code,
        enterprise_name=whose.enterprise_name,
        region_code=whose.region_code,
        visit=turn.finding.visit if turn.finding else next(iter(before), ""),
        evidence=state.evidence,
    )


def _flag(finding: Finding, *, whose: Whose, at: datetime) -> Flag:
    return Flag(
        rule=finding.rule.code,
        rule_version=finding.rule.version,
        level=str(finding.level),
        credit_code=whose.credit_code,
        enterprise_name=whose.enterprise_name,
        region_code=whose.region_code,
        agency_code=finding.agency_code,
        agency_name=finding.agency_name,
        supervised_by=finding.supervised_by,
        period=finding.period,
        opened_by_visit=finding.visit,
        raised_at=at,
    )


def _evidence(turn: Turn, *, reason: str) -> dict[str, Any]:
    before = turn.standing.evidence if turn.standing else {}
    if turn.state == DOUBTED:
        now = turn.finding.evidence() if turn.finding else {"counted": []}
        # What it stood on stays, so that it is seen what a supervisor is asked to confirm.
        return {**before, "reason": reason, "now": {name: now[name] for name in ("sentence", "counted") if name in now}}
    if turn.finding is not None:
        return dict(turn.finding.evidence())
    return {
        **{name: before[name] for name in ("rule", "version", "kind", "source", "period", "level") if name in before},
        "sentence": f"解除：{reason}。",
        "reason": reason,
        "counted": [],
        "unconfirmed": [],
        "left_out": [],
    }
