"""What is owed to the supervision platform is written with the deed, or not at all."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from pytest_django import DjangoAssertNumQueries

from audit.models import Filing
from audit.services.file import file

AT = datetime(2026, 11, 22, 9, 30, tzinfo=timezone(timedelta(hours=8)))
JIZHONG = "91130500MA0CXYZ12B"


def _file(**changes: Any) -> Filing:
    facts: dict[str, Any] = {
        "number": "F-1",
        "event": "visit.filed",
        "credit_code": JIZHONG,
        "visit": "V-1",
        "payload": {"started_at": AT, "officers": ["张伟"]},
        "at": AT,
    }
    return file(**(facts | changes))


@pytest.mark.django_db
def test_the_visit_of_zhang_wei_is_owed_to_the_platform_by_one_statement(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with transaction.atomic(), django_assert_num_queries(1):
        number = _file().number
    filing = Filing.objects.get(number=number)
    assert filing.status == Filing.Status.PENDING
    assert filing.payload == {"started_at": "2026-11-22T01:30:00.000000Z", "officers": ["张伟"]}
    assert filing.created_at == AT.astimezone(UTC)
    assert filing.owed is None


@pytest.mark.django_db(transaction=True)
def test_a_filing_outside_a_deed_is_refused() -> None:
    with pytest.raises(transaction.TransactionManagementError):
        _file()
    assert not Filing.objects.exists()


@pytest.mark.django_db
def test_a_filing_number_is_given_once() -> None:
    _file()
    with pytest.raises(IntegrityError), transaction.atomic():
        _file(visit="V-2")


@pytest.mark.django_db
def test_a_payload_that_two_machines_could_print_in_two_ways_is_refused() -> None:
    with pytest.raises(TypeError):
        _file(payload={"longitude": 114.5})
