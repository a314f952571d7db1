"""Where visits were scanned, as points: of those that a figure counts, for whoever may see scans of their agencies."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse

from audit.behind import Row, read, visits
from audit.board import TAIL_LIMIT, one_moment
from audit.duties import Matter
from audit.geo import to_wgs84
from audit.pages.porch import Knock, board_page, show
from audit.tally import tail
from checkins.models import Visit
from checkins.plot import plotted
from officers.auth import agencies_in_sight

MOST, LISTED = 500, 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Point:
    """A visit and the place of its first scan, WGS-84 degrees."""

    row: Row
    longitude: float
    latitude: float


@board_page(Matter.FACTS, Matter.SCANS)
def visit_map(request: HttpRequest, knock: Knock) -> HttpResponse:
    """The newest five hundred visits within the filters, each at the fix of the scan that opened it."""
    with one_moment():
        rows, _none = read(visits(knock.which, tail(limit=TAIL_LIMIT), upto=MOST))
    points = list(_points(knock, rows[:MOST]))
    sheet = plotted([(point.longitude, point.latitude) for point in points])
    context = {
        "sheet": sheet,
        "dots": list(zip(sheet.places, points, strict=True)) if sheet else [],
        "points": points[:LISTED],
        "placed": len(points),
        "all_visits": min(len(rows), MOST),
        "listed": LISTED,
    }
    return show(request, "checkins/board_map.html", context, knock=knock, shown=len(points))


def _points(knock: Knock, rows: Iterable[Row]) -> Iterable[Point]:
    """Those whose first scan is in reach and said where it was. One statement."""
    scan = [f"opening_scan__{name}" for name in ("longitude", "latitude", "datum")]
    wanted = Visit.objects.filter(
        number__in=[row.fact.visit for row in rows],
        opening_scan__agency__in=agencies_in_sight(knock.sight).values("pk"),
        opening_scan__longitude__isnull=False,
        opening_scan__latitude__isnull=False,
    )
    fixes = {number: fix for number, *fix in wanted.values_list("number", *scan)}
    for row in rows:
        if row.fact.visit in fixes:
            longitude, latitude, datum = fixes[row.fact.visit]
            longitude, latitude = to_wgs84(longitude=longitude, latitude=latitude, datum=datum or "WGS84")
            yield Point(row=row, longitude=longitude, latitude=latitude)
