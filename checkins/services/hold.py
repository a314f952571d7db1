"""Hold the visit that a deed is about, and ask the table of states whether it may be done (part of deeds, not one)."""

from checkins.afterwards import where_now
from checkins.models import Visit
from checkins.services.correction import NoSuchVisit, VisitNotOpen, ask, hold_visit
from checkins.states import Deed


def hold_own(number: str, *, deed: Deed, agency_code: str) -> Visit:
    """The agency's visit under its enterprise's lane, to which this may be done as it stands. Inside a transaction.

    Raises NoSuchVisit for another agency's too, and what the table says.
    """
    visit = hold_named(number, agency_code=agency_code)
    ask(visit, deed=deed)
    return visit


def hold_named(number: str, *, agency_code: str) -> Visit:
    """The same, with nothing asked of it yet: a repeated request is answered as before, however the visit stands."""
    if "\x00" in number:
        raise NoSuchVisit  # PostgreSQL has no text that holds a NUL
    found = Visit.objects.filter(number=number, agency__code=agency_code).values_list("pk", flat=True).first()
    if found is None:
        raise NoSuchVisit
    return hold_visit(found)


def holder(visit: Visit, *, deed: Deed) -> Visit:
    """To which visit is this done that was said of `visit`: itself, or the one that has taken its scans in?

    Under the lane. Raises what the table says; VisitNotOpen too for one whose scans, taken in, were taken back there.
    """
    ask(visit, deed=deed)
    home = where_now(visit)
    if home is None:
        raise VisitNotOpen
    if home.pk != visit.pk:
        ask(home, deed=deed)
    return home
