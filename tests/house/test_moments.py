"""What PostgreSQL says of a moment is read by a loader of our own (project/postgresql/base.py)."""

from datetime import UTC, datetime

import pytest
from django.db import DataError, connection


@pytest.mark.postgres
@pytest.mark.django_db
def test_a_moment_is_read_as_the_server_meant_it_and_one_beyond_the_calendar_is_refused() -> None:
    told = {
        "2026-11-28 01:02:03.5+08": datetime(2026, 11, 27, 17, 2, 3, 500_000, tzinfo=UTC),
        "0001-01-01 00:00:00+00": datetime(1, 1, 1, tzinfo=UTC),
        "9999-12-31 23:59:59.999999+00": datetime.max.replace(tzinfo=UTC),
    }
    with connection.cursor() as cursor:
        for text, moment in told.items():
            cursor.execute("SELECT %s::timestamptz", [text])
            assert cursor.fetchone() == (moment,)
        for text in ("10000-01-01 00:00:00+00", "infinity", "0044-03-15 00:00:00+00 BC"):
            cursor.execute("SELECT %s::timestamptz", [text])
            with pytest.raises(DataError, match="too (large|small)"):
                cursor.fetchone()
