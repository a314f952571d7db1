"""The table of a visit's states is total, and the real deeds do what it says: each arrow of it is walked.

"The visit" is 张伟's at a bean-curd stall at nine in the evening of Monday, 29 June 2026. Before it, 李娜 was there at
two (a visit of her own) and at half past three; 孙磊 is the colleague who was at neither. Clocks stand still: it is
ten on the next morning, and every scan has only just arrived.
"""

import contextlib
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction

from audit.actor import Actor
from audit.counting import count
from audit.facts import SHANGHAI, State
from audit.models import VisitFact
from audit.problem import Problem
from audit.queries import dossier_of
from checkins.after_words import PlanLinkWords
from checkins.models import Correction, Ruling, Visit
from checkins.services.annul import annul
from checkins.services.correction import REFUSALS, VisitNotOpen, standing
from checkins.services.link_plan import link_plan
from checkins.services.merge import confirm_merge, propose_merge
from checkins.services.rule_on import rule_on
from checkins.states import MEANINGS, TABLE, Deed, Standing, refusal, standing_of
from project.reference.states import diagram
from tests.town import GLASS, Phone, Town, scan_body

NEXT_MORNING = datetime(2026, 6, 30, 10, tzinfo=SHANGHAI)
NINE = datetime(2026, 6, 29, 9, tzinfo=SHANGHAI)
LI_JING = Actor.account("li.jing")
EXEMPT = {"reason": "complaint", "source_no": "12345-1"}


@dataclass
class Story:
    """One stall, its scans by name, and what has become of the visit that scan `b` opened."""

    town: Town
    door: str = ""
    scans: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=dict)
    words: int = 0

    def scan(self, name: str, hours: float, phone: Phone, **visit: Any) -> None:
        """Scan at so many hours after nine in the morning of the 29th; told what the phone is told."""
        where: dict[str, Any] = {"credit_code": self.door} if self.door else {"subject": {"name": "豆腐摊"}}
        at = (NINE + timedelta(hours=hours)).isoformat()
        body = scan_body(scan_id=str(uuid.uuid4()), code=None, scanned_at=at, visit=visit, **where)
        told = _good(phone.post("/scans", body))
        self.door = told["enterprise"]["credit_code"]
        self.scans[name], self.numbers[name] = told["scan_id"], told["visit"]["number"]

    def withdraw(self, name: str, phone: Phone) -> None:
        _good(phone.post(f"/scans/{self.scans[name]}/withdrawal", {"reason": "误扫"}))

    def say(self, what: str, phone: Phone, of: str = "b", **words: Any) -> None:
        """Each time in words of its own: the same words again are answered as before, and no deed."""
        self.words += 1
        body = {"reason": f"理由{self.words}", **words}
        _good(phone.post(f"/visits/{self.numbers[of]}/{what}", body))

    def rule(self, verdict: str, of: str = "b") -> None:
        """On the newest word about the visit."""
        correction = Correction.objects.filter(visit__number=self.numbers[of]).order_by("-pk").first()
        if correction is None:
            raise NothingSaid
        given = {"policy": settings.CHECKIN_POLICY, "annual_cap": 2, "actor": LI_JING, "at": datetime.now(UTC)}
        rule_on(correction=correction, verdict=Ruling.Verdict(verdict), note="", **given)  # type: ignore[arg-type]

    @property
    def visit(self) -> Visit:
        return Visit.objects.get(number=self.numbers["b"])


class NothingSaid(Exception):
    """There is no correction to rule on: the driver does not fit this story."""


class Refused(Exception):
    """With this problem code."""


def _good(response: Any) -> Any:
    told = response.json()
    if response.status_code >= 400:
        raise Refused(told["type"].removeprefix("/problems/"))
    return told


# How a visit comes to stand so, by the real deeds.


def opened(story: Story) -> None:
    story.scan("a", 5, story.town.li_na)
    story.scan("l", 6.5, story.town.li_na)
    story.scan("b", 12, story.town.zhang_wei)


def cleared(story: Story) -> None:
    """A claim that was rejected: there is something to rule on once more."""
    voiding_claimed(story)
    story.rule("rejected")


def voiding_claimed(story: Story) -> None:
    opened(story)
    story.say("voiding", story.town.sun_lei)


def classification_claimed(story: Story) -> None:
    opened(story)
    story.say("classification", story.town.zhang_wei, visit=EXEMPT)


