"""The law's tables are whole: every kind, reason and parameter has its row, and every row can be used."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from audit.counting import LeftOut
from audit.explained import CATEGORIES, LEVELS, PURPOSES, REASONS, STATES, WHY_LEFT_OUT
from audit.facts import Category, ExemptReason, Purpose, State
from audit.finding import SENTENCES
from audit.kinds import KINDS, LONGEST_WINDOW_DAYS, Kind, Level, Parameter, Per, Period, Unfit, fit
from audit.law import COUNTED_WHOLE, Law, Rule
from audit.rules import JUDGES, judge
from tests.audit.casebook.story import EXEMPT, findings, visit

BROKEN_BY: dict[Kind, tuple[dict[str, Any], str]] = {
    Kind.ANNUAL_CAP: ({"cap": 2}, "襄都区市场监督管理局 2026 年对该企业检查 3 次，超过年度上限 2 次"),
    Kind.TIER_SUM: ({"cap": 2}, "各单位 2026 年对该企业合计检查 4 次，超过合计上限 2 次"),
    Kind.ROLLING_WINDOW: ({"days": 30, "limit": 2}, "该企业 2026 年在连续 30 日内最多受检 4 次，超过 2 次"),
    Kind.REPEAT_ITEM: ({"days": 90}, "襄都区市场监督管理局 2026 年在 90 日内对该企业重复检查同一事项（A01）"),
    Kind.MANY_AGENCIES: ({"days": 15}, "该企业 2026 年在 15 日内有 2 个单位分别上门，没有联合检查"),
    Kind.REASONABLE_FREQUENCY: (
        {"p95": {"C34/B": 3}},
        "襄都区市场监督管理局 2026 年对该企业检查 4 次（含豁免），明显超过合理频次 3 次",
    ),
    Kind.QUIET_DAYS: ({}, "襄都区市场监督管理局 2026 年 3 月在企业宁静日上门 3 次，没有可以例外的事由"),
    Kind.SINGLE_OFFICER: ({}, "襄都区市场监督管理局 2026 年 3 月有 4 次检查到场 15 分钟后持证人员不足 2 人"),
}
"""For each kind that visits decide, parameters that 王强 and 张伟's March breaks, and what is said of it."""
MARCH = [
    *(visit("张伟", f"3月{day}日", items=("A01",)) for day in (2, 5, 9)),
    visit("张伟", "3月10日", **EXEMPT),
    visit("王强", "3月20日"),
]
FITTING: dict[Kind, dict[str, Any]] = {
    **{kind: parameters for kind, (parameters, _said) in BROKEN_BY.items()},
    Kind.VOID_SHARE: {"share": 0.1},
    Kind.EXEMPT_SHARE: {"share": 0.5},
    Kind.SCAN_RATE: {"rate": 0.9},
}
MISFITS: list[Any] = [None, "2", [], {}, -1, 2.5, True, float("nan"), [[]], {"C34/B": "6"}, ["2026-13-01"], object()]
PARAMETERS = [(kind, name, parameter) for kind, sort in KINDS.items() for name, parameter in sort.parameters.items()]


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_has_its_row_its_sentence_and_somebody_who_judges_it(kind: Kind) -> None:
    sort = KINDS[kind]
    assert all((sort.title, "？" in sort.asks, sort.source, sort.example))
    assert sort.per in set(Per)
    assert sort.period in set(Period)
    assert sort.level in set(Level)
    assert (kind in JUDGES) is (sort.per is not Per.AGENCY)
    assert kind in SENTENCES


def test_no_table_has_a_row_too_many() -> None:
    assert set(KINDS) == set(SENTENCES) == set(Kind) == set(FITTING)
    assert set(BROKEN_BY) == set(JUDGES)
    assert set(COUNTED_WHOLE) == {
        kind for kind in JUDGES if not {"exempt", "count_case", "joint"} & set(KINDS[kind].parameters)
    }


@pytest.mark.parametrize("kind", list(BROKEN_BY))
def test_every_judge_finds_what_breaks_its_rule_and_says_so_with_its_own_figures(kind: Kind) -> None:
    parameters, said = BROKEN_BY[kind]
    enacted = Rule(
        code="1305", version=4, kind=kind, parameters=parameters, effective_from=date(2026, 1, 1), source="P"
    )
    march = [*findings(MARCH, enacted)]
    assert march[0].sentence.startswith(said)
    assert march[0].sentence.endswith("（规则 1305 第 4 版，P）。")
    assert len(march[0].period) == (4 if KINDS[kind].period is Period.YEAR else 7)
    assert (march[0].agency_code == "") is (KINDS[kind].per is Per.ENTERPRISE)
    evidence = march[0].evidence()
    assert {"sentence", "rule", "version", "kind", "source", "period", "level", "counted", "left_out"} < set(evidence)


