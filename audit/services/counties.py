"""Do the counties' sums agree with the agencies'? A worker of a version that did not know them folded past them."""

from django.db import connection, transaction

from audit.lane import hold
from audit.models import MEASURES, CountyTotal, Span, Total
from audit.services.fold import LANE
from audit.services.refold import sum_counties


def mend_counties() -> bool:
    """Make them anew where they do not. Were they? One statement where they do; nobody who asks for figures waits."""
    if _agree():
        return False
    with transaction.atomic():
        hold(LANE)
        CountyTotal.objects.all().delete()
        sum_counties()
    return True


def _agree() -> bool:
    """Year by year and purpose by purpose, as one moment sees them."""
    sums = ", ".join(f"SUM({name}) AS {name}" for name in MEASURES)
    there = " OR ".join(f"SUM({name}) <> 0" for name in MEASURES)
    told = {
        # S608: our own tables and columns
        table: f"SELECT start, purpose, {sums} FROM {table._meta.db_table}"  # noqa: S608
        f" WHERE span = '{Span.YEAR}' GROUP BY start, purpose HAVING {there}"
        for table in (Total, CountyTotal)
    }
    one, other = told.values()
    differ = [
        f"SELECT * FROM (SELECT * FROM ({a}) AS a EXCEPT SELECT * FROM ({b}) AS b) AS d"  # noqa: S608 (the same)
        for a, b in ((one, other), (other, one))
    ]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(differ) + " LIMIT 1")
        return cursor.fetchone() is None
