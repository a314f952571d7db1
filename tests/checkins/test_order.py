"""Scans that arrive in any order give the same visits and counts (promise 11), through the real deed and tables."""

import json
import uuid
from collections import defaultdict
from datetime import UTC, datetime, timedelta

from django.conf import settings
from hypothesis import Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from audit.counting import count
from audit.facts import latest
from audit.models import VisitFact
from audit.queries import dossier_of
from checkins.contract import ScanWords
from checkins.models import Visit
from checkins.services.scan import scan
from checkins.services.withdraw import withdraw
from officers.queries import caller
from tests.checkins.came import standing
from tests.town import BEARINGS, Phone, Town, build

MORNING = datetime(2026, 5, 6, 1, 0, tzinfo=UTC)
EVENING = MORNING + timedelta(days=5)

# Shrinking through the real tables takes minutes and tells little more than the example itself.
PHASES = (Phase.explicit, Phase.generate)

# (minutes after nine, whose phone: 张伟 or 李娜, category)
arrivals = st.lists(
    st.tuples(st.integers(0, 40 * 60), st.booleans(), st.sampled_from([None, "routine", "case", "special"])),
    min_size=1,
    max_size=6,
    unique_by=lambda item: item[0],
)


class AnyOrder(TestCase):
    town: Town

    def setup_example(self) -> None:
        """Hypothesis rolls each example back: each founds its own town."""
        super().setup_example()  # type: ignore[no-untyped-call]
        self.town = build()

    def _take_in(self, scans: list[tuple[int, bool, str | None]], *, credit_code: str) -> list[object]:
        """Post the scans in this order at one enterprise; say what came of it, without what order may change."""
        for place, (minutes, is_zhang_wei, category) in enumerate(scans):
            phone = self.town.zhang_wei if is_zhang_wei else self.town.li_na
            self._scan(phone, credit_code, minutes, category, received=EVENING + timedelta(minutes=place))
        return self._what_came(credit_code)

    def _scan(
        self,
        phone: Phone,
        credit_code: str,
        minutes: int,
        category: str | None,
        *,
        received: datetime,
        continues: str | None = None,
    ) -> uuid.UUID:
        scan_id = uuid.uuid4()
        words = ScanWords.model_validate(
            {
                "scan_id": str(scan_id),
                "credit_code": credit_code,
                "scanned_at": (MORNING + timedelta(minutes=minutes)).isoformat(),
                "visit": {"category": category, "continues": continues},
            }
        )
        who = caller(phone.token)
        assert who is not None
        scan(
            words=words,
            caller=who,
            at=received,
            policy=settings.CHECKIN_POLICY,
            grace=timedelta(days=10),
            annual_cap=2,
        )
        return scan_id

    def _what_came(self, credit_code: str) -> list[object]:
        facts = dossier_of(credit_code=credit_code, agency_codes=["130502-SCJG"], years=(2026, 2026)).facts
        members = self._members()
        visits = [
            (fact.started_at, fact.category, sorted(fact.officers), sorted(members[fact.visit]))
            for fact in latest(facts)
            if fact.state == "open"
        ]
        return [visits, count(facts, agency_code="130502-SCJG", year=2026).own]

    def _members(self) -> dict[str, list[datetime]]:
        """When the scans that stand in each visit were made."""
        found: dict[str, list[datetime]] = defaultdict(list)
        for resolution in standing().values():
            if resolution.visit is not None:
                found[resolution.visit.number].append(resolution.onsite_at)
        return found

    @hypothesis_settings(max_examples=25, deadline=None, phases=PHASES)
    @given(arrivals, st.randoms())
    def test_same_visits_and_counts(self, scans: list[tuple[int, bool, str | None]], chance: object) -> None:
        in_order = self._take_in(sorted(scans, key=lambda item: item[0]), credit_code=BEARINGS)
        shuffled = list(scans)
        chance.shuffle(shuffled)  # type: ignore[attr-defined]
        assert self._take_in(shuffled, credit_code="9144030010001686XA") == in_order, json.dumps(shuffled)

    @hypothesis_settings(max_examples=15, deadline=None, phases=PHASES)
    @given(arrivals, st.integers(0, 40 * 60))
    def test_a_withdrawn_scan_is_as_if_it_had_never_been(
        self, scans: list[tuple[int, bool, str | None]], minutes: int
    ) -> None:
        without = self._take_in(scans, credit_code=BEARINGS)
        other = "9144030010001686XA"
        received = EVENING + timedelta(hours=1)
        mistaken = self._scan(self.town.zhang_wei, other, minutes, None, received=received)
        self._take_in(scans, credit_code=other)
        who = caller(self.town.zhang_wei.token)
        assert who is not None
        withdraw(
            scan_id=mistaken,
            reason="误扫",
            caller=who,
            at=received + timedelta(minutes=5),
            policy=settings.CHECKIN_POLICY,
            annual_cap=2,
        )
        assert self._what_came(other) == without

    @hypothesis_settings(max_examples=25, deadline=None, phases=PHASES)
    @given(
        st.lists(
            st.tuples(st.integers(1, 72 * 60), st.booleans(), st.booleans()), max_size=5, unique_by=lambda i: i[0]
        ),
        st.integers(0, 4),
        st.randoms(),
    )
    def test_so_it_is_with_scans_that_continue_a_visit_of_another_day_and_one_withdrawn(
        self, scans: list[tuple[int, bool, bool]], taken_back: int, chance: object
    ) -> None:
        """The first scan opens the visit that others, `True`, continue, days later or not; one of them is withdrawn."""
        outcomes = []
        for door in (BEARINGS, "9144030010001686XA"):
            opening = self._scan(self.town.zhang_wei, door, 0, None, received=EVENING)
            number = Visit.objects.get(opening_scan=opening).number
            order = list(enumerate(scans))
            if door != BEARINGS:
                chance.shuffle(order)  # type: ignore[attr-defined]
            ids = {}
            for place, (which, (minutes, is_zhang_wei, goes_on)) in enumerate(order):
                phone = self.town.zhang_wei if is_zhang_wei else self.town.li_na
                ids[which] = self._scan(
                    phone,
                    door,
                    minutes,
                    None,
                    received=EVENING + timedelta(minutes=place),
                    continues=number if goes_on else None,
                )
            if taken_back in ids:
                self._withdraw(self.town.zhang_wei if scans[taken_back][1] else self.town.li_na, ids[taken_back])
            outcomes.append(self._what_came(door))
            self._rows_agree(door)
        assert outcomes[0] == outcomes[1]

    def _withdraw(self, phone: Phone, scan_id: uuid.UUID) -> None:
        who = caller(phone.token)
        assert who is not None
        at = EVENING + timedelta(minutes=9)
        withdraw(scan_id=scan_id, reason="误扫", caller=who, at=at, policy=settings.CHECKIN_POLICY, annual_cap=2)

    def _rows_agree(self, credit_code: str) -> None:
        """Each visit's row says what its latest fact says, and who stands in its scans."""
        members = self._members()
        for visit in Visit.objects.filter(credit_code=credit_code):
            fact = VisitFact.objects.filter(visit=visit.number).order_by("-version")[0]
            assert (visit.status, visit.started_at, visit.joint_id) == (fact.state, fact.started_at, fact.joint_id)
            there = members[visit.number]
            assert bool(there) == (visit.status == "open"), visit.status
            if there:
                assert min(there) == visit.started_at