@pytest.mark.parametrize("kind", sorted(set(Kind) - set(JUDGES)))
def test_a_rule_about_an_agency_as_a_whole_looks_at_no_single_visit(kind: Kind) -> None:
    law = Law([Rule(code="x", version=1, kind=kind, parameters=FITTING[kind], effective_from=date(2026, 1, 1))])
    assert law.at(MARCH[0]) == ()
    assert judge(MARCH, law=law, as_of=datetime(2027, 1, 1, tzinfo=UTC)) == []


def test_every_code_of_a_visit_and_every_reason_to_leave_it_out_has_its_words() -> None:
    assert set(WHY_LEFT_OUT) == set(LeftOut)
    assert set(REASONS) == set(ExemptReason)
    assert set(STATES) == set(State)
    assert set(CATEGORIES) == set(Category)
    assert set(PURPOSES) == set(Purpose)
    assert set(LEVELS) == set(Level)
    assert len({str(words) for words in WHY_LEFT_OUT.values()}) == len(LeftOut)


@pytest.mark.parametrize(("kind", "name", "parameter"), PARAMETERS, ids=lambda value: str(value)[:20])
def test_every_parameter_says_what_it_means_and_its_default_fits(kind: Kind, name: str, parameter: Parameter) -> None:
    assert parameter.meaning
    if parameter.required:
        assert parameter.default is None
    else:
        assert parameter.optional or parameter.fits(parameter.default)
        assert fit(kind, {**FITTING[kind], name: parameter.default}) is kind


@pytest.mark.parametrize("kind", list(Kind))
def test_a_rule_with_what_its_kind_asks_fits(kind: Kind) -> None:
    assert fit(kind, FITTING[kind]) is kind


@pytest.mark.parametrize(("kind", "name", "parameter"), PARAMETERS, ids=lambda value: str(value)[:20])
def test_no_parameter_takes_what_it_cannot_mean(kind: Kind, name: str, parameter: Parameter) -> None:
    refused = 0
    for misfit in MISFITS:
        try:
            fit(kind, {**FITTING[kind], name: misfit})
        except Unfit as error:
            assert name in str(error)  # noqa: PT017 (some of them fit one parameter or another)
            refused += 1
    assert refused >= len(MISFITS) - 3


@pytest.mark.parametrize("kind", list(Kind))
def test_a_parameter_of_nobody_and_one_left_out_are_refused(kind: Kind) -> None:
    with pytest.raises(Unfit, match="colour"):
        fit(kind, {**FITTING[kind], "colour": "red"})
    for name, parameter in KINDS[kind].parameters.items():
        rest = {other: value for other, value in FITTING[kind].items() if other != name}
        if parameter.required:
            with pytest.raises(Unfit, match=name):
                fit(kind, rest)
            with pytest.raises(Unfit, match=name):
                fit(kind, {**rest, name: None})


def test_a_kind_of_nobody_is_refused() -> None:
    with pytest.raises(Unfit, match="weekly_cap"):
        fit("weekly_cap", {"cap": 2})


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [
        (Kind.ANNUAL_CAP, {"cap": 367}),
        (Kind.ANNUAL_CAP, {"cap": 2, "exempt": ["holiday"]}),
        (Kind.ANNUAL_CAP, {"cap": 2, "joint": "nobody"}),
        (Kind.ANNUAL_CAP, {"cap": 2, "count_case": "no"}),
        (Kind.ROLLING_WINDOW, {"days": LONGEST_WINDOW_DAYS + 1, "limit": 2}),
        (Kind.QUIET_DAYS, {"days": [0]}),
        (Kind.QUIET_DAYS, {"days": []}),
        (Kind.QUIET_DAYS, {"dates": ["20260607"]}),
        (Kind.REASONABLE_FREQUENCY, {"p95": {"C34": 6}}),
        (Kind.SINGLE_OFFICER, {"officers": 1}),
        (Kind.VOID_SHARE, {"share": 10}),
    ],
)
def test_what_would_be_judged_wrong_or_never_is_refused(kind: Kind, parameters: dict[str, Any]) -> None:
    with pytest.raises(Unfit):
        fit(kind, parameters)
