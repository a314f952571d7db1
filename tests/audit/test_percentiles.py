"""What is usual among peers: bearings makers of grade B in 2025, as a draft that can be enacted."""

import io
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from audit.facts import SHANGHAI
from audit.kinds import fit
from audit.models import FrequencyRule
from audit.percentiles import Pair, draft, usual
from audit.yearly import pairs
from tests.audit.test_watch import visit

DAY = datetime(2025, 5, 6, 9, tzinfo=SHANGHAI)


def pair(times: int, industry: str = "C34", risk_grade: str = "B") -> Pair:
    return Pair(industry=industry, risk_grade=risk_grade, times=times)


def test_of_a_hundred_peers_the_ninety_fifth_says_what_is_usual() -> None:
    (found,) = usual(pair(number) for number in range(1, 101)).items()
    assert (found[0], found[1].peers, found[1].p95) == ("C34/B", 100, 95)


def test_twenty_nine_peers_say_nothing_and_thirty_do() -> None:
    assert usual([pair(2)] * 29) == {}
    assert usual([pair(2)] * 30)["C34/B"].p95 == 2
    assert usual([pair(2, risk_grade="")] * 30) == {}


@given(st.lists(st.integers(1, 40), min_size=30, max_size=200))
def test_95_of_100_peers_had_so_many_or_fewer_and_it_is_the_smallest_such_number(times: list[int]) -> None:
    found = usual(pair(each) for each in times)["C34/B"].p95
    assert found in times
    assert 100 * sum(each <= found for each in times) >= 95 * len(times)
    assert 100 * sum(each < found for each in times) < 95 * len(times)


def test_the_draft_is_a_rule_that_fits() -> None:
    found = usual([pair(3)] * 30 + [pair(5, "H62", "A")] * 40)
    (rule,) = tomllib.loads(draft(found, year=2025, code="reasonable"))["rule"]
    assert rule["parameters"] == {"factor": 2, "p95": {"C34/B": 3, "H62/A": 5}}
    assert fit(rule["kind"], rule["parameters"]) == "reasonable_frequency"


@pytest.mark.django_db
def test_exempt_visits_are_in_voided_service_and_ordered_ones_are_not() -> None:
    said: list[dict[str, Any]] = [
        {},
        {"reason": "complaint", "source_no": "12345"},
        {"state": "withdrawn"},  # nobody has confirmed it
        {"claim": {"state": "voided"}},
        {"state": "voided"},
        {"state": "absorbed"},
        {"purpose": "service"},
        {"category": "special", "superior_ordered": True},
        {"at": datetime(2025, 12, 31, 16, 0, tzinfo=UTC)},  # New Year in Shanghai
        {"credit_code": "S123"},
    ]
    for number, words in enumerate(said):
        visit(number, **({"at": DAY} | words))
    visit(20, at=DAY, agency_code="130502-YJ", risk_grade="A")
    visit(21, at=DAY.replace(month=6), agency_code="130502-YJ", risk_grade="C")
    assert list(pairs(2025)) == [pair(4), pair(2, risk_grade="C")]


@pytest.mark.django_db
def test_the_command_writes_a_file_that_can_be_read_and_refuses_a_running_year(tmp_path: Path) -> None:
    for number in range(30):
        visit(number, at=DAY, credit_code=f"TEST{number:014d}")
    visit(30, at=DAY, credit_code="TEST00000000000000")
    visit(31, at=DAY, credit_code="TEST00000000000000")
    file, out = tmp_path / "合理频次.toml", io.StringIO()
    call_command("percentiles", "--year", "2025", "--output", str(file), stdout=out)
    assert "1 组" in out.getvalue()
    (rule,) = tomllib.loads(file.read_text(encoding="utf-8"))["rule"]
    assert rule["parameters"]["p95"] == {"C34/B": 1}
    call_command("enact", str(file), stdout=out)
    assert FrequencyRule.objects.get().parameters["p95"] == {"C34/B": 1}
    for wrong in (("--year", "2026"), ("--year", "2024"), ("--year", "2025", "--code", "合理")):
        with pytest.raises(CommandError):
            call_command("percentiles", *wrong)
