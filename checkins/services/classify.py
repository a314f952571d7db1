"""Say of what kind a visit was after all (改类): the missing word at once, anything else when a supervisor confirms."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from audit import queries as audit
from audit.actor import Actor
from audit.facts import Fact
from audit.history import save_as
from audit.law import Law
from audit.models import VisitFact
from audit.services.visit_fact import told
from checkins.amendment import KIND_WORDS, changed, is_missing, takes_out
from checkins.models import Correction, Ruling, Visit
from checkins.services.correction import (
    Corrected,
    NoSuchVisit,
    ask,
    hold_visit,
    how_it_stands,
    rule,
    say,
    standing_scans,
    tell,
    visit_of,
    was_there,
    write_down,
)
from checkins.states import Deed
from officers.rules import Caller


def classify(
    *, number: str, said: Mapping[str, Any], reason: str, caller: Caller, at: datetime, annual_cap: int
) -> Corrected:
    """Give or change the words of a visit's kind; by an officer who was there, or of the visit's agency.

    What no scan has said yet ("counts as routine until classified", P) and takes the visit out of no count is the
    missing word: it stands at once. All else is a claim: the visit counts by both readings until a supervisor
    confirms. Saying again what stands takes a waiting claim back. The same words of the same officer again: how they
    stand now. `said`: of KIND_WORDS. Raises NoSuchVisit, VisitNotOpen, VoidingWaits.
    """
    found = visit_of(number)
    if found is None or (found.agency_id != caller.agency_id and not was_there(found, caller=caller)):
        raise NoSuchVisit
    actor = Actor.officer(caller.certificate_no)
    with transaction.atomic():
        visit = hold_visit(found.pk)
        words = changed(said, stands={name: getattr(visit, name) for name in KIND_WORDS})
        newest = Correction.objects.filter(visit=visit).order_by("-pk").first()
        if newest is not None and _is_again(newest, said=said, words=words, reason=reason, by=actor):
            return how_it_stands(newest, visit=visit)
        ask(visit, deed=Deed.CLASSIFICATION)
        if not words and not Correction.objects.filter(visit=visit, ruling__isnull=True).exists():
            return _nothing_new(visit, reason=reason, at=at)
        return say_kind(visit, words=words, reason=reason, annual_cap=annual_cap, actor=actor, at=at)


def _is_again(newest: Correction, *, said: Mapping[str, Any], words: Mapping[str, Any], reason: str, by: Actor) -> bool:
    """Is this what the newest correction said? Once it is in force, there is nothing left that changes."""
    return (
        (newest.kind, newest.by, newest.reason) == (Correction.Kind.CLASSIFICATION, by, reason)
        and newest.claim.items() <= said.items()
        and words in ({}, newest.claim)
    )


def _nothing_new(visit: Visit, *, reason: str, at: datetime) -> Corrected:
    return Corrected(
        visit=visit.number,
        visit_status=visit.status,
        kind=Correction.Kind.CLASSIFICATION,
        claim={},
        reason=reason,
        at=at,
        state=Ruling.Verdict.AT_ONCE,
        ruled_at=at,
        note="",
    )


def say_kind(
    visit: Visit, *, words: Mapping[str, Any], reason: str, annual_cap: int, actor: Actor, at: datetime
) -> Corrected:
    """Say these words of the visit's kind, at once or as a claim (part of a deed, not one itself). Under its lane."""
    scans = standing_scans(visit)
    correction = say(
        visit,
        kind=Correction.Kind.CLASSIFICATION,
        claim=words,
        scans=[str(one.scan_id) for one in scans],
        reason=reason,
        actor=actor,
        at=at,
    )
    given = [one.scan.words for one in scans]
    at_once = all(is_missing(word, scans=given, overrides=visit.overrides) for word in words)
    if at_once and not takes_out(_fact_of(visit), words, law=Law(audit.rules(), default_cap=annual_cap)):
        rule(correction, verdict=Ruling.Verdict.AT_ONCE, note="", actor=actor, at=at)
        fact = call_it(visit, words=words, actor=actor, at=at)
    else:
        at_once = False
        fact = tell(visit, changes={"claim": dict(words)}, event="visit.classification_claimed", at=at)
    write_down(
        correction,
        visit=visit,
        kind="classified" if at_once else "classification-claimed",
        facts=[told(fact)],
        because="执法单位补充或更改了检查类别",
        annual_cap=annual_cap,
        actor=actor,
        at=at,
    )
    return how_it_stands(correction, visit=visit)


def _fact_of(visit: Visit) -> Fact:
    rows = VisitFact.objects.filter(visit=visit.number).order_by("-version").values(*audit.FACT_COLUMNS)
    return audit.read_fact(rows[:1].get())


def call_it(visit: Visit, *, words: Mapping[str, Any], actor: Actor, at: datetime) -> VisitFact:
    """These words stand from now on, whatever scans say; no claim is left (part of a deed, not one itself)."""
    visit.overrides = {**(visit.overrides or {}), **words} or None
    for name, value in words.items():
        setattr(visit, name, value)
    save_as(visit, actor=actor, at=at, reason="visit.classified")
    return tell(visit, changes={**words, "claim": None}, event="visit.classified", at=at)
