"""The judge of an agency as a whole: 襄都区市场监管局 in March 2026."""

from dataclasses import replace
from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from audit.finding import Finding
from audit.kinds import KINDS, Kind, Level, Per
from audit.law import Law, Rule, Scope
from audit.shares import JUDGES, KINDS_OF_AGENCIES, Tally, judge

LAST = date(2026, 3, 31)
MARCH = Tally(
    agency_code="130502-SCJG",
    agency_name="襄都区市场监督管理局",
    agency_path="/130500-SCJG/130502-SCJG/",
    level="district",
    supervised_by="130502-SFJ",
    region_code="130502",
    visits=40,
    void=4,
    inspections=36,
    exempt=9,
    papers=20,
    unscanned=2,
)


def rule(kind: Kind, *, version: int = 1, **words: Any) -> Rule:
    given = {Kind.VOID_SHARE: {"share": 0.1}, Kind.EXEMPT_SHARE: {"share": 0.25}, Kind.SCAN_RATE: {"rate": 0.9}}
    usual: dict[str, Any] = {"parameters": given[kind], "effective_from": date(2026, 1, 1), "source": "本地办法（P）"}
    return Rule(code=f"{kind}-rule", version=version, kind=kind, **(usual | words))


def found(tally: Tally, *rules: Rule) -> list[Finding]:
    return judge(tally, law=Law(rules), period="2026-03", on=LAST)


def test_every_kind_about_an_agency_has_a_judge() -> None:
    assert set(JUDGES) == set(KINDS_OF_AGENCIES) == {kind for kind, sort in KINDS.items() if sort.per is Per.AGENCY}


def test_a_tenth_voided_is_within_a_limit_of_a_tenth_and_one_more_is_not() -> None:
    assert found(MARCH, rule(Kind.VOID_SHARE)) == []
    (finding,) = found(replace(MARCH, void=5), rule(Kind.VOID_SHARE))
    assert finding.key == ("void_share-rule", "130502-SCJG", "2026-03")
    assert finding.level is Level.NOTICE
    assert dict(finding.details) == {"times": 5, "total": 40, "percent": "12.5", "limit": 10}
    assert finding.sentence == (
        "襄都区市场监督管理局 2026 年 3 月作废或撤回 5 次，占全部 40 次入企的 12.5%，超过 10%"
        "（规则 void_share-rule 第 1 版，本地办法（P））。"
    )


def test_exempt_inspections_are_measured_against_all_inspections() -> None:
    assert found(MARCH, rule(Kind.EXEMPT_SHARE)) == []
    (finding,) = found(replace(MARCH, exempt=18), rule(Kind.EXEMPT_SHARE))
    assert dict(finding.details) == {"times": 18, "total": 36, "percent": 50, "limit": 25}


def test_nine_tenths_scanned_are_enough_where_nine_tenths_are_asked() -> None:
    assert found(MARCH, rule(Kind.SCAN_RATE)) == []
    (finding,) = found(replace(MARCH, unscanned=3), rule(Kind.SCAN_RATE))
    assert finding.level is Level.WARNING
    assert "应扫码 20 次，3 次没有扫码，扫码率 85%，低于 90%" in finding.sentence


def test_too_few_visits_say_nothing() -> None:
    few = replace(MARCH, visits=9, void=9, papers=4, unscanned=4)
    assert found(few, rule(Kind.VOID_SHARE), rule(Kind.SCAN_RATE)) == []
    least = {"share": 0.1, "least": 9}
    assert len(found(few, rule(Kind.VOID_SHARE, parameters=least))) == 1


def test_a_share_just_over_the_limit_is_not_told_as_the_limit() -> None:
    (finding,) = found(replace(MARCH, visits=10_000, void=1_001), rule(Kind.VOID_SHARE))
    assert (finding.details["percent"], finding.details["limit"]) == ("10.1", 10)
    (finding,) = found(replace(MARCH, papers=10_000, unscanned=1_001), rule(Kind.SCAN_RATE))
    assert (finding.details["percent"], finding.details["limit"]) == ("89.9", 90)


def test_the_version_of_the_months_last_day_judges_the_month() -> None:
    strict = rule(Kind.VOID_SHARE, version=2, parameters={"share": 0.05}, effective_from=LAST)
    (finding,) = found(MARCH, rule(Kind.VOID_SHARE), strict)
    assert finding.rule.version == 2
    april = replace(strict, effective_from=date(2026, 4, 1))
    assert found(MARCH, rule(Kind.VOID_SHARE), april) == []
    gone = rule(Kind.VOID_SHARE, version=3, effective_from=LAST, repeals=True)
    assert found(replace(MARCH, void=40), rule(Kind.VOID_SHARE), gone) == []


def test_a_scope_asks_what_an_agency_has() -> None:
    over = replace(MARCH, void=20)
    for scope, holds in {
        Scope(region_prefix="1305"): True,
        Scope(region_prefix="130503"): False,
        Scope(levels=("district",)): True,
        Scope(levels=("city",)): False,
        Scope(agencies=("130500-SCJG",)): True,
        Scope(agencies=("130502-SCJG",)): True,
        Scope(agencies=("130502-YJ",)): False,
        Scope(industries=("C34",), risk_grades=("A",)): True,
    }.items():
        assert len(found(over, rule(Kind.VOID_SHARE, scope=scope))) == holds, scope


@given(st.integers(1, 500), st.integers(0, 500), st.sampled_from([0.0, 0.1, 0.125, 1 / 3, 0.9, 1.0]))
def test_a_share_is_found_exactly_when_it_is_over_the_written_limit(total: int, times: int, share: float) -> None:
    times = min(times, total)
    over = Rule(
        code="r", version=1, kind=Kind.VOID_SHARE, parameters={"share": share, "least": 1},
        effective_from=date(2026, 1, 1),
    )  # fmt: skip
    findings = found(replace(MARCH, visits=total, void=times), over)
    assert bool(findings) == (times > share * total + 1e-9)
    for finding in findings:
        assert float(finding.details["percent"]) > float(finding.details["limit"]) - 1e-9
        assert not any(isinstance(value, float) for value in finding.details.values())
