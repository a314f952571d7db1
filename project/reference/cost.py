"""What a scan costs: the statements of each case, in order, and what each is for.

tests/checkins/test_cost.py runs the real thing and compares; docs/reference/cost.md is written from here.
"""

from collections.abc import Sequence

from project.reference.page import table

WHY = {
    "SELECT officers_device": "who is knocking: device, officer and agency by the SHA-256 of the bearer token",
    "INSERT checkins_answer": (
        "was this very scan answered before? Writes nothing for a new one; for a known one it counts the replay, so "
        "that what is told again is as durable as what was told first"
    ),
    "BEGIN": "the deed begins (SQLite: IMMEDIATE, it waits its turn to write)",
    "INSERT checkins_scan": (
        "what arrived, whatever it says; on PostgreSQL the same statement waits for the lock of the enterprise's "
        "credit code, and a known `scan_id` fails here"
    ),
    "SELECT enterprises_enterprise": (
        "one UNION ALL: the enterprise, its premises, the year's visit facts of all agencies, this agency's flags of "
        "the year, the rules, the scans of the same agency, enterprise and purpose around this moment (a precheck: "
        "the plans there instead), and the officer's other scans of these days with their grades"
    ),
    "INSERT checkins_visit": "the visit that the scan opens",
    "INSERT checkins_historicalvisit": "the visit's first version, with who and when",
    "INSERT audit_visitfact": "what counts: a version of the visit by value",
    "INSERT audit_filing": "what the supervision platform is owed; delivered after the commit",
    "INSERT checkins_resolution": "how the scan is read: enterprise, visit, on-site time; and the answer that is kept",
    "INSERT audit_entry": (
        "the record that proves it, an entry for each reader; a trigger of the database queues them for the tree"
    ),
    "INSERT checkins_placegrade": (
        "what speaks against the place of this scan, and anew against earlier ones of its officer: for the supervisor"
    ),
    "INSERT audit_flag": "the warning that the supervisor sees",
    "INSERT audit_flagstate": "its evidence: rule and version, each visit counted, each left out and why",
    "SELECT checkins_resolution": "the kept answer and how far its filing is",
    "COMMIT": "all of it, or nothing",
}

OPENS = [
    "SELECT officers_device",
    "INSERT checkins_answer",
    "BEGIN",
    "INSERT checkins_scan",
    "SELECT enterprises_enterprise",
    "INSERT checkins_visit",
    "INSERT checkins_historicalvisit",
    "INSERT audit_visitfact",
    "INSERT audit_filing",
    "INSERT audit_entry",
    "INSERT checkins_resolution",
    "COMMIT",
]
JOINS = [said for said in OPENS if said not in {"INSERT checkins_visit", "INSERT checkins_historicalvisit"}]
REPLAYS = ["SELECT officers_device", "INSERT checkins_answer", "SELECT checkins_resolution"]
RAISES = [*OPENS[:-1], "INSERT audit_flag", "INSERT audit_flagstate", "INSERT audit_filing", "COMMIT"]
SUSPECTED = [*OPENS[:-1], "INSERT checkins_placegrade", "COMMIT"]
GROWS = [*OPENS[:-1], "INSERT audit_flagstate", "COMMIT"]
PRECHECKS = ["SELECT officers_device", "SELECT enterprises_enterprise"]

CASES: list[tuple[str, str, Sequence[str]]] = [
    ("A scan that opens a visit", "At a known enterprise, under the cap.", OPENS),
    (
        "A scan that joins a visit",
        "A colleague's scan within the grouping window; the visit's row stays.",
        JOINS,
    ),
    (
        "A scan whose place is in doubt",
        "Graded B or C, alone or with earlier ones whose pattern it completes (docs/guides/place.md).",
        SUSPECTED,
    ),
    ("A replay", "The same content under the same `scan_id`, once more: outside a transaction.", REPLAYS),
    ("A scan over the cap, the first of the year", "It opens a visit and raises the flag.", RAISES),
    ("A further scan over the cap", "It opens a visit and the flag grows.", GROWS),
    ("A precheck", "Before the visit: reads only, outside a transaction.", PRECHECKS),
]


def page() -> str:
    """docs/reference/cost.md."""
    about = (
        "SQL statements from the bearer token to the commit, the same on SQLite and PostgreSQL, and the same after ten "
        "earlier visits as after a hundred thousand. `tests/checkins/test_cost.py` runs each case and compares it with "
        "these lists. Rarer cases cost more: a late scan that regroups others (a resolution for each scan that moves, "
        "a fact and a filing for each visit that changes), an old registration number that has to be looked up (a "
        "SELECT), a further scan of a visit that lacks words which the jurisdiction wants (a SELECT: have they been "
        "supplied since?), one agency at one door every few hours for days (a further, wider SELECT)."
    )
    parts = ["# What a scan costs", about]
    for title, when, statements in CASES:
        rows = [[str(number), f"`{said}`", WHY[said]] for number, said in enumerate(statements, 1)]
        parts += [f"## {title}: {len(statements)}", when, table(["", "statement", "what for"], rows)]
    return "\n\n".join(parts) + "\n"
