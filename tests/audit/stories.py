"""Any stories of visits, corrections, joint visits and penalties, folded here and there, for hypothesis."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from audit.services.fold import fold
from tests.audit.counted import BEARINGS, CASHMERE, CITY, FIRE, GLASS, MARKET, change, penalty, tell

ZHANG, LI = ("13050200101", "张伟"), ("13050200102", "李娜")
ENDS = [
    datetime(2025, 12, 31, 15, 59, tzinfo=UTC),  # the last minute of 2025 in Shanghai
    datetime(2025, 12, 31, 16, 0, tzinfo=UTC),
    datetime(2026, 2, 28, 16, 30, tzinfo=UTC),
    datetime(2026, 3, 2, 1, 0, tzinfo=UTC),
]

words = st.fixed_dictionaries(
    {},
    optional={
        "state": st.sampled_from(["open", "withdrawn", "voided", "absorbed"]),
        "purpose": st.sampled_from(["inspection", "service"]),
        "category": st.sampled_from(["routine", "case", "special"]),
        "reason": st.sampled_from(["", "complaint", "media"]),
        "source_no": st.sampled_from(["", "12345"]),
        "superior_ordered": st.booleans(),
        "joint_id": st.sampled_from(["", "J1", "J2"]),
        "started_at": st.sampled_from(ENDS) | st.integers(0, 500).map(lambda h: ENDS[0] + timedelta(hours=h)),
        "claim": st.none()
        | st.fixed_dictionaries(
            {},
            optional={
                "state": st.sampled_from(["open", "voided"]),
                "purpose": st.sampled_from(["inspection", "service"]),
                "category": st.sampled_from(["routine", "special"]),
                "superior_ordered": st.booleans(),
                "reason": st.sampled_from(["", "complaint"]),
                "source_no": st.sampled_from(["", "7"]),
            },
        ).filter(bool),
    },
)
first_words = st.tuples(
    words,
    st.fixed_dictionaries(
        {
            "agency_code": st.sampled_from([MARKET, FIRE, CITY]),
            "credit_code": st.sampled_from([BEARINGS, CASHMERE, GLASS]),
            "origin": st.sampled_from(["scanned", "imported"]),
            "officers": st.sampled_from([(), (ZHANG,), (LI,), (LI, ZHANG), (ZHANG, ZHANG)]),
        }
    ),
).map(lambda both: {**both[0], **both[1]})
moves: st.SearchStrategy[tuple[str, int, dict[str, Any]]] = st.one_of(
    st.tuples(st.just("visit"), st.integers(0, 5), first_words),
    st.tuples(st.just("visit"), st.integers(0, 5), words),
    st.tuples(st.just("fold"), st.integers(1, 4), st.just({})),
    st.tuples(
        st.just("penalty"),
        st.integers(0, 1),
        st.fixed_dictionaries(
            {
                "withdrawn": st.booleans(),
                "agency_code": st.sampled_from([MARKET, FIRE]),
                "on": st.sampled_from([date(2026, 3, 2), date(2026, 1, 1), date(2025, 12, 31)]),
            }
        ),
    ),
)
stories = st.lists(moves, min_size=1, max_size=25)


def play(story: list[Any]) -> int:
    """Let it happen. How many visits were there?"""
    visits: set[int] = set()
    papers = [0, 0]
    for what, number, said in story:
        if what == "fold":
            fold(limit=number)
        elif what == "penalty":
            papers[number] += 1
            penalty(f"P{number}", version=papers[number], **said)
        elif number in visits:
            officers = said.pop("officers", None)
            told = [{"certificate_no": no, "name": name} for no, name in officers or ()]
            change(f"V{number}", **said, **({"officers": told} if officers is not None else {}))
        elif "agency_code" in said:
            visits.add(number)
            tell(f"V{number}", **said)
    return len(visits)
