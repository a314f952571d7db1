"""Several questions of statistics at once: a page's figures, of one moment and by one statement beside the tail's."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from django.db import connection
from django.db.models import F

from audit.board import NAMES, changes_of, lines_of, new_names, signed_in
from audit.figures import Answer, Group, Line, Question, cover
from audit.models import MEASURES, EnterpriseTotal, Span, VisitFact
from audit.summing import Key, Source, Sums, as_day, columns_of, rows_asked, sources
from audit.tally import Contribution, Tail


def answers(questions: Sequence[Question], late: Tail) -> list[Answer]:
    """Each question's answer as `audit.board.ask` gives it. Ask inside `one_moment`, with the tail of that moment.

    A question with a `span` is about everything (`Group.ALL`); one about enterprises is quick where its days are one
    year or one month. One statement.
    """
    signed = [signed_in(question, late) for question in questions]
    changes = [changes_of(question, some) for question, some in zip(questions, signed, strict=True)]
    arms = [
        arm
        for place, question in enumerate(questions)
        for arm in (
            *_arms(place, question, touched={key for key, _start in changes[place]}),
            *_named_by_tail(place, question, [one for _sign, one in signed[place]]),
        )
    ]
    found, names = _read(arms, questions)
    return [
        Answer(
            question=question,
            lines=_in_order(
                question,
                lines_of(found[place], changes[place]),
                {**names[place], **new_names(question.group, signed[place])},
            ),
            waiting=late.waiting,
        )
        for place, question in enumerate(questions)
    ]


def _in_order(question: Question, lines: list[Line], names: dict[str, str]) -> list[Line]:
    if question.span is not None:
        return sorted(lines, key=lambda line: str(line.start))
    if question.group is Group.ENTERPRISE:
        lines = [line for line in lines if line.measures[question.measure] > 0]
    lines.sort(key=lambda line: (-line.measures[question.measure], line.key))
    return [
        replace(line, name=names.get(line.key[0], "") if line.key else "") for line in lines[: question.limit]
    ]  # fmt: skip


def _arms(place: int, question: Question, *, touched: set[Key]) -> Iterator[Source]:
    """The greatest groups, and those that the tail touches, whatever their rank."""
    if question.group is Group.ALL or question.span is not None:
        if question.group is not Group.ALL:
            raise ValueError("only everything is broken down here")
        yield from _arm(place, question, sources(question, MEASURES))
        return
    yield from _arm(place, question, _greatest(question, len(touched)), many=question.limit + len(touched))
    if touched:
        yield from _arm(place, question, sources(question, MEASURES, only=sorted({key[0] for key in touched})))


def _greatest(question: Question, more: int) -> Sequence[Source]:
    """Of a kept year or month each of an enterprise's rows is a group, and an index has them in order."""
    pieces = cover(question.first, question.last, Span.YEAR)
    kept = len(pieces) == 1 and pieces[0].is_kept_sum
    if question.group is not Group.ENTERPRISE or question.by_agency_only or not kept:
        return sources(question, MEASURES)
    some = EnterpriseTotal.objects.filter(rows_asked(question), span=pieces[0].span, start=pieces[0].first)
    ranked = some.order_by(f"-{question.measure}", "credit_code", "region_code")[: question.limit + more]
    sql, params = ranked.values_list("credit_code", "region_code", *MEASURES).query.sql_with_params()
    columns = ", ".join(("credit_code AS k0", "region_code AS k1", *MEASURES))
    return [(f"SELECT {columns} FROM ({sql}) AS ranked", params)]  # noqa: S608


def _arm(place: int, question: Question, found: Sequence[Source], *, many: int | None = None) -> Iterator[Source]:
    if not found:
        return
    keys = columns_of(question)
    grouped = [*keys, *(["bucket"] if question.span else [])]
    union = " UNION ALL ".join(sql for sql, _params in found)
    sums = ", ".join(f"SUM({name}) AS {name}" for name in MEASURES)
    inner = f"SELECT {', '.join([*grouped, sums])} FROM ({union}) AS found"  # noqa: S608
    if grouped:
        inner += f" GROUP BY {', '.join(grouped)}"
    if many is not None:
        inner += f" ORDER BY SUM({question.measure}) DESC, {', '.join(keys)} LIMIT {many}"
    told = [f"g.{name}" if name in keys else "NULL" for name in ("k0", "k1")]
    told += ["CAST(g.bucket AS text)" if question.span else "NULL"]
    told += [f"({NAMES[question.group]})" if question.group in NAMES else "NULL"]
    columns = ", ".join([str(place), *told, *(f"g.{name}" for name in MEASURES)])
    params = tuple(value for _sql, values in found for value in values)
    yield f"SELECT {columns} FROM ({inner}) AS g", params  # noqa: S608


def _named_by_tail(place: int, question: Question, some: Sequence[Contribution]) -> Iterator[Source]:
    """What enterprises are called that perhaps only the tail knows: what is queued says a code, no name."""
    if question.group is Group.ENTERPRISE and some:
        doors = VisitFact.objects.filter(pk__in={one.fact_id for one in some}).order_by().values(k0=F("credit_code"))
        sql, params = doors.distinct().query.sql_with_params()
        nothing = ", ".join(["CAST(NULL AS bigint)"] * len(MEASURES))
        name = NAMES[Group.ENTERPRISE]
        yield f"SELECT {place}, g.k0, NULL, NULL, ({name}), {nothing} FROM ({sql}) AS g", params  # noqa: S608


def _read(arms: Sequence[Source], questions: Sequence[Question]) -> tuple[list[Sums], list[dict[str, str]]]:
    found: list[Sums] = [{} for _question in questions]
    names: list[dict[str, str]] = [defaultdict(str) for _question in questions]
    if not arms:
        return found, names
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(sql for sql, _params in arms), [one for _sql, some in arms for one in some])
        rows: list[Any] = cursor.fetchall()
    for place, first, second, bucket, name, *sums in rows:
        if name:
            names[place][first] = name
        if sums[0] is None:  # a name alone, or the sum of no rows
            continue
        key = (first, second)[: len(columns_of(questions[place]))]
        start = as_day(bucket) if bucket else None
        found[place][key, start] = dict(zip(MEASURES, map(int, sums), strict=True))
    return found, names
