"""The table of duties is total, and keeps apart what must be apart."""

import itertools

import pytest
from django.conf import settings

from audit.duties import ADMINISTRATORS, DUTIES, REACH, Matter, May, Reach, is_region_prefix, lacks, may
from audit.models import Role


def _roles(verb: May, *matters: Matter) -> set[str]:
    return {role for role in Role.values if any(may(role, verb, matter) for matter in matters)}


def test_every_role_has_a_word_on_every_matter_and_a_reach() -> None:
    assert set(DUTIES) == set(REACH) == {"", *Role.values}
    for role, matter in itertools.product(Role.values, Matter):
        assert isinstance(DUTIES[role][matter], frozenset), (role, matter)


def test_an_account_without_a_role_may_nothing() -> None:
    for role in ("", "king"):
        assert not any(may(role, verb, matter) for verb in May for matter in Matter)
    assert REACH[""] is Reach.NOTHING


def test_nobody_deletes() -> None:
    assert {verb.value for verb in May} == {"view", "add", "change"}


def test_who_grants_rights_does_not_read_the_log_and_who_reads_it_changes_nothing() -> None:
    readers = _roles(May.VIEW, Matter.ENTRIES, Matter.SIGN_INS)
    assert readers == {"audit_admin"}
    assert not any(may("audit_admin", verb, matter) for verb in (May.ADD, May.CHANGE) for matter in Matter)
    assert _roles(May.CHANGE, Matter.RIGHTS) == {"security_admin"}


def test_who_makes_accounts_does_not_arm_them() -> None:
    for verb in (May.ADD, May.CHANGE):
        assert _roles(verb, Matter.ACCOUNTS) == {"system_admin"}
        assert "system_admin" not in _roles(verb, Matter.RIGHTS)


def test_no_two_administrators_have_a_hand_in_the_same_thing() -> None:
    """三员: what one of them adds or changes, neither of the others does."""
    for matter in Matter:
        hands = {role for role in ADMINISTRATORS if may(role, May.ADD, matter) or may(role, May.CHANGE, matter)}
        assert len(hands) <= 1, matter
    assert {role for role in Role.values if REACH[role] is Reach.ALL} == ADMINISTRATORS


def test_administrators_see_no_inspection_and_supervisors_change_no_register() -> None:
    inspections = (Matter.FLAGS, Matter.FACTS, Matter.VISITS, Matter.SCANS, Matter.DECISIONS, Matter.COMPLAINTS)
    for role in ("system_admin", "security_admin", "audit_admin", "agency_admin"):
        assert not any(may(role, May.VIEW, matter) for matter in inspections)
    registers = (Matter.AGENCIES, Matter.OFFICERS, Matter.ENTERPRISES, Matter.DEVICES, Matter.ACTIVATIONS)
    for role in ("supervisor", "discipline", "agency_leader"):
        assert not any(may(role, verb, matter) for verb in (May.ADD, May.CHANGE) for matter in registers)


def test_supervisors_alone_decide_and_discipline_looks_on() -> None:
    for verb in (May.ADD, May.CHANGE):
        assert _roles(verb, Matter.DECISIONS) == {"supervisor"}
    assert _roles(May.VIEW, Matter.DECISIONS) == {"supervisor", "discipline"}


def test_whoever_may_add_or_change_may_also_look() -> None:
    for role, matter in itertools.product(Role.values, Matter):
        if DUTIES[role][matter]:
            assert may(role, May.VIEW, matter), (role, matter)


@pytest.mark.parametrize(
    ("role", "missing"),
    [
        ("system_admin", []),
        ("", []),
        ("supervisor", ["region_prefix", "agency_code"]),
        ("agency_admin", ["agency_code"]),
        ("agency_leader", ["agency_code"]),
        ("discipline", ["region_prefix"]),
    ],
)
def test_a_role_says_what_it_needs(role: str, missing: list[str]) -> None:
    assert lacks(role, region_prefix="", agency_code="") == missing


def test_a_region_prefix_has_2_4_6_or_9_plain_digits() -> None:
    assert [n for n in range(12) if is_region_prefix("130502001999"[:n])] == [2, 4, 6, 9]
    assert not is_region_prefix("13٠٥")


def test_the_guide_prints_the_table_as_it_is() -> None:
    guide = (settings.BASE_DIR / "docs/guides/accounts.md").read_text()
    for role in Role.values:
        (row,) = [
            line for line in guide.splitlines() if line.startswith("| ") and line.split("|")[1].endswith(f" {role} ")
        ]
        cells = [cell.strip() for cell in row.strip("|").split("|")][1:]
        letters = [
            "".join(verb.value[0] for verb in (May.VIEW, May.ADD, May.CHANGE) if may(role, verb, matter))
            for matter in Matter
        ]
        assert cells == [letter or "-" for letter in letters], role
