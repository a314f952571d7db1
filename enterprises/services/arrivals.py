"""What a row of a file does to an enterprise and its places: decided in memory, written by the import service."""

from typing import Any, Literal

from django.utils.translation import gettext as _

from audit.intake import Row
from audit.register import Refusal, lacking, refuse
from enterprises.models import Enterprise, Premises
from enterprises.register import (
    ACTION,
    ADDRESS,
    CREDIT_CODE,
    FILE,
    FORMER_ADDRESS,
    LATITUDE,
    LONGITUDE,
    STATUS,
    STATUS_OF_ACTION,
)

Fate = Literal["new", "changed", "unchanged"]
Changes = list[tuple[str, Any, Any]]
"""Column, what it was, what it is."""
PLAIN_FIELDS = ("registration_no", "name", "region_code", "industry", "risk_grade", "status")


class Refused(Exception):
    """The row cannot be taken, for this reason."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.sentence)
        self.refusal = refusal


class Arrivals:
    """The enterprises and places that a chunk of rows speaks of, and what the rows make of them."""

    def __init__(self, *, enterprises: dict[str, Enterprise], places: dict[str, list[Premises]]) -> None:
        self._enterprises = enterprises
        self._places = places
        self.new_enterprises: list[Enterprise] = []
        self.changed_enterprises: dict[int, Enterprise] = {}
        self.renamed: dict[int, Enterprise] = {}
        self.new_premises: list[Premises] = []
        self.changed_premises: dict[int, Premises] = {}

    def take(self, row: Row) -> tuple[Fate, list[Refusal], Changes]:
        """Apply one row. A refused row leaves nothing behind. Of a new enterprise no changes are told."""
        values = row.values
        enterprise = self._enterprises.get(values["credit_code"])
        try:
            status = _status(values)
            _position(values)
            if enterprise is None:
                return (*self._open(row, status), [])
            place = self._place(enterprise, values)
        except Refused as refused:
            return "unchanged", [refused.refusal], []
        changes = [*self._tell(enterprise, values, status), *self._settle(enterprise, place, values)]
        return ("changed" if changes else "unchanged"), [], changes

    def _open(self, row: Row, status: str | None) -> tuple[Fate, list[Refusal]]:
        values = row.values
        if values.get("action") == "add_premises":
            if row.again:  # a rehearsal: the line that registers it has been judged, not written
                return "changed", []
            return "unchanged", [refuse(CREDIT_CODE, values["credit_code"], _("该企业尚未登记，不能增设场所"))]
        if missing := lacking(FILE, values):
            return "unchanged", missing
        enterprise = Enterprise(
            credit_code=values["credit_code"],
            former_names=[name for name in values.get("former_names", ()) if name != values["name"]],
            **{field: values[field] for field in PLAIN_FIELDS if field in values},
        )
        enterprise.status = status or Enterprise.Status.OPEN
        self._enterprises[enterprise.credit_code] = enterprise
        self.new_enterprises.append(enterprise)
        self._add(enterprise, values)
        return "new", []

    def _tell(self, enterprise: Enterprise, values: dict[str, Any], status: str | None) -> Changes:
        """Write what the row says of the enterprise; what did that change?"""
        told = {field: values[field] for field in PLAIN_FIELDS if field in values}
        if status:
            told["status"] = status
        former = [*enterprise.former_names, *values.get("former_names", ())]
        if told.get("name", enterprise.name) != enterprise.name:
            former.append(enterprise.name)
        name = told.get("name", enterprise.name)
        told["former_names"] = [each for each in dict.fromkeys(former) if each != name]
        different = _written(enterprise, told)
        if different and enterprise.pk is not None:
            self.changed_enterprises[enterprise.pk] = enterprise
            if {"name", "former_names"} & {field for field, _old, _new in different}:
                self.renamed[enterprise.pk] = enterprise
        return different

    def _place(self, enterprise: Enterprise, values: dict[str, Any]) -> Premises | None:
        """Which place does the row speak of? None: a new one, or none at all. Raises Refused when that is unclear."""
        places = self._places[enterprise.credit_code]
        address = values.get("address")
        former = values.get("former_address")
        at = {place.address: place for place in places}
        if values.get("action") == "add_premises":
            if address is None:
                raise Refused(refuse(ADDRESS, "", _("增设场所须写明地址")))
            return at.get(address)
        if address in at:
            return at[address]
        if former is not None:
            if former not in at:
                raise Refused(refuse(FORMER_ADDRESS, former, _("该企业没有登记过这个地址")))
            return at[former]
        if len(places) > 1 and (address is not None or "longitude" in values):
            sentence = _("该企业有 %(count)s 处经营场所，请用“原地址”一列指明是哪一处")
            raise Refused(refuse(ADDRESS, address, sentence % {"count": len(places)}))
        return places[0] if places else None

    def _settle(self, enterprise: Enterprise, place: Premises | None, values: dict[str, Any]) -> Changes:
        """Write what the row says of the place; what did that change? Coordinates do not move along with an address."""
        if place is None:
            return self._add(enterprise, values) if "address" in values else []
        told: dict[str, Any] = {}
        if values.get("address", place.address) != place.address:
            told |= {"address": values["address"], "longitude": None, "latitude": None, "datum": Premises.Datum.WGS84}
        if "longitude" in values:
            told |= _where(values)
        different = _written(place, told)
        if different and place.pk is not None:
            self.changed_premises[place.pk] = place
        return different

    def _add(self, enterprise: Enterprise, values: dict[str, Any]) -> Changes:
        place = Premises(enterprise=enterprise, address=values["address"], **_where(values))
        self._places[enterprise.credit_code].append(place)
        self.new_premises.append(place)
        return [("address", None, place.address)]


def _written(row: Enterprise | Premises, told: dict[str, Any]) -> Changes:
    """Write these values into the row; which of them were others before?"""
    different = [(field, getattr(row, field), value) for field, value in told.items() if getattr(row, field) != value]
    for field, _old, value in different:
        setattr(row, field, value)
    return different


def _where(values: dict[str, Any]) -> dict[str, Any]:
    return {
        "longitude": values.get("longitude"),
        "latitude": values.get("latitude"),
        "datum": values.get("datum", Premises.Datum.WGS84) if "longitude" in values else Premises.Datum.WGS84,
    }


def _status(values: dict[str, Any]) -> str | None:
    """The status that the row gives, by its status column or its action. Raises Refused when they disagree."""
    status = values.get("status")
    implied = STATUS_OF_ACTION.get(values.get("action", ""))
    if status and implied and status != implied:
        raise Refused(refuse(STATUS, status, _("与“%(action)s”一列矛盾") % {"action": ACTION.heading}))
    return status or implied


def _position(values: dict[str, Any]) -> None:
    if ("longitude" in values) != ("latitude" in values):
        lacks = LATITUDE if "longitude" in values else LONGITUDE
        raise Refused(refuse(lacks, "", _("经度与纬度应同时填写")))
