"""Who may do what: the separation of duties as one table. Pure.

Sources: GB/T 22239-2019 (等保 2.0) 8.1.5, three administrators: 系统管理员 keeps identities and resources, 安全管理员
grants rights and guards credentials, 审计管理员 reads the records; 行政执法监督条例 (decree 825) for the supervisor.
docs/guides/accounts.md says why each cell is as it is. Deletion is no verb here: nobody deletes.
"""

import re
from enum import StrEnum
from types import MappingProxyType


class May(StrEnum):
    VIEW = "view"
    ADD = "add"
    CHANGE = "change"


class Matter(StrEnum):
    """What a duty is about. `ACCOUNTS`: that one exists, its name and password. `RIGHTS`: its role, its reach,
    its second factor. Nobody has both, so that no one person can make, arm and use an account. `DECISIONS`: what an
    opaque licence code means (ruling adds one), and which subject is which enterprise (proposing adds one, the second
    person's yes changes it). `DOORS`: an enterprise's own address, which shows who is at its door; printing it
    on a poster adds one, renewing changes it."""

    ACCOUNTS = "accounts"
    RIGHTS = "rights"
    SIGN_INS = "sign_ins"
    ENTRIES = "entries"
    AGENCIES = "agencies"
    OFFICERS = "officers"
    DEVICES = "devices"
    ACTIVATIONS = "activations"
    ENTERPRISES = "enterprises"
    FREQUENCY_RULES = "frequency_rules"
    FLAGS = "flags"
    FILINGS = "filings"
    FACTS = "facts"
    VISITS = "visits"
    SCANS = "scans"
    DECISIONS = "decisions"
    DOCUMENTS = "documents"
    CORRECTIONS = "corrections"
    COMPLAINTS = "complaints"
    DOORS = "doors"
    CASES = "cases"
    CASE_ANSWERS = "case_answers"
    REPORTS = "reports"


class Reach(StrEnum):
    """Whose rows: all; those of the agencies that the account's agency supervises, and of its region's enterprises;
    those of the account's agency and the agencies below it; those of its region."""

    ALL = "all"
    SUPERVISED = "supervised"
    BRANCH = "branch"
    REGION = "region"
    NOTHING = "nothing"


REACH = MappingProxyType(
    {
        "": Reach.NOTHING,
        "system_admin": Reach.ALL,
        "security_admin": Reach.ALL,
        "audit_admin": Reach.ALL,
        "supervisor": Reach.SUPERVISED,
        "agency_admin": Reach.BRANCH,
        "agency_leader": Reach.BRANCH,
        "discipline": Reach.REGION,
    }
)

# One row a role, one letter a verb (v view, a add, c change), one column a matter, "-" for nothing.
_COLUMNS = tuple(Matter)
_TABLE = """
                acc rig sig ent age off dev act enp rul fla fil fac vis sca dec doc cor com doo cas ans rep
system_admin    vac -   -   -   vac vac -   -   vac v   -   v   -   -   -   -   -   -   -   -   -   -   -
security_admin  v   vc  -   -   v   v   vc  va  -   v   -   -   -   -   -   -   -   -   -   -   -   -   -
audit_admin     v   -   v   v   v   v   v   v   v   v   -   v   -   -   -   -   -   -   -   -   -   -   -
supervisor      -   -   -   -   v   v   -   -   v   va  v   v   v   v   v   vac va  vac vac vac vac v   va
agency_admin    -   -   -   -   v   vac vc  va  -   v   -   -   -   -   -   -   -   -   -   -   v   va  -
agency_leader   -   -   -   -   v   v   v   v   -   v   v   v   v   v   v   -   v   v   -   -   v   va  -
discipline      -   -   -   -   v   v   -   -   v   v   v   -   v   v   -   v   v   v   v   -   v   v   v
"""
_LETTERS = {"v": May.VIEW, "a": May.ADD, "c": May.CHANGE}


def _read(table: str) -> dict[str, dict[Matter, frozenset[May]]]:
    rows = [line.split() for line in table.strip().splitlines()[1:]]
    return {
        role: {
            matter: frozenset(_LETTERS[letter] for letter in cell if letter != "-")
            for matter, cell in zip(_COLUMNS, cells, strict=True)
        }
        for role, *cells in rows
    }


DUTIES = MappingProxyType(_read(_TABLE) | {"": {matter: frozenset[May]() for matter in Matter}})


def may(role: str, verb: May, matter: Matter) -> bool:
    """May this role do that? A role that the table does not know may do nothing."""
    return verb in DUTIES.get(role, {}).get(matter, frozenset())


DECISIONS = (
    (May.CHANGE, Matter.COMPLAINTS),
    (May.CHANGE, Matter.CASES),
    (May.ADD, Matter.CASE_ANSWERS),
    (May.CHANGE, Matter.CORRECTIONS),
    (May.ADD, Matter.FREQUENCY_RULES),
    (May.CHANGE, Matter.DECISIONS),
)
"""The duties for whose sake something waits in an inbox (待办)."""


def decides(role: str) -> bool:
    """Does anything ever wait for this role's decision?"""
    return any(may(role, verb, matter) for verb, matter in DECISIONS)


ADMINISTRATORS = frozenset({"system_admin", "security_admin", "audit_admin"})
"""The three whose duties are apart (三员): no account passes from one to another."""

RESUMERS = frozenset({"system_admin", "supervisor"})
"""Whose accounts may say that the log goes on after a restore, two of them together: who keeps the machine, and whom
the record is for."""

# GB/T 2260: province, city, district; GB/T 10114: the town's three further digits.
_REGION = re.compile(r"\d{2}(\d{2}(\d{2}(\d{3})?)?)?", re.ASCII)
# Lower case only: two names that look alike would be two people in the record.
_USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{2,39}")


def is_username(text: str) -> bool:
    """May this be a log-in name (3 to 40 of a-z 0-9 . _ -)?"""
    return _USERNAME.fullmatch(text) is not None


def is_region_prefix(text: str) -> bool:
    """Is this 2, 4, 6 or 9 digits of a region code?"""
    return _REGION.fullmatch(text) is not None


def lacks(role: str, *, region_prefix: str, agency_code: str) -> list[str]:
    """Which of `region_prefix`, `agency_code` must this role still be given, lest it reach nothing?"""
    wanted = {
        Reach.SUPERVISED: {"region_prefix": region_prefix, "agency_code": agency_code},
        Reach.BRANCH: {"agency_code": agency_code},
        Reach.REGION: {"region_prefix": region_prefix},
    }.get(REACH.get(role, Reach.NOTHING), {})
    return [name for name, value in wanted.items() if not value]
