"""Answers to questions of statistics: from the sums, and from what is queued and in no sum yet."""

from collections import defaultdict
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import replace

from django.db import connection
from django.db.models import Q

from audit import moment
from audit.figures import Answer, Group, Line, Question, Sees
from audit.models import (
    MEASURES,
    CountedAgency,
    CountyTotal,
    EnterpriseTotal,
    OfficerTotal,
    Span,
    Total,
    VisitFact,
    VisitNow,
)
from audit.ranking import top
from audit.summing import DIGITS, Key, Sums, below, competent, in_region, sums_of
from audit.tally import Contribution, Tail, tail

TAIL_LIMIT = 2_000
"""So many queued versions are added to an answer; a worker folds that many in seconds."""

SUMMED = [table._meta.db_table for table in (Total, CountyTotal, EnterpriseTotal, OfficerTotal, VisitNow)]
"""What `fold --anew` empties, in its order."""


# What a group is called now, `g.k0` being its code: an enterprise as its latest visit tells it.
NAMES: dict[Group, str] = {
    Group.AGENCY: "SELECT n.name FROM audit_countedagency n WHERE n.code = g.k0 ORDER BY n.id DESC LIMIT 1",
    Group.OFFICER: "SELECT n.name FROM audit_officertotal n WHERE n.certificate_no = g.k0 AND n.span = 'y'"
    " ORDER BY n.start DESC, n.id DESC LIMIT 1",
    Group.ENTERPRISE: "SELECT n.enterprise_name FROM audit_visitfact n WHERE n.credit_code = g.k0"
    " ORDER BY n.started_at DESC, n.id DESC LIMIT 1",
}


def ask(question: Question) -> Answer:
    """The figures, right the moment after a scan.

    From sums that one moment saw: outside a transaction this opens one for reading; inside one, a fold that commits
    between two statements (PostgreSQL's READ COMMITTED) can be seen half, so ask outside.
    """
    with one_moment():
        late = tail(limit=TAIL_LIMIT)
        signed = signed_in(question, late)
        lines = _ranked(question, signed)
        if question.span is not None:
            lines = _broken_down(question, signed, lines)
        names = {**_names(question.group, lines), **new_names(question.group, signed)}
    named = [replace(line, name=names.get(line.key[0], "") if line.key else "") for line in lines]
    return Answer(question=question, lines=named, waiting=late.waiting)


def knows_agency(code: str, *, sees: Sees) -> bool:
    """Has this agency, or one below it, a visit that the account reaches? Before its first visit it has no figures."""
    agencies = CountedAgency.objects.filter(below(code))
    kept = agencies if sees.everything else agencies.filter(competent(sees))
    if kept.exists():
        return True
    at_home = in_region(sees.region_prefix) if sees.region_prefix else Q(pk__in=())
    if Total.objects.filter(at_home, agency__in=agencies, span=Span.YEAR).exists():
        return True
    reached = Q() if sees.everything else competent(sees, path="agency_path") | at_home
    queued = VisitFact.objects.filter(reached, below(code, path="agency_path"), pending__isnull=False)
    return queued.exists()


def one_moment() -> AbstractContextManager[None]:
    """All statements inside see the same rows, and nobody waits for them but `fold --anew`, as they do for it."""
    # Compiling these statements takes longer than it saves: PostgreSQL thinks a visit has 100 officers.
    # The lock before the first SELECT fixes the moment: a table that `fold --anew` emptied would look
    # empty to a moment before it. In its order (audit/services/refold.py); no other deed makes us wait.
    return moment.one_moment(first=f"; SET LOCAL jit = off; LOCK TABLE {', '.join(SUMMED)} IN ACCESS SHARE MODE")


def signed_in(question: Question, late: Tail) -> list[tuple[int, Contribution]]:
    """What the tail takes from the sums of this question (-1), and what it adds (1)."""
    return [
        (sign, one)
        for turn in late.turns
        for sign, one in ((-1, turn.old), (1, turn.new))
        if one is not None and question.matches(one)
    ]


def _ranked(question: Question, signed: Sequence[tuple[int, Contribution]]) -> list[Line]:
    """The greatest groups over the whole window. Those that the tail touches are looked up, whatever their rank."""
    whole = replace(question, span=None)
    changes = changes_of(whole, signed)
    touched = {key for key, _start in changes}
    few = None if question.group is Group.ALL else top(whole, limit=question.limit + len(touched)) | touched
    found = {} if few == set() else sums_of(whole, only=few)
    lines = lines_of(found, changes)
    if question.group is Group.ENTERPRISE:
        lines = [line for line in lines if line.measures[question.measure] > 0]
    lines.sort(key=lambda line: (-line.measures[question.measure], line.key))
    return lines[: question.limit]


def _broken_down(question: Question, signed: Sequence[tuple[int, Contribution]], groups: Sequence[Line]) -> list[Line]:
    keys = {line.key for line in groups}
    found = {of: sums for of, sums in sums_of(question, only=keys).items() if of[0] in keys}
    changes = {of: sums for of, sums in changes_of(question, signed).items() if of[0] in keys}
    rank = {line.key: place for place, line in enumerate(groups)}
    return sorted(lines_of(found, changes), key=lambda line: (rank[line.key], str(line.start)))


def lines_of(found: Sums, changes: Sums) -> list[Line]:
    """Kept sums and what the tail adds; lines of nothing are none."""
    lines: list[Line] = []
    for key, start in {**found, **changes}:
        sums = found.get((key, start), {})
        more = changes.get((key, start), {})
        measures = {name: sums.get(name, 0) + more.get(name, 0) for name in MEASURES}
        if any(measures.values()):
            lines.append(Line(key=key, start=start, measures=measures))
    return lines


def changes_of(question: Question, signed: Sequence[tuple[int, Contribution]]) -> Sums:
    """What the tail adds to each line."""
    changes: Sums = defaultdict(lambda: dict.fromkeys(MEASURES, 0))
    for sign, one in signed:
        start = question.span.first_day(one.day) if question.span else None
        for key in _keys_of(question.group, one):
            for name, value in zip(MEASURES, one.measures, strict=True):
                changes[key, start][name] += sign * value
    return dict(changes)


def _keys_of(group: Group, one: Contribution) -> list[Key]:
    match group:
        case Group.AGENCY:
            return [(one.organ.code,)]
        case Group.OFFICER:
            return [(certificate_no, one.organ.code) for certificate_no, _name in one.officers]
        case Group.ENTERPRISE:
            return [(one.credit_code, one.region_code)]
        case Group.CITY | Group.REGION | Group.TOWN:
            return [(one.region_code[: DIGITS[group]],)]
        case Group.CATEGORY:
            return [(one.category,)]
        case Group.ALL:
            return [()]


def new_names(group: Group, signed: Sequence[tuple[int, Contribution]]) -> dict[str, str]:
    """Of those whom only the tail knows."""
    if group is Group.AGENCY:
        return {one.organ.code: one.agency_name for _sign, one in signed}
    return dict(officer for _sign, one in signed for officer in one.officers) if group is Group.OFFICER else {}


def _names(group: Group, lines: Sequence[Line]) -> dict[str, str]:
    """What the groups are called now, by the first part of their keys. At most one statement."""
    first = sorted({line.key[0] for line in lines if line.key})
    if group not in NAMES or not first:
        return {}
    codes = ", ".join(["(%s)"] * len(first))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT g.k0, ({NAMES[group]}) FROM (SELECT column1 AS k0 FROM (VALUES {codes}) AS v) AS g",  # noqa: S608
            first,
        )
        return {code: name for code, name in cursor.fetchall() if name}
