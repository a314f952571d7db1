"""What a scan names that must be looked up beside its enterprise: items, a plan, partners. Branches of one UNION.

A scan that names nothing asks nothing here: `kinds_of` says which branches its words want, so that the statement of
an ordinary scan (checkins/gathering.py) stays as it is.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Concat, JSONObject, StrIndex, Trim

from audit.queries import moment, unpacked
from checkins.models import Item, Plan, Presence, Resolution, Visit
from checkins.rules import Warn, items_said, number_said, region_covers
from officers.models import Device, Officer
from officers.rules import certificate_state

PARTNERS = 5
"""How many partners a scan may name."""
_BREAK = "\x1f"
# Stand-ins of the composed statement, as in checkins/composed.py; the partners' places are fixed in number.
STAND_INS: Mapping[str, Mapping[str, Any]] = {
    "items": {"items": "<items>"},
    "plan": {"plan_no": "<plan>"},
    "partners": {f"partner_{place}": f"<partner {place}>" for place in range(PARTNERS)},
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Listed:
    """An item of a published list (检查事项清单), by value. Days of Asia/Shanghai, both inclusive."""

    code: str
    name: str
    region_code: str
    valid_from: date
    valid_until: date | None


@dataclass(frozen=True, kw_only=True, slots=True)
class NamedPlan:
    """The plan that was named, in its latest version."""

    number: str
    agency_id: int
    agency_code: str
    credit_code: str
    first_day: date
    last_day: date
    withdrawn: bool
    joint_open: bool
    source_ref: str = ""
    category: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class NamedOfficer:
    """A partner, as the register has the officer."""

    officer_id: int
    certificate_no: str
    name: str
    agency_id: int
    status: str
    status_since: datetime | None
    valid_from: date
    valid_until: date

    def certificate(self, at: datetime) -> str:
        """The state of the certificate at `at` (officers/rules.py)."""
        return certificate_state(
            status=self.status,
            status_since=self.status_since,
            valid_from=self.valid_from,
            valid_until=self.valid_until,
            at=at,
        ).value


@dataclass(frozen=True, kw_only=True, slots=True)
class Named:
    """What was found of it. `listed`: has any list of items been imported at all? `fellows`: visits of other agencies
    at this door whose scans name the same plan, but for those that have left a joint visit by word."""

    items: tuple[Listed, ...] = ()
    listed: bool = False
    plan: NamedPlan | None = None
    fellows: tuple[str, ...] = ()
    partners: tuple[NamedOfficer, ...] = ()

    def unpublished(self, items: Iterable[str], *, on: date, agency_region: str) -> list[str]:
        """Which of these items, named by code or by name, stands in no list in force for the agency on this day?

        国办发〔2024〕54号: an item that was not published may not be inspected. Where no list was ever imported,
        nothing is said.
        """
        if not self.listed:
            return []
        held = {
            word
            for item in self.items
            if item.valid_from <= on and (item.valid_until is None or on <= item.valid_until)
            if region_covers(agency_region=item.region_code, enterprise_region=agency_region)
            for word in (item.code, item.name)
        }
        return [item for item in items if item not in held]

    def planned(self, *, on: date, credit_code: str, agency_id: int) -> bool:
        """Is the plan that was named one for this enterprise on this day, the agency's own or open to joining?"""
        plan = self.plan
        return (
            plan is not None
            and not plan.withdrawn
            and plan.credit_code == credit_code
            and plan.first_day <= on <= plan.last_day
            and (plan.agency_id == agency_id or plan.joint_open)
        )


def partner_warnings(
    numbers: Iterable[str], found: Iterable[NamedOfficer], *, agency_id: int, at: datetime
) -> list[Warn]:
    """What is odd about these partners, as the register has them?"""
    known = {one.certificate_no: one for one in found}
    warned: list[Warn] = []
    for number in numbers:
        partner = known.get(number)
        if partner is None:
            warned.append(Warn.PARTNER_UNKNOWN)
        elif partner.agency_id != agency_id:
            warned.append(Warn.PARTNER_ELSEWHERE)
        elif partner.certificate(at) != "valid":
            warned.append(Warn.PARTNER_CERTIFICATE)
    return list(dict.fromkeys(warned))


