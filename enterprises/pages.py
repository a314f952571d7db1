"""Posters of a region's or a street's doors, many in one file (成批打印门牌海报)."""

import re
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import Http404, HttpRequest

from audit.duties import Matter, May
from audit.pages.porch import Knock, board_page, show
from audit.problem import Problem
from audit.summing import in_region
from enterprises.credit_code import clean
from enterprises.models import Enterprise
from enterprises.poster_pdf import MOST, poster_file
from enterprises.services.print_posters import print_posters

UNWRITTEN = re.compile(r"[^0-9A-Z]")


@board_page(Matter.DOORS, posts=True)
def door_posters(request: HttpRequest, knock: Knock) -> Any:
    """Which doors are next, by credit code; a POST prints them, opening those that have none yet."""
    if not knock.sight.may(May.ADD, Matter.DOORS) or not _reaches(knock):
        raise Http404
    after = UNWRITTEN.sub("", clean(request.GET.get("after", "")))[:18]
    rows = list(_open(knock).filter(credit_code__gt=after).order_by("credit_code")[: MOST + 1])
    batch, more = rows[:MOST], len(rows) > MOST
    refused: Problem | None = None
    if request.method == "POST" and batch:
        try:
            return _file(knock, batch)
        except Problem as refusal:
            refused = refusal
    context = {
        "batch": batch,
        "first": batch[0] if batch else None,
        "last": batch[-1] if batch else None,
        "next": batch[-1].credit_code if more else "",
        "after": after,
        "said": str(refused.title) if refused else "",
    }
    response = show(request, "enterprises/door_posters.html", context, knock=knock, shown=len(batch))
    response.status_code = refused.status if refused else 200
    return response


def _reaches(knock: Knock) -> bool:
    """A region that the account's own lies in may be asked: it is answered with what lies in reach."""
    asked, mine = knock.asked.region, knock.sight.region_prefix
    return asked.startswith(mine) or mine.startswith(asked)


def _open(knock: Knock) -> "QuerySet[Enterprise]":
    within = knock.sight.rows(region="region_code") & in_region(knock.asked.region)
    return Enterprise.objects.filter(within, status=Enterprise.Status.OPEN)


def _file(knock: Knock, batch: list[Enterprise]) -> Any:
    opened = print_posters(batch, actor=knock.sight.actor, at=knock.at, keys=settings.DOOR_KEYS)
    return poster_file(
        opened,
        base_url=settings.PUBLIC_URL,
        page="board-posters.pdf",
        subject=f"{knock.asked.address()}&after={batch[0].credit_code}",
        actor=knock.sight.actor,
        at=knock.at,
    )
