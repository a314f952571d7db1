"""An officer without a QR code looks an enterprise up: by its name, its sound, a slip, or the beginning of a code."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from audit.actor import Actor
from audit.look_ups import LookUpPolicy
from audit.services.look_up import Asker, log_look_up
from enterprises import candidates
from enterprises.candidates import COMMON, Candidate, Choice, Point, Spotted
from enterprises.grid import metres
from enterprises.ranking import Fit, fit, order
from enterprises.search import Query, Span, query, slips, sounds

ENOUGH = 3
"""P: with fewer that hold what was typed, those that nearly do are looked for too."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Meant:
    """One enterprise that may be meant. `distance_m`: metres from the fix to its nearest located place."""

    enterprise: Candidate
    fit: Fit
    address: str | None
    distance_m: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """The likeliest first. `more`: others fit too. `slowed`: this officer looks up more than the hourly number."""

    results: tuple[Meant, ...]
    more: bool
    slowed: bool


def look_up(
    *, typed: str, near: Point | None, most: int, asker: Asker, actor: Actor, at: datetime, policy: LookUpPolicy
) -> Found:
    """Which enterprises may be meant by `typed`? `near`: degrees in WGS-84. Nothing found is an empty answer.

    The search reads outside any transaction; what was asked and how many were shown is then logged in one.
    """
    asked = query(typed)
    ranked = _ranked(asked, near, most)
    shown = min(len(ranked), most)
    slowed = log_look_up(typed=asked.text, shown=shown, asker=asker, actor=actor, at=at, policy=policy)
    if slowed:
        shown = min(shown, policy.fewest)
    return Found(results=tuple(_described(ranked[:shown])), more=len(ranked) > shown, slowed=slowed)


class _Ranked(NamedTuple):
    worth: float
    enterprise: Candidate
    fit: Fit
    spot: Spotted | None
    distance_m: float | None


def _ranked(asked: Query, near: Point | None, most: int) -> list[_Ranked]:
    located = near is not None
    found = _fitting(asked, candidates.read(_whole(asked, near, most), located=located))
    if len(found) < ENOUGH:
        known = {enterprise.id for enterprise, _fit in found}
        alike = candidates.read(_alike(asked), located=located)
        found += _fitting(asked, [one for one in alike if one.id not in known])
    ranked = [_placed(enterprise, fitting, near) for enterprise, fitting in found]
    return sorted(ranked, key=lambda one: (-one.worth, one.enterprise.name, one.enterprise.credit_code))


def _whole(asked: Query, near: Point | None, most: int) -> list[Choice]:
    """Enterprises that have every window of one way to read what was typed, and those whose code begins so."""
    found = candidates.coded(asked.code)
    alone = len(asked.whole) == 1 and len(asked.whole[0]) == 1 and near is None
    held = dict.fromkeys(asked.whole[0], 1) if alone else _held(asked.whole)  # nothing to choose from: not counted
    for way in asked.whole:
        few = _rarest(way, held)
        if few and near:
            found += _nearby(asked, few, held[few[0]], near, most)
        elif few:
            found.append(candidates.holding(few))
    return [*found, *candidates.having_one(asked.either)]


def _alike(asked: Query) -> list[Choice]:
    """Enterprises whose name sounds the same, or is the same but for one character."""
    heard, slipped = tuple(sounds(asked.text)), tuple(slips(asked.text))
    held = _held([heard, *(slip.rest for slip in slipped)])
    found = [candidates.holding(few)] if (few := _rarest(heard, held)) else []
    wild: list[Span] = []
    for slip in slipped:
        few = _rarest(slip.rest, held)
        if few and held[few[0]] < COMMON:
            found.append(candidates.holding(few))
        else:
            wild += slip.wild
    return [*found, *candidates.having_one(list(dict.fromkeys(wild)))]


def _held(ways: Iterable[Sequence[Span]]) -> dict[Span, int]:
    """How many keys each span of these holds, counted as far as that matters."""
    spans = list(dict.fromkeys(each for way in ways for each in way))
    return dict(zip(spans, candidates.counts(spans), strict=True)) if spans else {}


def _rarest(way: Sequence[Span], held: dict[Span, int]) -> list[Span]:
    """The three rarest spans, those that tell nothing left out; but never all of them.

    A span that holds nothing is left out too: the end of what was typed may be the beginning of a legal form.
    """
    present = sorted((held[each], each) for each in way if held[each])
    return [each for count, each in present if count < COMMON][:3] or [each for _count, each in present[:1]]


def _nearby(asked: Query, few: Sequence[Span], held: int, near: Point, most: int) -> list[Choice]:
    """Those near the fix; of what is too common to measure each of them, those around it, and behind them as many
    others as are shown, and one more to say that there are more."""
    if held < COMMON:
        return [candidates.nearest(few, near)]
    around = candidates.keyed_near(few[0], near) if asked.text.isascii() else candidates.named_near(asked.text, near)
    return [around, candidates.holding(few, most + 1)]


def _fitting(asked: Query, some: Iterable[Candidate]) -> list[tuple[Candidate, Fit]]:
    found = []
    for enterprise in some:
        fitting = fit(
            asked,
            name=enterprise.name,
            former_names=enterprise.former_names,
            credit_code=enterprise.credit_code,
            registration_no=enterprise.registration_no,
        )
        if fitting is not None:
            found.append((enterprise, fitting))
    return found


def _placed(enterprise: Candidate, fitting: Fit, near: Point | None) -> _Ranked:
    spot: Spotted | None = None
    distance: float | None = None
    if near is not None and enterprise.spots:
        away = {each: metres(longitude=each.longitude, latitude=each.latitude, to=near) for each in enterprise.spots}
        spot = min(away, key=away.__getitem__)
        distance = away[spot]
    worth = order(fitting, is_open=enterprise.status == "open", distance_m=distance)
    return _Ranked(worth, enterprise, fitting, spot, distance)


def _described(ranked: Sequence[_Ranked]) -> list[Meant]:
    """With the address of the nearest place, or of the first one registered."""
    places = candidates.addresses([one.enterprise.id for one in ranked])
    found = []
    for one in ranked:
        told = places.get(one.enterprise.id, {})
        address = told.get(one.spot.premises_id) if one.spot else next(iter(told.values()), None)
        distance = None if one.distance_m is None else round(one.distance_m)
        found.append(Meant(enterprise=one.enterprise, fit=one.fit, address=address, distance_m=distance))
    return found
