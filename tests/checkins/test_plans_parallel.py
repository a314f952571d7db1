"""Plans under real concurrency: threads on PostgreSQL.

Seen failing without the lock of the agency's plans: several posts wrote the first version, and all but one died of it.
"""

from collections import Counter
from functools import partial

import pytest

from audit.models import Document
from checkins.models import Plan
from tests.parallel import at_once
from tests.town import BEARINGS, Town, build

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def town() -> Town:
    return build()


def test_the_same_plan_from_many_phones_at_once_is_one_version(town: Town) -> None:
    words = {"source_ref": "一", "credit_code": BEARINGS, "first_day": "2026-07-06", "last_day": "2026-07-10"}
    responses = at_once([partial(town.zhang_wei.post, "/plans", words), partial(town.li_na.post, "/plans", words)] * 16)
    assert Counter(response.status_code for response in responses) == {201: 1, 200: 31}
    assert Plan.objects.count() == Document.objects.count() == 1


def test_changes_at_once_are_versions_without_a_gap_and_agencies_do_not_meet(town: Town) -> None:
    words = {"source_ref": "一", "credit_code": BEARINGS, "first_day": "2026-07-06"}
    posts = [
        partial(phone.post, "/plans", {**words, "last_day": f"2026-07-{day}"})
        for day in range(10, 26)
        for phone in (town.zhang_wei, town.wang_qiang)
    ]
    assert Counter(response.status_code for response in at_once(posts)) == {201: 32}
    for agency in ("130502-SCJG", "130502-YJ"):
        versions = Plan.objects.filter(agency__code=agency).order_by("version").values_list("version", flat=True)
        assert list(versions) == list(range(1, 17))
    assert Document.objects.count() == 32
