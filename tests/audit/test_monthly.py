"""A month's figures, how it compares with others, and what has changed since: tables, without a database."""

from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from django.utils.translation import override

from audit.monthly import (
    MEASURES,
    NOTHING,
    Tallied,
    Visit,
    corrected,
    corrections,
    growth,
    months_figures,
    plain_region,
    report_number,
    step,
    tenths,
)
from audit.period import Period
from audit.report_words import grown

JUNE = Period(year=2026, month=6)
THERE = {**NOTHING, "visits": 1, "once": 1, "counted": 1}
GONE, VOID = dict(NOTHING), {**NOTHING, "voided": 1}


def came(visit: str = "RQ-1", day: int = 2, **words: Any) -> Visit:
    values: dict[str, Any] = {
        "day": date(2026, 6, day), "agency_code": "130502-SCJG", "agency_name": "襄都区市场监督管理局",
        "officers": (("13050200101", "张伟"),), "credit_code": "91110108551385082Q", "region_code": "130502",
        "purpose": "inspection", "category": "routine", "measures": THERE,
    }  # fmt: skip
    return Visit(visit=visit, **{**values, **words})


@pytest.mark.parametrize(
    ("region", "number"),
    [
        ("1305", "入企通报〔2026〕6号-130500"),
        ("130502", "入企通报〔2026〕6号-130502"),
        ("13", "入企通报〔2026〕6号-130000"),
        ("130502003", "入企通报〔2026〕6号-130502003"),
    ],
)
def test_a_report_is_numbered_as_officials_number_papers(region: str, number: str) -> None:
    assert report_number(region=region, year=2026, serial=6) == number


def test_a_region_and_a_month_have_one_name() -> None:
    named = {
        "130500": "1305",
        "130000": "13",
        "130502": "130502",
        "130502000": "130502",
        "130520": "130520",
        "13": "13",
    }
    assert {code: plain_region(code) for code in named} == named
    assert [str(step(Period(year=2026, month=1), by)) for by in (-1, -12, 12)] == ["2025-12", "2025-01", "2027-01"]


@pytest.mark.parametrize(
    ("now", "then", "said"),
    [(9, 8, "+12.5%"), (7, 8, "-12.5%"), (8, 8, "0.0%"), (2, 3, "-33.3%"), (5, 0, "—"), (0, 0, "—"),
     (5, None, "无可比数据"), (2000, 2001, "0.0%"), (3001, 3000, "0.0%"), (2001, 2000, "+0.1%"), (0, 4, "-100.0%")],
)  # fmt: skip
def test_a_month_compares_honestly(now: int, then: int | None, said: str) -> None:
    with override("zh-hans"):
        assert grown(now, then) == said
    assert growth(now, then) is None or tenths(growth(now, then) or Fraction(0)) in said


def test_only_inspections_rank_and_a_month_of_which_nothing_is_known_is_none() -> None:
    now, before, nothing = Tallied(digits=6), Tallied(digits=6), Tallied(digits=6)
    now.take(came())
    now.take(came("RQ-2", officers=(("13050200101", "张伟"), ("13050200102", "李娜")), category="special"))
    now.take(came("RQ-3", purpose="service", measures={**NOTHING, "visits": 1, "once": 1}))
    now.take(
        came("RQ-4", credit_code="X", measures={**NOTHING, "voided": 1}, agency_code="130502-YJ", agency_name="应急")
    )
    before.take(came(measures={**NOTHING, "withdrawn": 1}))
    found = months_figures(now, before=before, year_before=nothing, month=JUNE)
    assert [one and one["visits"] for one in found["totals"]["inspection"]] == [2, 0, None]
    assert found["totals"]["service"][0]["visits"] == 1
    assert [(line["key"], line["visits"], line["then"]) for line in found["agencies"]] == [
        ("130502-SCJG", 2, [0, None]), ("130502-YJ", 0, [0, None]),
    ]  # fmt: skip
    assert [(line["key"], line["visits"]) for line in found["officers"]] == [("13050200101", 2), ("13050200102", 1)]
    assert [line["key"] for line in found["enterprises"]] == ["91110108551385082Q"], "where nobody was, nobody ranks"
    assert (len(found["days"]), found["days"][1], sum(found["days"])) == (30, 2, 2)


def test_an_agency_that_came_last_month_alone_keeps_its_name() -> None:
    before, year_before = Tallied(digits=6), Tallied(digits=6)
    before.take(came(agency_code="130502-YJ", agency_name="襄都区应急管理局"))
    year_before.take(came(agency_code="130502-YJ", agency_name="襄都区安监局"))
    year_before.take(came(agency_code="130502-LY"))
    found = months_figures(Tallied(digits=6), before=before, year_before=year_before, month=JUNE)["agencies"]
    assert [(line["key"], line["name"]) for line in found] == [
        ("130502-LY", "襄都区市场监督管理局"), ("130502-YJ", "襄都区应急管理局"),
    ]  # fmt: skip


WITHDRAWN = {**NOTHING, "withdrawn": 1, "counted": 1, "unconfirmed": 1}
KINDS = [
    (came(), came(measures=VOID), "voided"),
    (came(), came(measures=WITHDRAWN), "withdrawn"),
    (came(measures=WITHDRAWN), came(measures=VOID), "voided"),
    (came(), came(measures=GONE), "absorbed"),
    (came(measures=VOID), came(), "restored"),
    (came(), came(measures={**THERE, "joint": 1}), "joint"),
    (came(), came(category="special"), "changed"),
    (came(), came(region_code="130534"), "moved"),
    (came(), came(day=2, measures={**THERE, "counted": 0, "exempt": 1}), "changed"),
    (None, came(), "added"),
    (None, came(measures={**THERE, "imported": 1}), "imported"),
    (came(region_code="130534"), came(), "added"),
    (came(), replace(came(), day=date(2026, 7, 1)), "moved"),
    (came(), came(), None),
    (None, came(region_code="130534"), None),
    (None, came(measures=GONE), None),
]


@pytest.mark.parametrize(("before", "after", "kind"), KINDS)
def test_what_became_of_a_visit_is_called_by_its_name_and_makes_the_difference(
    before: Visit | None, after: Visit | None, kind: str | None
) -> None:
    found = corrections([before] if before else [], [after] if after else [], region="130502", month=JUNE)
    assert [one.kind for one in found] == ([kind] if kind else [])
    inside = [one for one in (before,) if one and one.lies_in(region="130502", month=JUNE)]
    was = {name: 5 + sum(one.measures[name] for one in inside) for name in MEASURES}
    later = [one for one in (after,) if one and one.lies_in(region="130502", month=JUNE)]
    now = {name: 5 + sum(one.measures[name] for one in later) for name in MEASURES}
    assert corrected({"inspection": was, "service": NOTHING}, found) == {"inspection": now, "service": dict(NOTHING)}