def withdrawn(story: Story) -> None:
    opened(story)
    story.withdraw("b", story.town.zhang_wei)


def voided(story: Story) -> None:
    voiding_claimed(story)
    story.rule("confirmed")


def neighbour_voided(story: Story, said: Callable[[Story], None] = lambda story: None) -> None:
    """The neighbour had taken the visit in when somebody wanted it voided; an earlier scan set the visit free."""
    opened(story)
    story.withdraw("a", story.town.li_na)
    story.say("voiding", story.town.sun_lei, of="a")
    story.scan("early", 5, story.town.li_na)
    said(story)


def neighbour_voided_and_voiding_claimed(story: Story) -> None:
    neighbour_voided(story, lambda story: story.say("voiding", story.town.sun_lei))


def neighbour_voided_and_classification_claimed(story: Story) -> None:
    neighbour_voided(story, lambda story: story.say("classification", story.town.zhang_wei, visit=EXEMPT))


def voided_along(story: Story) -> None:
    neighbour_voided_and_classification_claimed(story)
    story.rule("confirmed", of="a")


def absorbed(story: Story, before: Callable[[Story], None] = opened) -> None:
    before(story)
    story.withdraw("a", story.town.li_na)


def absorbed_after_a_rejection(story: Story) -> None:
    absorbed(story, cleared)


def absorbed_with_a_voiding(story: Story) -> None:
    absorbed(story, voiding_claimed)


def absorbed_with_a_classification(story: Story) -> None:
    absorbed(story, classification_claimed)


def absorbed_by_name(story: Story, before: Callable[[Story], None] = opened) -> None:
    before(story)
    story.scan("c", 10.9, story.town.li_na, continues=story.numbers["a"])


def absorbed_by_name_with_a_voiding(story: Story) -> None:
    absorbed_by_name(story, voiding_claimed)


def absorbed_by_name_with_a_classification(story: Story) -> None:
    absorbed_by_name(story, classification_claimed)


STORIES: dict[Standing, tuple[Callable[[Story], None], ...]] = {
    Standing.OPEN: (opened, cleared, neighbour_voided),
    Standing.VOIDING_CLAIMED: (voiding_claimed, neighbour_voided_and_voiding_claimed),
    Standing.CLASSIFICATION_CLAIMED: (classification_claimed, neighbour_voided_and_classification_claimed),
    Standing.WITHDRAWN: (withdrawn,),
    Standing.VOIDED: (voided,),
    Standing.VOIDED_CLAIMED: (voided_along,),
    Standing.ABSORBED: (absorbed, absorbed_after_a_rejection, absorbed_by_name),
    Standing.ABSORBED_CLAIMED: (
        absorbed_with_a_voiding,
        absorbed_with_a_classification,
        absorbed_by_name_with_a_voiding,
        absorbed_by_name_with_a_classification,
    ),
}


# The deeds, each in the ways that lead somewhere else.


def _withdraw_one_of_two(story: Story) -> None:
    story.scan("second", 12.5, story.town.li_na, continues=story.numbers["b"])
    story.withdraw("b", story.town.zhang_wei)


def _rule_after_another_scan(story: Story) -> None:
    if standing(story.visit) != Standing.VOIDING_CLAIMED:
        raise NothingSaid
    story.scan("second", 12.5, story.town.li_na)
    story.rule("confirmed")


def _reject_what_a_neighbour_has_taken_in(story: Story) -> None:
    if story.visit.status != State.WITHDRAWN:
        raise NothingSaid
    story.scan("c", 10.9, story.town.li_na, continues=story.numbers["a"])
    story.rule("rejected")


def _annul(story: Story) -> None:
    given = {"policy": settings.CHECKIN_POLICY, "annual_cap": 2, "actor": LI_JING, "at": datetime.now(UTC)}
    annul(visit=story.visit, reason="试扫", **given)  # type: ignore[arg-type]


def _merge(story: Story) -> None:
    at = datetime.now(UTC)
    merge = propose_merge(subject=story.door, credit_code=GLASS, reason="有照", actor=Actor.account("a"), at=at)
    confirm_merge(merge=merge, annual_cap=2, actor=Actor.account("b"), at=at)
    assert story.visit.credit_code == GLASS


def _void_the_neighbour(story: Story) -> None:
    if not Correction.objects.filter(visit__number=story.numbers["a"], ruling__isnull=True).exists():
        raise NothingSaid
    story.rule("confirmed", of="a")