def unconfirmed_partners(visit: Visit) -> list[str]:
    """Certificate numbers that standing scans of the visit name as partners', and that have neither confirmed nor
    scanned: they are no officers of it. Two statements."""
    latest: dict[UUID, Resolution] = {}
    rows = Resolution.objects.select_related("scan__officer").filter(scan__resolutions__visit=visit)
    for row in rows.order_by("serial"):
        latest[row.scan_id] = row
    standing = [row.scan for row in latest.values() if row.visit_id == visit.pk]
    named = {number for scan in standing for number in scan.words.get("visit", {}).get("partners", ())}
    confirmed = Presence.objects.filter(scan__in=standing).values_list("officer__certificate_no", flat=True)
    return sorted(named - {scan.officer.certificate_no for scan in standing} - set(confirmed))


def kinds_of(visit: Mapping[str, Any]) -> tuple[str, ...]:
    """Which branches do a scan's words about its visit want?"""
    plan = number_said(visit, "plan_no")
    wanted = (("items", items_said(visit)), ("plan", plan), ("partners", visit.get("partners")))
    return tuple(kind for kind, said in wanted if said)


def asked_by(visit: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of its branches."""
    partners = [*visit.get("partners", ()), *[""] * PARTNERS][:PARTNERS]
    return {
        "items": _BREAK + _BREAK.join(items_said(visit)) + _BREAK,
        "plan_no": number_said(visit, "plan_no"),
        **{f"partner_{place}": number for place, number in enumerate(partners)},
    }


def branches(asked: Mapping[str, Any], *, kinds: Iterable[str]) -> list[QuerySet[Any, Any]]:
    """The branches of these kinds, each row a `branch` and its `data`; `asked` as the gathering asks."""
    makers = {"items": _items, "plan": _plan_and_fellows, "partners": _partners}
    return [branch for kind in kinds for branch in makers[kind](asked)]


def plan_named(plan_no: str, *, agency_id: int) -> NamedPlan | None:
    """The plan that an agency's people mean by this number; None: none is kept here. One statement."""
    [branch] = _plan({"plan_no": plan_no, "agency_id": agency_id})
    return read_named((row["branch"], row["data"]) for row in branch).plan


def read_named(rows: Iterable[tuple[str, Any]]) -> Named:
    """What the branches brought."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for branch, data in rows:
        found.setdefault(branch, []).append(data)
    plans = [_read_plan(data) for data in found.get("plan_named", ())]
    plan = min(plans, key=lambda plan: (plan.withdrawn, plan.number), default=None)
    return Named(
        items=tuple(
            Listed(
                code=data["code"],
                name=data["name"],
                region_code=data["region_code"],
                valid_from=date.fromisoformat(data["valid_from"]),
                valid_until=date.fromisoformat(data["valid_until"]) if data["valid_until"] else None,
            )
            for data in found.get("item", ())
        ),
        listed=any(data["listed"] for data in found.get("listed", ())),
        plan=plan,
        fellows=tuple(
            data["visit"]
            for data in found.get("fellow", ())
            if plan is not None
            and data["plan"] == plan.number
            and "joint_code" not in (unpacked(data["overrides"]) or {})
        ),
        partners=tuple(_read_officer(data) for data in found.get("partner", ())),
    )


def standing_plans() -> QuerySet[Plan]:
    """Each plan in its latest version, the withdrawn ones too."""
    later = Plan.objects.filter(number=OuterRef("number"), version__gt=OuterRef("version"))
    return Plan.objects.filter(~Exists(later))


def _items(asked: Mapping[str, Any]) -> list[QuerySet[Any, Any]]:
    """The items of the agency's own list and of region-wide ones (no agency) that these words name."""
    words = Value(asked["items"], output_field=CharField())
    by_code, by_name = (
        StrIndex(words, Concat(Value(_BREAK), F(column), Value(_BREAK), output_field=CharField()))
        for column in ("code", "name")
    )
    named = Item.objects.filter(agency_code__in=[asked["agency_code"], ""]).alias(by_code=by_code, by_name=by_name)
    return [
        named.filter(Q(by_code__gt=0) | Q(by_name__gt=0)).values(
            branch=Value("item", output_field=CharField()),
            data=JSONObject(
                code=F("code"),
                name=F("name"),
                region_code=F("region_code"),
                valid_from=F("valid_from"),
                valid_until=F("valid_until"),
            ),
        ),
        Device.objects.filter(pk=asked["device_id"]).values(
            branch=Value("listed", output_field=CharField()),
            data=JSONObject(listed=Exists(Item.objects.all())),
        ),
    ]


def _plan_and_fellows(asked: Mapping[str, Any]) -> list[QuerySet[Any, Any]]:
    """The plan, and who has named it at this door around the moment; another agency's is named by its number."""
    said = Trim(KeyTextTransform("plan_no", KeyTextTransform("visit", "scan__words")))
    near = Resolution.objects.filter(
        credit_code=asked["credit_code"], onsite_at__range=(asked["begin"], asked["end"]), visit__isnull=False
    )
    fellows = near.exclude(agency=asked["agency_id"]).alias(said=said).filter(said__in=_named(asked).values("number"))
    return [
        *_plan(asked),
        fellows.values(
            branch=Value("fellow", output_field=CharField()),
            data=JSONObject(visit=F("visit__number"), overrides=F("visit__overrides"), plan=said),
        ),
    ]


def _named(asked: Mapping[str, Any]) -> QuerySet[Plan]:
    """By the server's number, whoever's; or by the agency's own reference."""
    named = Q(number=asked["plan_no"]) | Q(source_ref=asked["plan_no"], agency_id=asked["agency_id"])
    return standing_plans().filter(named)


def _plan(asked: Mapping[str, Any]) -> list[QuerySet[Any, Any]]:
    columns = (
        "number",
        "agency_id",
        "credit_code",
        "first_day",
        "last_day",
        "withdrawn",
        "joint_open",
        "source_ref",
        "category",
    )
    return [
        _named(asked).values(
            branch=Value("plan_named", output_field=CharField()),
            data=JSONObject(**{name: F(name) for name in columns}, agency_code=F("agency__code")),
        )
    ]


def _partners(asked: Mapping[str, Any]) -> list[QuerySet[Any, Any]]:
    columns = ("pk", "certificate_no", "name", "agency_id", "status", "status_since", "valid_from", "valid_until")
    numbers = [asked[name] for name in STAND_INS["partners"]]
    return [
        Officer.objects.filter(certificate_no__in=numbers).values(
            branch=Value("partner", output_field=CharField()),
            data=JSONObject(**{name: F(name) for name in columns}),
        )
    ]


def _read_plan(data: Mapping[str, Any]) -> NamedPlan:
    return NamedPlan(
        number=data["number"],
        agency_id=data["agency_id"],
        agency_code=data["agency_code"],
        credit_code=data["credit_code"],
        first_day=date.fromisoformat(data["first_day"]),
        last_day=date.fromisoformat(data["last_day"]),
        withdrawn=bool(data["withdrawn"]),
        joint_open=bool(data["joint_open"]),
        source_ref=data["source_ref"],
        category=data["category"],
    )


def _read_officer(data: Mapping[str, Any]) -> NamedOfficer:
    return NamedOfficer(
        officer_id=data["pk"],
        certificate_no=data["certificate_no"],
        name=data["name"],
        agency_id=data["agency_id"],
        status=data["status"],
        status_since=moment(data["status_since"]) if data["status_since"] else None,
        valid_from=date.fromisoformat(data["valid_from"]),
        valid_until=date.fromisoformat(data["valid_until"]),
    )
