"""Scans that arrive in any order give the same visits and counts (promise 11), through the real deed and tables."""

import json
import uuid
from datetime import UTC, datetime, timedelta

from django.conf import settings
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from audit.queries import dossier, read_dossier, unpacked
from audit.rules import count, latest
from checkins.contract import ScanWords
from checkins.models import Resolution, Scan
from checkins.services.scan import scan
from checkins.services.withdraw import withdraw
from officers.queries import caller
from tests.town import BEARINGS, Phone, Town, build

MORNING = datetime(2026, 5, 6, 1, 0, tzinfo=UTC)
EVENING = MORNING + timedelta(days=5)

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
        self, phone: Phone, credit_code: str, minutes: int, category: str | None, *, received: datetime
    ) -> uuid.UUID:
        scan_id = uuid.uuid4()
        words = ScanWords.model_validate(
            {
                "scan_id": str(scan_id),
                "credit_code": credit_code,
                "scanned_at": (MORNING + timedelta(minutes=minutes)).isoformat(),
                "visit": {"category": category},
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
        branches = dossier(credit_code=credit_code, agency_code="130502-SCJG", years=(2026, 2026))
        rows = [(row["branch"], unpacked(row["data"])) for row in branches[0]]
        facts = read_dossier(rows).facts
        visits = [
            (fact.started_at, fact.category, sorted(fact.officers), sorted(self._members(fact.visit)))
            for fact in latest(facts)
            if fact.state == "open"
        ]
        return [visits, len(count(facts, agency_code="130502-SCJG", year=2026).counted)]

    def _members(self, visit: str) -> list[datetime]:
        return [
            resolution.onsite_at
            for one in Scan.objects.all()
            for resolution in Resolution.objects.filter(scan=one).order_by("-serial")[:1]
            if resolution.visit is not None and resolution.visit.number == visit
        ]

    @hypothesis_settings(max_examples=25, deadline=None)
    @given(arrivals, st.randoms())
    def test_same_visits_and_counts(self, scans: list[tuple[int, bool, str | None]], chance: object) -> None:
        in_order = self._take_in(sorted(scans, key=lambda item: item[0]), credit_code=BEARINGS)
        shuffled = list(scans)
        chance.shuffle(shuffled)  # type: ignore[attr-defined]
        assert self._take_in(shuffled, credit_code="9144030010001686XA") == in_order, json.dumps(shuffled)

    @hypothesis_settings(max_examples=15, deadline=None)
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
        )
        assert self._what_came(other) == without