def _join(story: Story) -> None:
    """王强 of the fire brigade was there too."""
    story.scan("fire", 12.2, story.town.wang_qiang)
    path = f"/visits/{story.numbers['b']}/join"
    _good(story.town.li_na.post(path, {"with": story.numbers["fire"]}))
    assert story.visit.joint_id == story.numbers["fire"]


def _leave(story: Story) -> None:
    with contextlib.suppress(Refused):
        _join(story)
    story.say("leave", story.town.zhang_wei)
    assert story.visit.joint_id == ""


def _confirm_having_been_there(story: Story) -> None:
    """李娜 is still there this morning, with 孙磊, whose phone is dead."""
    sun_lei = story.town.sun_lei
    partners = [sun_lei.officer.certificate_no]
    story.scan("partnered", 24.9, story.town.li_na, continues=story.numbers["b"], partners=partners)
    _good(sun_lei.post(f"/visits/{story.numbers['b']}/join", {}))


def _approve(story: Story) -> None:
    _good(story.town.li_na.post(f"/visits/{story.numbers['b']}/approval", {"approval_no": "襄市监审〔2026〕3号"}))


def _say_the_plan(story: Story) -> None:
    """The spot-check system's word (双随机)."""
    whose = {"agency_code": "130502-SCJG", "source": "双随机平台", "annual_cap": 2}
    said = {"actor": Actor.backend("ssj"), "at": datetime.now(UTC), "words": PlanLinkWords(plan_no="双随机〔2026〕7号")}
    link_plan(number=story.numbers["b"], **whose, **said)  # type: ignore[arg-type]


def _depart(hours: float) -> Callable[[Story], None]:
    def driver(story: Story) -> None:
        at = (NINE + timedelta(hours=hours)).isoformat()
        _good(story.town.zhang_wei.post(f"/visits/{story.numbers['b']}/departure", {"departed_at": at}))

    return driver


def _tell_the_result(story: Story) -> None:
    items = [{"item": "XZJC-01", "outcome": "compliant"}]
    _good(story.town.zhang_wei.post(f"/visits/{story.numbers['b']}/result", {"items": items}))


def _withdraw(name: str) -> Callable[[Story], None]:
    def driver(story: Story) -> None:
        if name in story.scans:
            story.withdraw(name, story.town.li_na)

    return driver


DRIVERS: dict[Deed, tuple[Callable[[Story], None], ...]] = {
    Deed.SCAN: (
        lambda story: story.scan("second", 12.5, story.town.sun_lei),
        lambda story: story.scan("second", 19, story.town.sun_lei, continues=story.numbers["b"]),
    ),
    Deed.LATE_SCAN: (
        lambda story: story.scan("late", 11.5, story.town.sun_lei),
        lambda story: story.scan("late", 5, story.town.sun_lei),
        lambda story: story.scan("late", 10.9, story.town.sun_lei, continues=story.numbers["a"]),
    ),
    Deed.WITHDRAWAL: (lambda story: story.withdraw("b", story.town.zhang_wei), _withdraw_one_of_two),
    Deed.VOIDING_CLAIM: (lambda story: story.say("voiding", story.town.sun_lei),),
    Deed.CLASSIFICATION: (
        lambda story: story.say("classification", story.town.li_na, visit={**EXEMPT, "source_no": "12345-2"}),
        lambda story: story.say("classification", story.town.li_na, visit={"category": "routine"}),
    ),
    Deed.CONFIRMATION: (lambda story: story.rule("confirmed"), _rule_after_another_scan),
    Deed.REJECTION: (lambda story: story.rule("rejected"), _reject_what_a_neighbour_has_taken_in),
    Deed.ANNULMENT: (_annul,),
    Deed.MERGE: (_merge,),
    Deed.JOINING: (_join,),
    Deed.LEAVING: (_leave,),
    Deed.PRESENCE: (_confirm_having_been_there,),
    Deed.APPROVAL: (_approve,),
    Deed.PLANNING: (_say_the_plan,),
    Deed.DEPARTURE: (_depart(12.2), _depart(8), _depart(11.5)),
    Deed.RESULT: (_tell_the_result,),
    Deed.REGROUPING: (_withdraw("a"), _withdraw("l"), _withdraw("c"), _void_the_neighbour),
}


