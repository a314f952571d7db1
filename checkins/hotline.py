"""The hotline's work orders (12345 工单) as one file of its export says them: what is new, known, or refused and why.

An order is told by value, so that it can be kept between the page that shows it and the one that takes it in.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.complaints import orders_known
from audit.intake import Intake, Refused
from audit.models import Complaint
from audit.phone import cleaned
from audit.problem import Problem
from audit.register import Column, Refusal, lacking
from audit.sheet import Sheet
from checkins.complained_of import About, Named, registers
from checkins.hotline_columns import SOURCE_NO, identity

AHEAD = timedelta(minutes=10)
"""By so much the hotline's clock may be fast."""


class TooManyOrders(Problem):
    code, status, title = "hotline-too-many", 422, gettext_lazy("行数太多，请分批导入")


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """One work order: what was said, when, by whom, and whom it is about as the registers have it."""

    source_no: str
    received_at: str
    text: str
    kind: str
    complainant: str
    phone: str
    credit_code: str
    enterprise_name: str
    region_code: str
    agency_code: str
    agency_path: str
    agency_name: str
    supervised_by: str

    @classmethod
    def told(cls, words: dict[str, Any]) -> Self:
        """As `asdict` has told it."""
        return cls(**words)

    @property
    def said_at(self) -> datetime:
        return datetime.fromisoformat(self.received_at)

    def words(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Orders:
    """What a file says: `read` lines, of which `new` can be taken in, `known` are there already."""

    read: int
    new: Sequence[Order]
    known: Sequence[str]
    refused: Sequence[Refused]


def hotline_of(*, region_prefix: str, bureau: str) -> str:
    """Whose work orders does a supervisor of `bureau` in this region hand in? Each city has a hotline, and numbers its
    orders by itself: the city's four digits, or else the bureau."""
    return region_prefix[:4] or bureau


def read_orders(
    sheet: Sheet,
    *,
    columns: Sequence[Column],
    region_prefix: str,
    bureau: str,
    most: int,
    oldest: timedelta,
    at: datetime,
) -> Orders:
    """Four statements, however many lines. Raises UnreadableSheet, TooManyOrders."""
    intake = Intake(sheet, columns, key=SOURCE_NO.name, identity=identity)
    chunk = next(intake.chunks(most + 1))
    if chunk.lines > most:
        raise TooManyOrders(_("至多 %(most)s 行") % {"most": most})
    hotline = hotline_of(region_prefix=region_prefix, bureau=bureau)
    known = orders_known([row.values[SOURCE_NO.name] for row in chunk.rows], hotline=hotline)
    rows = [row for row in chunk.rows if row.values[SOURCE_NO.name] not in known]
    named = [_named(row.values) for row in rows]
    registry, new, refused = registers(named), list[Order](), list(chunk.refused)
    for row, who in zip(rows, named, strict=True):
        wrong = [*lacking(columns, row.values), *_wrong_time(row.values, at=at, oldest=oldest)]
        if not wrong:
            try:
                about = registry.about(who, region_prefix=region_prefix, bureau=bureau)
            except Problem as refusal:
                wrong = [Refusal(column="", value=who.enterprise or who.credit_code, sentence=str(refusal.title))]
            else:
                new.append(_order(row.values, about))
        refused += [Refused(row.line, one) for one in wrong]
    return Orders(chunk.lines, new, sorted(known), sorted(refused, key=lambda one: one.line))


def _named(values: dict[str, Any]) -> Named:
    return Named(**{name: values.get(name, "") for name in ("credit_code", "enterprise", "agency")})


def _wrong_time(values: dict[str, Any], *, at: datetime, oldest: timedelta) -> list[Refusal]:
    said = values.get("received_at")
    if said is None or at - oldest <= said <= at + AHEAD:
        return []
    sentence = _("时间还没有到") if said > at else _("早于 %(days)s 天前") % {"days": oldest.days}
    return [Refusal(column=_("来电时间"), value=f"{said:%Y-%m-%d %H:%M}", sentence=sentence)]


def _order(values: dict[str, Any], about: About) -> Order:
    phone = cleaned(values.get("phone", ""))
    beside = {_("被反映单位"): about.unknown, _("来电号码"): values.get("phone", "") if phone is None else ""}
    text = "\n".join([values["text"], *(f"{name}：{said}" for name, said in beside.items() if said)])
    organ = about.organ
    return Order(
        source_no=values["source_no"],
        received_at=values["received_at"].isoformat(),
        text=text,
        kind=values.get("kind", Complaint.Kind.OTHER.value),
        complainant=values.get("complainant", ""),
        phone=phone or "",
        credit_code=about.whose.credit_code,
        enterprise_name=about.whose.enterprise_name,
        region_code=about.whose.region_code,
        agency_code=organ.code if organ else "",
        agency_path=organ.path if organ else "",
        agency_name=organ.name if organ else "",
        supervised_by=organ.supervised_by if organ else "",
    )
