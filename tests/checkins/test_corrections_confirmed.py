"""What an agency says anew of its own visits lowers nothing until a supervisor confirms (domain §3.8)."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings

from audit.actor import Actor
from audit.counting import count
from audit.facts import latest
from audit.models import Entry, Filing, FlagState, VisitFact
from audit.queries import dossier_of
from checkins.models import Correction, Resolution, Ruling, Visit
from checkins.services.annul import annul
from checkins.services.correction import RuledAlready, VisitNotOpen
from checkins.services.rule_on import OwnCorrection, rule_on
from enterprises.models import LicenceAlias
from tests.town import BEARINGS, CASHMERE, Phone, Town, scan_body

LI_JING = Actor.account("li.jing")
OPAQUE = "https://www.szcredit.org.cn/web/x.aspx?ID=0123456789abcdef0123456789abcdef"
MISTAKE = {"reason": "扫错了企业"}


def ago(**words: float) -> str:
    return (datetime.now(UTC) - timedelta(**words)).isoformat()


def void(phone: Phone, number: str, reason: str = "扫错了企业") -> Any:
    return phone.post(f"/visits/{number}/voiding", {"reason": reason})


def classify(phone: Phone, number: str, *, why: str = "补充类别", **visit: Any) -> Any:
    return phone.post(f"/visits/{number}/classification", {"visit": visit, "reason": why})


def rule(
    verdict: str, *, correction: Correction | None = None, actor: Actor = LI_JING, at: datetime | None = None
) -> Any:
    return rule_on(
        correction=correction or Correction.objects.get(ruling__isnull=True),
        verdict=Ruling.Verdict(verdict),
        note="已核对",
        policy=settings.CHECKIN_POLICY,
        annual_cap=2,
        actor=actor,
        at=at or datetime.now(UTC),
    )


def fact(number: str) -> VisitFact:
    return VisitFact.objects.filter(visit=number).order_by("-version")[0]


def own_year(credit_code: str = BEARINGS) -> tuple[int, int]:
    """(as the agency says, as it stands) of 襄都区市场监督管理局 this year."""
    facts = dossier_of(credit_code=credit_code, agency_codes=["130502-SCJG"], years=(2026, 2026)).facts
    found = count(facts, agency_code="130502-SCJG", year=2026)
    return found.own, len(found.counted)


def states() -> list[str]:
    return list(FlagState.objects.order_by("pk").values_list("state", flat=True))


def events(number: str) -> list[str]:
    of_the_visit = Filing.objects.filter(visit=number, event__startswith="visit.")
    return list(of_the_visit.order_by("id").values_list("event", flat=True))


@pytest.fixture
def over_cap(town: Town, time_machine_at_noon: datetime) -> str:
    """张伟 was there three times this year, once more than the cap allows; the number of the last visit."""
    for days in (40, 20, 0):
        answer = town.zhang_wei.scan(scanned_at=ago(days=days)).json()
    assert states() == ["raised"]
    return str(answer["visit"]["number"])


class TestVoiding:
    def test_an_organ_over_its_cap_does_not_clear_itself(self, town: Town, over_cap: str) -> None:
        told = void(town.li_na, over_cap).json()
        assert (told["state"], told["visit_status"], told["claim"]) == ("waiting", "open", {"state": "voided"})
        assert own_year() == (2, 3)
        assert "lowered" not in states()
        assert FlagState.objects.latest("pk").evidence["unconfirmed"] == [over_cap]
        frequency = town.zhang_wei.scan(scanned_at=ago(days=60)).json()["for_officer"]["frequency"]
        assert (frequency["own"], frequency["own_with_unconfirmed"]) == (3, 4)

    def test_confirmed_it_is_as_if_it_had_never_been_and_the_flag_is_lowered_with_the_reason(
        self, town: Town, over_cap: str
    ) -> None:
        void(town.li_na, over_cap)
        assert rule("confirmed").visit_status == "voided"
        assert own_year() == (2, 2)
        assert (fact(over_cap).state, fact(over_cap).claim) == ("voided", None)
        lowered = FlagState.objects.latest("pk")
        assert (lowered.state, lowered.actor) == ("lowered", "account:li.jing")
        assert lowered.evidence["sentence"] == f"解除：监督机关确认作废入企 {over_cap}（扫错了企业）。"
        assert events(over_cap) == ["visit.filed", "visit.voiding_claimed", "visit.voided"]
        told = Filing.objects.filter(event__startswith="flag.").order_by("id").values_list("event", "payload__sentence")
        assert [event for event, _sentence in told] == ["flag.raised", "flag.lowered"]
        assert told[1][1] == lowered.evidence["sentence"]
        assert Visit.objects.get(number=over_cap).history.latest().history_user_id == "account:li.jing"
        entry = json.loads(bytes(Entry.objects.get(kind="correction-confirmed").body or b""))
        assert (entry["actor"], entry["body"]["by"]) == ("account:li.jing", "officer:13050200102")
        assert entry["body"]["findings"][0]["state"] == "lowered"

    def test_rejected_everything_is_as_before(self, town: Town, over_cap: str) -> None:
        void(town.li_na, over_cap)
        assert rule("rejected").state == "rejected"
        assert own_year() == (3, 3)
        assert (fact(over_cap).state, fact(over_cap).claim) == ("open", None)
        assert "lowered" not in states()
        assert events(over_cap)[-1] == "visit.correction_rejected"
        assert void(town.li_na, over_cap).json()["state"] == "rejected"

    def test_it_takes_a_second_person_of_the_same_agency_within_a_day(self, town: Town, time_machine: Any) -> None:
        time_machine.move_to("2026-07-01T12:00:00+08:00", tick=False)
        number = town.zhang_wei.scan(scanned_at=ago(days=3)).json()["visit"]["number"]
        own = void(town.zhang_wei, number)
        assert (own.status_code, own.json()["type"]) == (409, "/problems/voiding-own-visit")
        assert void(town.wang_qiang, number).status_code == 404
        assert void(town.li_na, "RQ20260701-NOBODY").status_code == 404
        time_machine.move_to("2026-07-02T12:00:01+08:00", tick=False)
        late = void(town.li_na, number)
        assert (late.status_code, late.json()["type"]) == (409, "/problems/voiding-too-late")
        assert not Correction.objects.exists()
        time_machine.move_to("2026-07-02T12:00:00+08:00", tick=False)
        assert void(town.li_na, number).status_code == 200

    def test_the_same_words_again_are_one_claim_and_others_take_its_place(self, town: Town) -> None:
        number = town.zhang_wei.scan().json()["visit"]["number"]
        first = void(town.li_na, number).json()
        again = void(town.li_na, number).json()
        assert {**again, "server_time": None} == {**first, "server_time": None}
        assert Correction.objects.count() == 1
        void(town.sun_lei, number, reason="试扫")
        assert [one.verdict for one in Ruling.objects.all()] == ["superseded"]
        assert Correction.objects.get(ruling__isnull=True).reason == "试扫"
        assert fact(number).claim == {"state": "voided"}

    def test_a_scan_that_comes_after_the_claim_is_not_taken_along(
        self, town: Town, time_machine_at_noon: datetime
    ) -> None:
        number = town.zhang_wei.scan(scanned_at=ago(hours=2)).json()["visit"]["number"]
        void(town.sun_lei, number)
        assert own_year() == (0, 1)
        later = town.li_na.scan(scanned_at=ago(hours=1)).json()
        assert later["visit"]["number"] == number
        assert own_year() == (1, 1), "李娜 was there, whatever becomes of 张伟's scan"
        rule("confirmed")
        told = fact(number)
        assert (told.state, told.claim, [one["name"] for one in told.officers]) == ("open", None, ["李娜"])
        assert told.started_at == Visit.objects.get(number=number).started_at
        assert town.li_na.post("/scans", {**scan_body(), "scan_id": later["scan_id"]}).status_code == 422
        assert own_year() == (1, 1)

    def test_the_claim_is_back_when_the_later_scan_is_withdrawn(
        self, town: Town, time_machine_at_noon: datetime
    ) -> None:
        number = town.zhang_wei.scan(scanned_at=ago(hours=2)).json()["visit"]["number"]
        void(town.sun_lei, number)
        later = town.li_na.scan(scanned_at=ago(hours=1)).json()
        town.li_na.post(f"/scans/{later['scan_id']}/withdrawal", MISTAKE)
        assert fact(number).claim == {"state": "voided"}
        assert own_year() == (0, 1)

    def test_a_voided_visit_is_not_joined_nor_continued(self, town: Town, time_machine_at_noon: datetime) -> None:
        number = town.zhang_wei.scan(scanned_at=ago(hours=2)).json()["visit"]["number"]
        void(town.li_na, number)
        rule("confirmed")
        after = town.li_na.scan(scanned_at=ago(hours=1)).json()
        assert after["visit"]["number"] != number
        named = town.sun_lei.scan(visit={"continues": number}).json()
        assert "continues_unknown" in [one["code"] for one in named["for_officer"]["warnings"]]
        assert fact(number).state == "voided"
        assert own_year() == (1, 1)

    def test_a_visit_of_two_officers_goes_in_one_step(self, town: Town) -> None:
        number = town.zhang_wei.scan().json()["visit"]["number"]
        town.li_na.scan()
        void(town.sun_lei, number)
        rule("confirmed")
        assert events(number) == ["visit.filed", "visit.joined", "visit.voiding_claimed", "visit.voided"]
        assert VisitFact.objects.filter(visit=number).count() == 4

    def test_a_continued_visit_goes_whole_and_what_hung_on_it_is_read_again(
        self, town: Town, time_machine: Any
    ) -> None:
        time_machine.move_to("2026-07-10T12:00:00+08:00", tick=False)
        number = town.zhang_wei.scan(scanned_at=ago(days=8)).json()["visit"]["number"]
        town.zhang_wei.scan(scanned_at=ago(days=1), visit={"continues": number})
        void(town.sun_lei, number)
        town.li_na.scan(scanned_at=ago(hours=23))
        assert Visit.objects.count() == 1
        rule("confirmed")
        assert [one.state for one in latest_facts()] == ["open"]
        assert [one.officers for one in latest_facts()] == [(("13050200102", "李娜"),)]

    def test_the_lesson_of_a_wrong_code_is_taken_back(self, town: Town) -> None:
        first = town.zhang_wei.post("/scans", scan_body(code=OPAQUE, credit_code=BEARINGS)).json()
        assert town.wang_qiang.post("/scans", scan_body(code=OPAQUE)).json()["enterprise"]["credit_code"] == BEARINGS
        void(town.li_na, first["visit"]["number"])
        rule("confirmed")
        assert LicenceAlias.objects.order_by("-pk")[0].credit_code == ""
        assert town.wang_qiang.post("/scans", scan_body(code=OPAQUE)).json()["enterprise"] is None

    def test_only_this_enterprise_is_judged_anew(self, town: Town, over_cap: str) -> None:
        for days in (41, 21, 1):
            town.zhang_wei.scan(CASHMERE, scanned_at=ago(days=days))
        void(town.li_na, over_cap)
        rule("confirmed")
        assert FlagState.objects.filter(flag__credit_code=CASHMERE).count() == 1


def latest_facts() -> list[Any]:
    return latest(dossier_of(credit_code=BEARINGS, agency_codes=["130502-SCJG"], years=(2026, 2026)).facts)


class TestClassification:
    def test_an_organ_that_calls_it_superior_ordered_waits_for_the_supervisor(self, town: Town, over_cap: str) -> None:
        told = classify(town.zhang_wei, over_cap, category="special", superior_ordered=True).json()
        assert (told["state"], told["claim"]) == ("waiting", {"category": "special", "superior_ordered": True})
        assert own_year() == (2, 3)
        assert "lowered" not in states()
        assert Visit.objects.get(number=over_cap).category == "routine"
        rule("confirmed")
        visit = Visit.objects.get(number=over_cap)
        assert (visit.category, visit.superior_ordered, visit.overrides) == ("special", True, told["claim"])
        assert (fact(over_cap).superior_ordered, fact(over_cap).claim) == (True, None)
        assert own_year() == (2, 2)
        assert states()[-1] == "lowered"
        assert events(over_cap)[-2:] == ["visit.classification_claimed", "visit.classified"]

    def test_rejected_it_stays_routine(self, town: Town, over_cap: str) -> None:
        classify(town.zhang_wei, over_cap, reason="complaint", source_no="12345-1")
        assert own_year() == (2, 3)
        rule("rejected")
        assert own_year() == (3, 3)
        assert (fact(over_cap).reason, fact(over_cap).claim) == ("", None)

    def test_a_missing_word_that_takes_it_out_of_no_count_stands_at_once(self, town: Town, over_cap: str) -> None:
        told = classify(town.zhang_wei, over_cap, category="special").json()
        assert (told["state"], told["claim"]) == ("at_once", {"category": "special"})
        assert Visit.objects.get(number=over_cap).category == fact(over_cap).category == "special"
        assert not Correction.objects.filter(ruling__isnull=True).exists()
        assert own_year() == (3, 3)
        assert Ruling.objects.get().by == "officer:13050200101"
        again = classify(town.zhang_wei, over_cap, category="special").json()
        assert (again["state"], again["claim"]) == ("at_once", {"category": "special"})
        assert Correction.objects.count() == 1

    def test_a_word_that_was_said_at_the_door_is_changed_by_a_supervisor_only(self, town: Town) -> None:
        number = town.zhang_wei.scan(visit={"category": "case"}).json()["visit"]["number"]
        assert classify(town.zhang_wei, number, category="routine").json()["state"] == "waiting"
        assert fact(number).category == "case"

    def test_what_a_classification_said_at_once_is_said_too(self, town: Town) -> None:
        number = town.zhang_wei.scan().json()["visit"]["number"]
        assert classify(town.zhang_wei, number, category="case").json()["state"] == "at_once"
        assert classify(town.li_na, number, category="routine", why="不是个案").json()["state"] == "waiting"

    def test_a_later_word_takes_the_waiting_ones_place_and_the_old_one_takes_it_back(self, town: Town) -> None:
        number = town.zhang_wei.scan(visit={"category": "case"}).json()["visit"]["number"]
        classify(town.zhang_wei, number, category="routine")
        classify(town.li_na, number, category="special", why="专项")
        assert fact(number).claim == {"category": "special"}
        classify(town.zhang_wei, number, category="case", why="原来就是个案")
        assert fact(number).claim is None
        assert not Correction.objects.filter(ruling__isnull=True).exists()
        verdicts = Correction.objects.order_by("pk").values_list("ruling__verdict", flat=True)
        assert list(verdicts) == ["superseded", "superseded", "at_once"]
        assert classify(town.sun_lei, number, category="case").json()["state"] == "at_once"
        assert Correction.objects.count() == 3, "saying what stands says nothing"

    def test_confirmed_words_outlive_every_later_scan(self, town: Town, time_machine_at_noon: datetime) -> None:
        number = town.zhang_wei.scan(scanned_at=ago(hours=2)).json()["visit"]["number"]
        classify(town.zhang_wei, number, purpose="service")
        assert own_year() == (0, 1)
        rule("confirmed")
        assert own_year() == (0, 0)
        joined = town.li_na.scan(scanned_at=ago(hours=1), visit={"category": "case"}).json()
        assert joined["visit"]["number"] == number
        assert joined["visit"]["purpose"] == "service"
        earlier = town.sun_lei.scan(scanned_at=ago(hours=3), visit={"category": "special"}).json()
        assert earlier["visit"]["number"] == number
        visit = Visit.objects.get(number=number)
        assert (visit.purpose, visit.category, visit.overrides) == ("service", "special", {"purpose": "service"})
        assert fact(number).purpose == "service"
        assert set(Resolution.objects.values_list("purpose", flat=True)) == {"inspection"}, "the group stays one"
        assert own_year() == (0, 0)

    def test_who_was_there_may_and_a_stranger_may_not(self, town: Town) -> None:
        number = town.zhang_wei.scan().json()["visit"]["number"]
        assert classify(town.wang_qiang, number, category="case").status_code == 404
        assert classify(town.li_na, number, category="case").status_code == 200

    def test_while_a_voiding_waits_nothing_is_classified(self, town: Town) -> None:
        number = town.zhang_wei.scan().json()["visit"]["number"]
        void(town.li_na, number)
        refused = classify(town.zhang_wei, number, category="case")
        assert (refused.status_code, refused.json()["type"]) == (409, "/problems/voiding-waits")

    @pytest.mark.parametrize(
        "visit", [{}, {"category": "daily"}, {"reason": "because"}, {"colour": "red"}, {"superior_ordered": "yes"}]
    )
    def test_unknown_words_are_422(self, town: Town, visit: dict[str, Any]) -> None:
        number = town.zhang_wei.scan().json()["visit"]["number"]
        assert classify(town.zhang_wei, number, **visit).status_code == 422
        assert not Correction.objects.exists()


class TestWithdrawal:
    def test_withdrawn_and_confirmed_it_is_gone_for_good(self, town: Town, over_cap: str) -> None:
        scan_id = str(Visit.objects.get(number=over_cap).opening_scan_id)
        town.zhang_wei.post(f"/scans/{scan_id}/withdrawal", MISTAKE)
        assert own_year() == (2, 3)
        assert "lowered" not in states()
        rule("confirmed")
        assert own_year() == (2, 2)
        assert states()[-1] == "lowered"
        assert Visit.objects.get(number=over_cap).status == fact(over_cap).state == "voided"

    def test_withdrawn_and_rejected_the_scan_stands_again(self, town: Town, over_cap: str) -> None:
        body = scan_body(scanned_at=ago(days=100))
        number = town.zhang_wei.post("/scans", body).json()["visit"]["number"]
        town.zhang_wei.post(f"/scans/{body['scan_id']}/withdrawal", MISTAKE)
        assert own_year() == (3, 4)
        rule("rejected")
        assert own_year() == (4, 4)
        told = fact(number)
        assert (told.state, [one["name"] for one in told.officers]) == ("open", ["张伟"])
        assert events(number) == ["visit.filed", "visit.withdrawn", "visit.correction_rejected"]
        assert town.zhang_wei.post("/scans", body).json()["standing"] == {"state": "open", "visit": number}

    def test_rejected_after_others_came_it_is_one_visit_with_them(
        self, town: Town, time_machine_at_noon: datetime
    ) -> None:
        body = scan_body(scanned_at=ago(hours=2))
        number = town.zhang_wei.post("/scans", body).json()["visit"]["number"]
        town.zhang_wei.post(f"/scans/{body['scan_id']}/withdrawal", MISTAKE)
        other = town.li_na.scan(scanned_at=ago(hours=1)).json()["visit"]["number"]
        assert other != number
        rule("rejected")
        assert {one.visit: one.state for one in latest_facts()} == {number: "open", other: "absorbed"}
        assert own_year() == (1, 1)

    def test_a_waiting_classification_gives_way_to_it(self, town: Town) -> None:
        answer = town.zhang_wei.scan(visit={"category": "case"}).json()
        classify(town.zhang_wei, answer["visit"]["number"], category="routine")
        town.zhang_wei.post(f"/scans/{answer['scan_id']}/withdrawal", MISTAKE)
        assert Correction.objects.get(ruling__isnull=True).kind == "withdrawal"
        assert fact(answer["visit"]["number"]).claim is None
        refused = classify(town.li_na, answer["visit"]["number"], category="special")
        assert (refused.status_code, refused.json()["type"]) == (409, "/problems/visit-not-open")
        assert void(town.li_na, answer["visit"]["number"]).status_code == 409


def test_a_replay_says_that_its_scan_was_voided(town: Town) -> None:
    taken_back, body = scan_body(CASHMERE), scan_body()
    number = town.zhang_wei.post("/scans", body).json()["visit"]["number"]
    void(town.li_na, number)
    assert town.zhang_wei.post("/scans", body).json()["standing"] == {"state": "open", "visit": number}
    rule("confirmed")
    assert town.zhang_wei.post("/scans", body).json()["standing"] == {"state": "voided", "visit": None}
    town.zhang_wei.post("/scans", taken_back)
    town.zhang_wei.post(f"/scans/{taken_back['scan_id']}/withdrawal", MISTAKE)
    assert town.zhang_wei.post("/scans", taken_back).json()["standing"]["state"] == "withdrawn"
    rule("confirmed")
    assert town.zhang_wei.post("/scans", taken_back).json()["standing"] == {"state": "voided", "visit": None}


@pytest.mark.parametrize("number", ["%00", "RQ%00", "x" * 300, "%F0%9F%98%80", "RQ20260701-NOBODY0000"])
def test_a_number_that_is_none_is_404(town: Town, number: str) -> None:
    assert void(town.li_na, number).status_code == 404
    assert classify(town.li_na, number, category="case").status_code == 404


class TestRuling:
    def test_it_is_said_once(self, town: Town) -> None:
        void(town.li_na, town.zhang_wei.scan().json()["visit"]["number"])
        correction = Correction.objects.get()
        rule("rejected")
        with pytest.raises(RuledAlready):
            rule("confirmed", correction=correction)
        assert Visit.objects.get().status == "open"

    def test_nobody_rules_on_their_own(self, town: Town) -> None:
        void(town.li_na, town.zhang_wei.scan().json()["visit"]["number"])
        with pytest.raises(OwnCorrection):
            rule("confirmed", actor=Actor.officer("13050200102"))
        assert not Ruling.objects.exists()

    def test_a_merged_stalls_withdrawn_visit_comes_back_at_the_enterprise(self, town: Town) -> None:
        from checkins.services.merge import confirm_merge, propose_merge

        body = scan_body(code=None, subject={"name": "豆腐摊"})
        answer = town.zhang_wei.post("/scans", body).json()
        number, subject = answer["visit"]["number"], answer["enterprise"]["credit_code"]
        town.zhang_wei.post(f"/scans/{body['scan_id']}/withdrawal", MISTAKE)
        now = datetime.now(UTC)
        merge = propose_merge(subject=subject, credit_code=BEARINGS, reason="x", actor=Actor.account("a"), at=now)
        confirm_merge(merge=merge, annual_cap=2, actor=Actor.account("b"), at=now)
        rule("rejected")
        assert (fact(number).state, fact(number).credit_code) == ("open", BEARINGS)
        assert own_year() == (1, 1)


class TestAnnulment:
    def _annul(self, number: str) -> Any:
        return annul(
            visit=Visit.objects.get(number=number),
            reason="误入他企",
            policy=settings.CHECKIN_POLICY,
            annual_cap=2,
            actor=LI_JING,
            at=datetime.now(UTC),
        )

    def test_a_supervisor_voids_by_herself_weeks_later(self, town: Town, over_cap: str, time_machine: Any) -> None:
        classify(town.li_na, over_cap, superior_ordered=True, category="special")
        time_machine.move_to("2026-08-01T12:00:00+08:00", tick=False)
        self._annul(over_cap)
        assert (fact(over_cap).state, own_year(), states()[-1]) == ("voided", (2, 2), "lowered")
        verdicts = Correction.objects.order_by("pk").values_list("kind", "ruling__verdict")
        assert list(verdicts) == [("classification", "superseded"), ("voiding", "confirmed")]
        with pytest.raises(VisitNotOpen):
            self._annul(over_cap)


def test_a_confirmed_voiding_is_the_same_as_never_having_been(town: Town, time_machine_at_noon: datetime) -> None:
    """The whole year's reading, not only the count: with 张伟's mistaken scan and without it."""
    outcomes = []
    for door in (BEARINGS, CASHMERE):
        town.li_na.scan(door, scanned_at=ago(hours=20))
        if door == BEARINGS:
            body = scan_body(door, scanned_at=ago(hours=25), visit={"reason": "complaint", "source_no": "1"})
            number = town.zhang_wei.post("/scans", body).json()["visit"]["number"]
            void(town.sun_lei, number)
            # what was said of 张伟's and 李娜's visit together takes 李娜 along: she scans again below
            rule("confirmed")
            assert own_year() == (0, 0)
        town.li_na.scan(door, scanned_at=ago(hours=19))
        town.li_na.scan(door, scanned_at=ago(hours=3))
        outcomes.append(own_year(door))
    assert outcomes == [(2, 2), (2, 2)]
