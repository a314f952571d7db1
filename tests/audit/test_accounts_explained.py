"""Every code that a flag or a fact can carry has a word for people."""

from audit.counting import LeftOut
from audit.explained import CATEGORIES, PURPOSES, REASONS, STATES, WHY_LEFT_OUT, lines, word
from audit.facts import Category, ExemptReason, Purpose, State


def test_every_code_has_a_word() -> None:
    for codes, words in (
        (LeftOut, WHY_LEFT_OUT),
        (Purpose, PURPOSES),
        (Category, CATEGORIES),
        (ExemptReason, REASONS),
        (State, STATES),
    ):
        assert set(words) == set(codes)
        assert all(str(text) for text in words.values())


def test_a_code_of_tomorrow_stands_for_itself() -> None:
    assert word(WHY_LEFT_OUT, "moon_phase") == "moon_phase"


def test_an_explanation_whose_facts_are_gone_still_names_its_visits() -> None:
    evidence = {"counted": ["V1"], "left_out": [{"visit": "V2", "why": "withdrawn"}]}
    counted, left_out = lines(evidence, {}, reached=())
    assert [line.visit for line in counted] == ["V1"]
    assert [(line.visit, line.why) for line in left_out] == [("V2", "扫码人已撤回，待监督机关确认")]
