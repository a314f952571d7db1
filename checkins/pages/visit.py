"""One visit on the board: what is known of it in every version, which warnings it stands in, and what proves it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import BooleanField, Case, Q, Value, When
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from audit.behind import Row, Warned, flags_in_sight, read, warnings
from audit.duties import Matter, May
from audit.explained import CATEGORIES, ORIGINS, PURPOSES, REASONS, STATES, word
from audit.models import Entry, Leaf, VisitFact
from audit.pages.porch import Knock, board_page, show
from audit.queries import FACT_COLUMNS, read_fact
from audit.services.log_read import log_read
from audit.tree import receipt
from checkins.models import Resolution, Scan
from officers.auth import agencies_in_sight

LONGEST_NUMBER = 64
RECEIPTS = {"scan": _("扫码"), "resolution": _("认定"), "visit-shown": _("向企业亮证")}
KINDS = {
    **RECEIPTS,
    "departure": _("离开"),
    "visit-result": _("检查结果"),
    "plan-linked": _("补报检查计划"),
    "approved": _("补报审批"),
    "approval-overdue": _("逾期未补审批"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Version:
    """What a visit was known to be from a moment on."""

    row: Row
    claim: str

    @property
    def origin(self) -> str:
        return word(ORIGINS, self.row.fact.origin)

    @property
    def state(self) -> str:
        return word(STATES, self.row.fact.state)

    @property
    def reason(self) -> str:
        fact = self.row.fact
        return "，".join(said for said in (word(REASONS, fact.reason) if fact.reason else "", fact.source_no) if said)


@dataclass(frozen=True, kw_only=True, slots=True)
class Proof:
    """An entry of the record about this visit: its leaf, its place in the log (None: not yet), where its receipt is."""

    kind: str
    entry: Entry
    leaf: str
    place: Leaf | None
    receipt: str


@board_page(Matter.FACTS)
def visit(request: HttpRequest, knock: Knock, number: str) -> HttpResponse:
    """404 unless the visit as it now stands is in reach. Five statements beside who knocks and the read log."""
    versions = _versions(knock, number)
    fact = versions[-1].row.fact
    context = {
        "visit": versions[-1],
        "versions": versions[::-1],
        "flags": _flags(knock, fact.credit_code, number),
        "proofs": _proofs(knock, number),
        "number": number,
    }
    return show(
        request, "checkins/board_visit.html", context, knock=knock, subject=f"visit:{number}", shown=len(versions)
    )


@board_page(Matter.FACTS)
def visit_receipt(request: HttpRequest, knock: Knock, number: str) -> HttpResponse:
    """The receipt of who was shown to the enterprise: text, to be checked without us."""
    _versions(knock, number)
    return _receipt(knock, kind="visit-shown", subject=f"visit:{number}")


@board_page(Matter.SCANS)
def scan_receipt(request: HttpRequest, knock: Knock, scan_id: UUID) -> HttpResponse:
    """The receipt of a scan, for whoever may see scans of its agency."""
    mine = Scan.objects.filter(pk=scan_id, agency__in=agencies_in_sight(knock.sight).values("pk"))
    if not mine.exists():
        raise Http404
    return _receipt(knock, kind="scan", subject=str(scan_id))


def _receipt(knock: Knock, *, kind: str, subject: str) -> HttpResponse:
    found = receipt(kind=kind, subject=subject)
    if found is None:
        raise Http404
    log_read(page="board-receipt", subject=f"{kind} {subject}", shown=1, actor=knock.sight.actor, at=knock.at)
    response = HttpResponse(str(found), content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="receipt.txt"'
    return response


def _versions(knock: Knock, number: str) -> list[Version]:
    """Those in reach, the latest of all last. Raises Http404 where that one is not."""
    if len(number) > LONGEST_NUMBER or "\x00" in number:
        raise Http404
    within = knock.sight.rows(region="region_code", branch="agency_path", supervised_by="supervised_by")
    seen: Any = Case(When(within, then=Value(True)), default=Value(False), output_field=BooleanField())
    rows = VisitFact.objects.filter(visit=number).annotate(within=seen if within != Q() else Value(True))
    found = list(rows.order_by("version").values(*FACT_COLUMNS, "enterprise_name", "within"))
    if not found or not found[-1]["within"]:
        raise Http404
    return [_version(row) for row in found if row["within"]]


def _version(row: dict[str, Any]) -> Version:
    columns = {name: row[name] for name in FACT_COLUMNS}
    fact = read_fact(columns)
    claim = fact.claimed
    changes = [
        word(table, getattr(claim, name))
        for name, table in (("state", STATES), ("purpose", PURPOSES), ("category", CATEGORIES), ("reason", REASONS))
        if getattr(claim, name) != getattr(fact, name)
    ]
    return Version(row=Row(fact=fact, enterprise=row["enterprise_name"]), claim="、".join(changes))


def _flags(knock: Knock, credit_code: str, number: str) -> list[Warned]:
    """The warnings that count this visit or name it as left out."""
    if not knock.sight.may(May.VIEW, Matter.FLAGS):
        return []
    _none, found = read([warnings(flags_in_sight(knock.sight).filter(credit_code=credit_code), many=100)])
    return [flag for flag in found if number in flag.named]


def _proofs(knock: Knock, number: str) -> list[Proof]:
    """The entries about the visit and, for whoever may see scans, about those that it is read from."""
    subjects = [f"visit:{number}"]
    if knock.sight.may(May.VIEW, Matter.SCANS):
        agencies = agencies_in_sight(knock.sight).values("pk")
        scans = Resolution.objects.filter(visit__number=number, scan__agency__in=agencies)
        subjects += [str(scan) for scan in scans.order_by("scan").values_list("scan", flat=True).distinct()]
    entries = list(Entry.objects.filter(subject__in=subjects).order_by("at", "pk").defer("body", "salt"))
    places = {leaf.entry_id: leaf for leaf in Leaf.objects.filter(entry__in=entries).select_related("log")}
    return [
        Proof(
            kind=word(KINDS, entry.kind),
            entry=entry,
            leaf=bytes(entry.leaf).hex(),
            place=places.get(entry.pk),
            receipt=_address(entry, number) if entry.pk in places else "",
        )
        for entry in entries
    ]


def _address(entry: Entry, number: str) -> str:
    if entry.kind == "visit-shown":
        return reverse("board-visit-receipt", args=[number])
    return reverse("board-scan-receipt", args=[entry.subject]) if entry.kind == "scan" else ""
