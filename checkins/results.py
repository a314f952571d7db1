"""Reads of what came of visits: results, for the gathering, for a precheck, for whoever asks."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import JSONObject

from checkins.models import Result, Visit
from checkins.outcome import Said

_COLUMNS = {
    "visit": F("visit__number"),
    "serial": F("id"),
    "item": F("item"),
    "outcome": F("outcome"),
    "rectify_by": F("rectify_by"),
    "note": F("note"),
    "case_no": F("case_no"),
    "reinspection_of": F("reinspection_of__number"),
}


def results_branch(wanted: Q) -> QuerySet[Any, Any]:
    """A branch (branch, data) of one UNION ALL: the results that are wanted, in all their versions."""
    return Result.objects.filter(wanted).values(
        branch=Value("result", output_field=CharField()), data=JSONObject(**_COLUMNS)
    )


def read_results(rows: Iterable[tuple[str, Mapping[str, Any]]]) -> tuple[Said, ...]:
    """What the branch's rows say. Rows of other kinds are passed over."""
    return tuple(_said(data) for branch, data in rows if branch == "result")


def results_of(wanted: Q) -> list[Said]:
    """The results that are wanted, in all their versions. One statement."""
    return [_said(row) for row in Result.objects.filter(wanted).values(**_COLUMNS_AS)]


def open_rectifications(wanted: Q) -> QuerySet[Result]:
    """Orders to rectify (责令改正), among these results, that nothing later has settled; the oldest term first.

    What settles one: a later result of the item itself, or that of a re-inspection which names the visit. Those of a
    visit that was taken back are none.
    """
    later = Result.objects.filter(visit=OuterRef("visit"), item=OuterRef("item"), pk__gt=OuterRef("pk"))
    looked_after = Result.objects.filter(reinspection_of=OuterRef("visit"), item=OuterRef("item"))
    return (
        Result.objects.filter(wanted, ~Exists(later), ~Exists(looked_after), outcome=Result.Outcome.RECTIFY)
        .exclude(visit__status__in=[Visit.Status.WITHDRAWN, Visit.Status.VOIDED])
        .select_related("visit__agency", "visit__enterprise")
        .order_by(F("rectify_by").asc(nulls_last=True), "pk")
    )


# values() takes no expression under the name of a column of its own.
_COLUMNS_AS = {f"said_{name}": column for name, column in _COLUMNS.items()}


def _said(row: Mapping[str, Any]) -> Said:
    data = {name: row[name] if name in row else row[f"said_{name}"] for name in _COLUMNS}
    until = data["rectify_by"]
    return Said(
        **{
            **data,
            "rectify_by": date.fromisoformat(until) if isinstance(until, str) else until,
            "reinspection_of": data["reinspection_of"] or "",
        }
    )
