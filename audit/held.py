"""What is kept past its term, because a case or a complaint about it is still open (留存中止)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from django.db.models import OuterRef, Subquery, Value

from audit.casework import State
from audit.models import Case, Complaint, ComplaintState, Flag, VisitFact

WHO = ("credit_code", "agency_code")


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """About whom nothing is wiped now. `enterprises`: credit codes. `agencies`: those pursued where no enterprise is
    named. `months` (`2026-07`): those of which such an agency's warnings speak."""

    enterprises: frozenset[str] = field(default_factory=frozenset)
    agencies: frozenset[str] = field(default_factory=frozenset)
    months: frozenset[str] = field(default_factory=frozenset)

    def __bool__(self) -> bool:
        return bool(self.enterprises or self.agencies)

    def covers(self, credit_code: str, agency_code: str) -> bool:
        """Is something about this enterprise, done by this agency, kept?"""
        return credit_code in self.enterprises or agency_code in self.agencies

    def among(self, subjects: Collection[str]) -> set[str]:
        """Which of these subjects of entries are kept? Visits, warnings, complaints, enterprises, months: what this
        floor knows of. At most three statements."""
        named: dict[str, list[str]] = {}
        for subject in subjects:
            kind, _colon, name = subject.partition(":")
            named.setdefault(kind, []).append(name)
        keys = [int(key) for key in named.get("flag", []) if key.isdecimal()]
        rows = {
            "visit": VisitFact.objects.filter(visit__in=named.get("visit", [])).values_list("visit", *WHO),
            "flag": Flag.objects.filter(pk__in=keys).values_list("pk", *WHO),
            "complaint": Complaint.objects.filter(number__in=named.get("complaint", [])).values_list("number", *WHO),
        }
        kept = {f"{kind}:{name}" for kind, some in rows.items() for name, *who in some if self.covers(*who)}
        kept |= {f"enterprise:{code}" for code in named.get("enterprise", []) if code in self.enterprises}
        return kept | {f"month:{month}" for month in named.get("month", []) if month in self.months}

    def complaints(self, keys: Sequence[int]) -> set[int]:
        """Which of these complaints are kept? One statement."""
        rows = Complaint.objects.filter(pk__in=keys).values_list("pk", *WHO)
        return {key for key, *who in rows if self.covers(*who)}


def held_now(*, named: Collection[str] = ()) -> Held:
    """About whom is a case open, or a complaint? Two statements.

    `named`: credit codes that the operator holds besides, for a court say."""
    last = ComplaintState.objects.filter(complaint=OuterRef("pk")).order_by("-serial")
    complaints = Complaint.objects.annotate(state=Subquery(last.values("state")[:1]))
    cases = Case.objects.exclude(state=State.CLOSED)
    open_ones = [
        *cases.values_list(*WHO, "flag__agency_code", "flag__period"),
        *complaints.exclude(state=ComplaintState.State.CLOSED).values_list(*WHO, Value(""), Value("")),
    ]
    agencies = [one for one in open_ones if not one[0]]
    return Held(
        enterprises=frozenset({code for code, *_rest in open_ones if code} | set(named)),
        agencies=frozenset({code for _none, *codes, _period in agencies for code in codes if code}),
        months=frozenset({period for *_rest, period in agencies if period}),
    )
