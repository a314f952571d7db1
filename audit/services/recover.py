"""Take back from a platform what the database has lost (找回): the visits' facts, and the letters that told of them.

Each comes back under its own number and moment, with an entry that says so. What is known already is left alone, so
that it may be done again; what is not ours to begin with (audit/returned.py) is refused.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.db.models import CharField, Max

from audit.actor import Actor
from audit.addressee import Addressee
from audit.bulk import raise_keys
from audit.envelope import Envelope, credit_code_of
from audit.lane import hold_all
from audit.models import Delivery, Filing, Flag, VisitFact
from audit.pen import Pen
from audit.returned import FLAG, VISIT, Belief, flag_of
from audit.services.entry import record
from audit.services.file import canonically
from audit.services.supersede import is_another, supersede
from audit.services.visit_fact import told
from audit.supervision import Held


@dataclass(frozen=True, kw_only=True, slots=True)
class Registered:
    """What letters do not say of a visit, and the registers know today."""

    agency_path: str = ""
    agency_level: str = ""
    industry: str = ""
    risk_grade: str = ""


@dataclass(kw_only=True, slots=True)
class Recovered:
    """What became of the letters. `not_open`: visits whose last word is that they do not count (withdrawn, voided,
    absorbed). `left`: letters that only people can use. `superseded`: numbers under which we had filed something else
    before this. `refused`: number → what is wrong with a letter that is none of ours. `taken`: numbers of the
    letters of facts and flags."""

    facts: int = 0
    flags: int = 0
    known: int = 0
    not_open: set[str] = field(default_factory=set)
    left: list[str] = field(default_factory=list)
    superseded: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    taken: list[str] = field(default_factory=list)

    def took(self, fact: VisitFact) -> None:
        self.facts += 1
        (self.not_open.discard if fact.state == "open" else self.not_open.add)(fact.visit)


def recover(
    held: Sequence[Held],
    *,
    platform: Addressee,
    others: Sequence[Addressee],
    belief: Belief,
    registered: Mapping[str, Registered],
    actor: Actor,
    at: datetime,
    only_list: bool = False,
) -> Recovered:
    """Take back some letters, in the order in which they arrived there; one transaction, in their enterprises' lanes.

    `others`: further platforms, which get them again and dedupe. `belief`: which are taken at all. `registered`: by the
    letter's number. Facts are known from the letter's moment on, so that a count as of a past day is what it was.
    `only_list`: all the same is done, and then undone: nothing is written, no key raised.
    """
    done = Recovered()
    held = _believed(held, belief, done)
    with transaction.atomic(durable=True):
        if not only_list:
            _raise(held)
        hold_all({one.letter.lane for one in held})
        rows = Filing.objects.filter(number__in=[one.letter.number for one in held])
        ours = {filing.number: filing for filing in rows}
        known, there = set(ours), _versions(held)
        pen = Pen()
        for one in held:
            number = one.letter.number
            if number in known:
                done.known += 1
                continue
            fact = _fact(one.letter, registered.get(number, Registered()))
            if fact is not None and (fact.visit, fact.version) not in there:
                there.add((fact.visit, fact.version))
                _record(fact, one, platform=platform, at=at, actor=actor, pen=pen)
                pen.take(fact)
                done.took(fact)
            elif one.letter.event.startswith(FLAG):
                done.flags += 1
            else:
                done.left.append(number)
                continue
            known.add(number)
            done.taken.append(number)
            _refile(one, platform=platform, others=others, at=at, pen=pen)
        pen.flush()
        for one in held:
            filing = ours.get(one.letter.number)
            if filing is not None and is_another(filing, held=one, platform=platform):
                supersede(filing, held=one, platform=platform, actor=actor, at=at)
                done.superseded.append(filing.number)
        if only_list:
            transaction.set_rollback(True)
    return done


def highest_keys() -> int:
    """The largest key of a filing or a flag here: how far what was lost may be ahead of it, `Belief` says."""
    return max(_highest(Filing), _highest(Flag))


def _highest(model: type[models.Model]) -> int:
    return int(model._base_manager.aggregate(most=Max("pk"))["most"] or 0)


def _believed(held: Sequence[Held], belief: Belief, done: Recovered) -> list[Held]:
    believed = []
    for one in held:
        fault = belief.fault(one)
        if fault:
            done.refused[one.letter.number] = fault
        else:
            believed.append(one)
    return believed


def _raise(held: Sequence[Held]) -> None:
    """A letter made from now on comes behind all of these in its lane's order (`sequence`), and a flag raised from now
    on bears none of their flags' numbers. Before the lanes are held: whoever else raises keys waits for this."""
    raise_keys(Filing, past=max((one.letter.sequence for one in held), default=0))
    flags = max((flag_of(one) for one in held), default=0)
    if flags:
        raise_keys(Flag, past=flags)