def test_the_table_is_total() -> None:
    assert set(TABLE) == set(MEANINGS) == set(Deed)
    for deed in Deed:
        assert set(TABLE[deed]) == set(Standing)
        for here, cell in TABLE[deed].items():
            assert bool(cell.to) != bool(cell.refused), (deed, here)
            assert not cell.aside or cell.to == {here}, "what is done to another visit changes nothing here"
            assert cell.refused in {"", *REFUSALS}, "the deeds can raise it"
            assert refusal(deed, here) == cell.refused


def test_every_status_with_whatever_waits_is_a_standing() -> None:
    found = {standing_of(status=one, waiting=kind) for one in State for kind in (None, *Correction.Kind.values)}
    assert found == set(Standing)
    assert set(STORIES) == set(Standing)


def test_the_diagram_shows_every_arrow_and_nobody_leaves_voided() -> None:
    text = diagram()
    for deed in Deed:
        for here in Standing:
            for there in TABLE[deed][here].to - {here}:
                line = next(line for line in text.splitlines() if line.strip().startswith(f"{here} --> {there}:"))
                assert deed in line.split(": ", 1)[1].split(", ")
    assert "    voided -->" not in text


@pytest.mark.parametrize("here", list(Standing))
def test_the_deeds_do_what_the_table_says(here: Standing, town: Town, time_machine: Any) -> None:
    time_machine.move_to(NEXT_MORNING, tick=False)
    reached: dict[Deed, set[str]] = {deed: set() for deed in DRIVERS}
    for tell in STORIES[here]:
        tale = transaction.savepoint()
        story = Story(town)
        tell(story)
        assert standing(story.visit) == here, tell.__name__
        for deed, drivers in DRIVERS.items():
            for driver in drivers:
                found = _drive(driver, story, deed=deed, here=here)
                reached[deed] |= found
                wanted = {*TABLE[deed][here].to, TABLE[deed][here].refused} - {""}
                assert found <= wanted, (deed, tell.__name__, drivers.index(driver))
        transaction.savepoint_rollback(tale)
    for deed, found in reached.items():
        assert found == {*TABLE[deed][here].to, TABLE[deed][here].refused} - {""}, f"an arrow nobody walks: {deed}"


def _drive(driver: Callable[[Story], None], story: Story, *, deed: Deed, here: Standing) -> set[str]:
    """What comes of it: a standing or a refusal; nothing, where the deed does not fit. Undone afterwards."""
    before = _facts(story)
    undo = transaction.savepoint()
    told = Story(story.town, story.door, dict(story.scans), dict(story.numbers), story.words + 100)
    try:
        driver(told)
        assert not TABLE[deed][here].aside or _facts(told) == before, "nothing is told of a visit that is passed by"
        return {str(standing(told.visit))}
    except NothingSaid:
        return set()
    except Refused as refused:
        assert _facts(told) == before
        return {str(refused)}
    except Problem as problem:
        assert _facts(told) == before
        return {problem.code}
    finally:
        transaction.savepoint_rollback(undo)


def _facts(story: Story) -> int:
    return VisitFact.objects.filter(visit=story.numbers["b"]).count()


def test_what_is_said_of_a_visit_whose_scans_were_taken_in_and_then_back_is_said_of_none(
    town: Town, time_machine: Any
) -> None:
    time_machine.move_to(NEXT_MORNING, tick=False)
    story = Story(town)
    absorbed(story)
    story.withdraw("b", town.zhang_wei)
    assert standing(story.visit) == Standing.ABSORBED
    for driver in (_tell_the_result, _approve, _depart(12.2)):
        with pytest.raises(Refused, match="visit-not-open"):
            driver(story)
    with pytest.raises(VisitNotOpen):
        _say_the_plan(story)


def test_a_visit_put_back_where_a_neighbour_took_its_place_counts_once(town: Town, time_machine: Any) -> None:
    time_machine.move_to(NEXT_MORNING, tick=False)
    story = Story(town)
    withdrawn(story)
    story.scan("c", 10.9, town.li_na, continues=story.numbers["a"])
    story.rule("rejected")
    facts = dossier_of(credit_code=story.door, agency_codes=["130502-SCJG"], years=(2026, 2026)).facts
    found = count(facts, agency_code="130502-SCJG", year=2026)
    assert (found.counted, found.unconfirmed) == ((story.numbers["a"],), ())
