"""The statement that a scan is decided on: a branch for each thing that some floor knows, composed once."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import CharField, F, Q, QuerySet, Value
from django.db.models.functions import JSONObject

from audit import queries as audit
from checkins.gaps import around_counter
from checkins.models import Departure, Presence, Resolution, Visit
from checkins.named import STAND_INS, branches
from checkins.recent import recent
from checkins.results import results_branch
from enterprises import queries as enterprises
from officers.models import Device

# Composing this statement costs more than reading its rows, and it is the same one every time: it is composed once,
# with stand-ins whose places among the parameters are then known.
_STAND_INS: Mapping[str, Any] = {
    "credit_code": "<credit code>",
    "agency_id": 7_000_000_000_000_001,
    "agency_code": "<agency>",
    "purpose": "<purpose>",
    "begin": datetime(7001, 2, 3, tzinfo=UTC),
    "end": datetime(7001, 2, 4, tzinfo=UTC),
    "first": audit.bounds((7002, 7004))[0],
    "last": audit.bounds((7002, 7004))[1],
    "period": "7002",
    "continues": "<visit>",
    "officer_id": 7_000_000_000_000_011,
    "seen_since": datetime(7003, 2, 3, tzinfo=UTC),
    "seen_begin": datetime(7003, 2, 4, tzinfo=UTC),
    "seen_end": datetime(7003, 2, 5, tzinfo=UTC),
    "device_id": 7_000_000_000_000_002,
    "counter": 7_000_000_000_000_003,
}


def ask_one(asked: Mapping[str, Any], *, kinds: tuple[str, ...] = ()) -> list[tuple[str, Any]]:
    """The rows around one scan, each the name of its branch and its JSON. One statement."""
    sql, places = _composed(connection.alias, asked["continues"] is not None, kinds)
    values = {name: _adapted(value) for name, value in asked.items()}
    params = [values[place] if isinstance(place, str) else place[0] for place in places]
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return [(branch, json.loads(data) if isinstance(data, str) else data) for branch, data in cursor.fetchall()]


_TYPES = {str: "text", int: "bigint", datetime: "timestamptz"}


def ask_all(asked: Sequence[Mapping[str, Any]], *, kinds: tuple[str, ...]) -> list[list[tuple[str, Any]]]:
    """The rows of each, from one statement: each stand-in becomes a column of what is asked."""
    sql, places = _composed(connection.alias, True, kinds)
    stand_ins = {**_STAND_INS, **{name: value for kind in kinds for name, value in STAND_INS[kind].items()}}
    pieces = sql.split("%s")
    own: list[Any] = []
    told = pieces[0]
    for place, piece in zip(places, pieces[1:], strict=True):
        told += f'asked."{place}"' if isinstance(place, str) else "%s"
        own += [] if isinstance(place, str) else place
        told += piece
    row = ", ".join(f"%s::{_TYPES[type(value)]}" for value in stand_ins.values())
    names = ", ".join(f'"{name}"' for name in stand_ins)
    each = ", ".join([f"(%s, {row})"] * len(asked))
    statement = (
        f"SELECT asked.n, found.branch, found.data FROM (VALUES {each}) AS asked (n, {names}) "  # noqa: S608 (ours)
        f"CROSS JOIN LATERAL ({told}) AS found (branch, data)"
    )
    params = [value for n, one in enumerate(asked) for value in (n, *(_adapted(one[name]) for name in stand_ins))]
    rows: list[list[tuple[str, Any]]] = [[] for _one in asked]
    with connection.cursor() as cursor:
        cursor.execute(statement, [*params, *own])
        for n, branch, data in cursor.fetchall():
            rows[n].append((branch, json.loads(data) if isinstance(data, str) else data))
    return rows


def _adapted(value: Any) -> Any:
    return connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value


@cache
def _composed(_alias: str, continues: bool, kinds: tuple[str, ...] = ()) -> tuple[str, list[str | tuple[Any]]]:
    """The statement, and for each of its parameters the name of what is asked there, or the parameter itself.

    `kinds`: of what is named beside (checkins/named.py).
    """
    stand_ins = {**_STAND_INS, **{name: value for kind in kinds for name, value in STAND_INS[kind].items()}}
    first, *others = _branches({**stand_ins, "continues": _STAND_INS["continues"] if continues else None})
    others += branches(stand_ins, kinds=kinds)
    sql, params = first.union(*others, all=True).query.sql_with_params()
    names = {_adapted(value): name for name, value in stand_ins.items()}
    places: list[str | tuple[Any]] = []
    for param in params:
        plain = int(param) if isinstance(param, int) and not isinstance(param, bool) else param
        known = isinstance(plain, str | int | datetime) and plain in names
        places.append(names[plain] if known else (param,))
    missing = set(stand_ins) - {place for place in places if isinstance(place, str)} - {"continues"}
    if missing:
        raise RuntimeError(f"the gathering asks nothing about {', '.join(sorted(missing))}")
    return sql, places


def _branches(asked: Mapping[str, Any]) -> list[QuerySet[Any, Any]]:
    scans = _group(asked)
    return [
        *enterprises.doorstep(asked["credit_code"]),
        *recent(asked),
        *audit.dossier(
            credit_code=asked["credit_code"],
            agency_codes=[asked["agency_code"]],
            between=(asked["first"], asked["last"]),
            since=asked["period"],
            visits=scans.values("visit__number"),
        ),
        scans.values(
            branch=Value("scan", output_field=CharField()),
            data=JSONObject(
                scan_id=F("scan_id"),
                serial=F("serial"),
                onsite_at=F("onsite_at"),
                certificate_no=F("scan__officer__certificate_no"),
                officer_name=F("scan__officer__name"),
                certified=F("scan__officer__certified"),
                words=F("scan__words"),
                visit_id=F("visit_id"),
                opening_scan=F("visit__opening_scan_id"),
                **{name: F(f"visit__{name}") for name in _VISIT_COLUMNS},
            ),
        ),
        Presence.objects.filter(scan__in=scans.values("scan_id")).values(
            branch=Value("presence", output_field=CharField()),
            data=JSONObject(
                scan_id=F("scan_id"),
                certificate_no=F("officer__certificate_no"),
                name=F("officer__name"),
                certified=F("officer__certified"),
            ),
        ),
        results_branch(
            Q(visit__in=scans.values("visit")) | Q(visit__in=_last_visits(asked["credit_code"], before=asked["end"]))
        ),
        _departures(asked).values(
            branch=Value("departure", output_field=CharField()),
            data=JSONObject(at=F("departed_at"), officer=F("officer__certificate_no")),
        ),
        Device.objects.filter(pk=asked["device_id"]).values(
            branch=Value("counter", output_field=CharField()), data=JSONObject(**around_counter(asked["counter"]))
        ),
    ]


_VISIT_COLUMNS = (
    "number", "started_at", "status", "purpose", "category", "reason", "source_no", "superior_ordered", "joint_id",
    "overrides",
)  # fmt: skip


def _group(asked: Mapping[str, Any]) -> QuerySet[Resolution]:
    """The group's scans around the moment, each with all its readings, and all scans of every visit that they touch,
    or that `continues` names, however far away."""
    group = Resolution.objects.filter(
        credit_code=asked["credit_code"], agency_id=asked["agency_id"], purpose=asked["purpose"]
    )
    near = Q(onsite_at__range=(asked["begin"], asked["end"]))
    touched = Q(visit_id__in=group.filter(near, visit_id__isnull=False).values("visit_id"))
    if asked["continues"] is not None:
        touched |= Q(visit__number=asked["continues"])
    return group.filter(near | Q(scan_id__in=group.filter(touched).values("scan_id")))


# More than an answer tells of: some of them may have been withdrawn.
LAST_VISITS = 10


def _last_visits(credit_code: str, *, before: datetime) -> QuerySet[Visit, Any]:
    return (
        Visit.objects.filter(credit_code=credit_code, started_at__lte=before)
        .order_by("-started_at")[:LAST_VISITS]
        .values("pk")
    )


def _departures(asked: Mapping[str, Any]) -> QuerySet[Departure]:
    """Who left around the moment, and from the visit that `continues` names."""
    wanted = Q(departed_at__range=(asked["begin"], asked["end"]))
    if asked["continues"] is not None:
        wanted |= Q(visit__number=asked["continues"])
    return Departure.objects.filter(
        wanted, visit__credit_code=asked["credit_code"], visit__agency=asked["agency_id"], purpose=asked["purpose"]
    )