def _versions(held: Sequence[Held]) -> set[tuple[str, int]]:
    rows = VisitFact.objects.filter(visit__in={one.letter.subject for one in held})
    return set(rows.values_list("visit", "version"))


def _fact(letter: Envelope, registered: Registered) -> VisitFact | None:
    """The version of the visit that the letter told. None: it tells of none, or in a platform's own words."""
    said: dict[str, Any] = dict(letter.data)
    try:
        fact = VisitFact(
            visit=said["visit"],
            version=said["version"],
            known_from=letter.time,
            state=said["state"],
            origin="scanned",
            credit_code=said["credit_code"],
            enterprise_name=said["enterprise"],
            region_code=said["region_code"],
            industry=registered.industry,
            risk_grade=registered.risk_grade,
            agency_code=said["agency_code"],
            agency_path=registered.agency_path,
            agency_level=registered.agency_level or None,
            agency_name=said["agency"],
            supervised_by=said["supervised_by"],
            purpose=said["purpose"],
            category=said["category"],
            reason=said["reason"],
            source_no=said["source_no"],
            superior_ordered=said["superior_ordered"],
            joint_id=said["joint_id"],
            started_at=datetime.fromisoformat(said["started_at"]),
            officers=said["officers"],
            items=said["items"],
            claim=said["claim"],
        )
    except (LookupError, TypeError, ValueError):
        return None
    is_its_own = letter.event.startswith(VISIT) and letter.number == f"{fact.visit}-{fact.version}"
    return fact if is_its_own and letter.subject == fact.visit and _fits(fact) else None


def _fits(fact: VisitFact) -> bool:
    """Would the table take it?"""
    texts = [field for field in VisitFact._meta.concrete_fields if isinstance(field, CharField)]
    values = [(getattr(fact, field.attname), field) for field in texts]
    return isinstance(fact.officers, list) and all(
        (isinstance(value, str) and len(value) <= (field.max_length or 0)) or (value is None and field.null)
        for value, field in values
    )


def _record(fact: VisitFact, held: Held, *, platform: Addressee, at: datetime, actor: Actor, pen: Pen) -> None:
    """The entry is dated as the deed was that it stands for: `verify` compares the two, and lists it among those that
    came into the log later than was promised."""
    further = {name: value for name, value in held.letter.data.items() if name not in told(fact)}
    body = {
        # By itself: no word of a letter stands beside ours.
        **({"further": further} if further else {}),
        "facts": [told(fact)],
        "recovered_at": at,
        "platform": platform.code,
        "receipt": held.receipt,
        "received_at": held.received_at,
    }
    record(kind="fact-recovered", subject=f"visit:{fact.visit}", body=body, actor=actor, at=held.letter.time, pen=pen)


def _refile(held: Held, *, platform: Addressee, others: Sequence[Addressee], at: datetime, pen: Pen) -> None:
    letter = held.letter
    due = [one for one in others if one.wants(letter.event)]
    filing = Filing(
        number=letter.number,
        event=letter.event,
        credit_code=credit_code_of(letter.lane),
        visit=letter.subject,
        payload=canonically(letter.data),
        created_at=letter.time,
        owed=len(due),
        status=Filing.Status.PENDING if due else Filing.Status.DELIVERED,
    )
    pen.take_keyed(filing)
    pen.take(
        Delivery(
            filing_id=filing.pk,
            platform=platform.code,
            lane=letter.lane,
            status=Delivery.Status.DELIVERED,
            next_attempt_at=at,
            delivered_at=held.received_at,
            receipt=held.receipt,
        )
    )
    for one in due:
        pen.take(Delivery(filing_id=filing.pk, platform=one.code, lane=letter.lane, next_attempt_at=at))
