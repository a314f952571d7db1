"""Say what came of a visit, item by item (检查结果); later words about an item replace earlier ones."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.canonical import utc_text
from audit.facts import day_of
from audit.problem import Problem
from audit.services.entry import record
from checkins.after_words import ItemResultWords, ResultWords
from checkins.afterwards import Life, lives, where_now
from checkins.models import Result, Visit
from checkins.outcome import Said
from checkins.services.correction import visit_of
from checkins.services.further import tell_further
from checkins.services.hold import hold_named, holder
from checkins.states import Deed


class NoSuchRectification(Problem):
    """A re-inspection (整改复查) looks after an earlier visit of the same agency there that ordered to rectify."""

    code, status, title = "rectification-not-found", 422, _("没有找到该复查所对应的责令改正")


class TermBeforeVisit(Problem):
    """Nothing can be ordered to be put right before it was looked at: `visited_on`, a day of Asia/Shanghai."""

    code, status, title = "rectify-by-before-visit", 422, _("整改期限早于入企当日")


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """The visit with its results. `replayed`: all of it was said before."""

    life: Life
    replayed: bool


def say_results(*, number: str, words: ResultWords, agency_code: str, actor: Actor, at: datetime) -> Found:
    """Append what is new of these results; the visit's fact gains the items that nobody named before.

    By an officer of the visit's agency, or a backend that names the agency. Raises NoSuchVisit, VisitNotOpen (taken
    back), NoSuchRectification, TermBeforeVisit.
    """
    with transaction.atomic():
        visit = holder(hold_named(number, agency_code=agency_code), deed=Deed.RESULT)
        [before] = lives([visit])
        earlier = _rectified(words.reinspection_of, by=visit) if words.reinspection_of else None
        fresh = _new_among(words.items, known=before.results, earlier=earlier)
        if not fresh:
            return Found(life=before, replayed=True)
        visited_on = day_of(visit.started_at)
        if any(one.rectify_by is not None and one.rectify_by < visited_on for one in fresh):
            raise TermBeforeVisit(visited_on=visited_on.isoformat())
        for one in fresh:
            Result(
                visit=visit,
                item=one.item,
                outcome=one.outcome,
                rectify_by=one.rectify_by,
                note=one.note,
                case_no=one.case_no,
                reinspection_of=earlier,
                by=actor,
                at=at,
            ).save(force_insert=True)
        _tell(visit, before=before, fresh=fresh, earlier=earlier, actor=actor, at=at)
        [life] = lives([visit])
        return Found(life=life, replayed=False)


def _rectified(number: str, *, by: Visit) -> Visit:
    earlier = visit_of(number)
    home = where_now(earlier) if earlier else None
    if home is None or home.pk == by.pk or (home.agency_id, home.credit_code) != (by.agency_id, by.credit_code):
        raise NoSuchRectification
    orders = Result.Outcome.RECTIFY
    if home.started_at >= by.started_at or not any(one.outcome == orders for one in lives([home])[0].results):
        raise NoSuchRectification
    return home


def _new_among(
    items: Iterable[ItemResultWords], *, known: Iterable[Said], earlier: Visit | None
) -> list[ItemResultWords]:
    said = {one.item: one.words for one in known}
    number = earlier.number if earlier else ""
    return [one for one in items if said.get(one.item) != (one.outcome, one.rectify_by, one.note, one.case_no, number)]


def _tell(
    visit: Visit,
    *,
    before: Life,
    fresh: list[ItemResultWords],
    earlier: Visit | None,
    actor: Actor,
    at: datetime,
) -> None:
    told = [one.model_dump(mode="json") for one in fresh]
    more = {"results": told, "reinspection_of": earlier.number if earlier else None, "said_at": utc_text(at)}
    items = list(dict.fromkeys([*before.fact.items, *(one.item for one in fresh)]))
    fact = tell_further(visit, changes={"items": items}, event="visit.result", more=more, at=at)
    record(kind="visit-result", subject=f"visit:{visit.number}", body={**more, "facts": [fact]}, actor=actor, at=at)
