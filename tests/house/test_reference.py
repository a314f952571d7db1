"""What docs/reference/ says is what the house does."""

import re
from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from audit.counting import LeftOut
from audit.facts import ExemptReason
from audit.kinds import KINDS, Level
from audit.problem import Problem
from audit.rule_file import DEFAULT, read_toml
from checkins.rules import Warn
from checkins.warnings import MEANINGS
from project.management.commands import reference
from project.reference import api, cost, frequency, settings, tables
from project.reference.page import table
from project.reference.shelf import FOLDER, pages, stale


def test_the_pages_on_the_shelf_are_those_the_house_writes_now() -> None:
    assert list(stale(FOLDER)) == [], "run: manage.py reference"


def test_the_pages_are_the_same_whoever_reads_them() -> None:
    with translation.override("en"):
        english = pages()
    with translation.override("zh-hans"):
        assert pages() == english


@pytest.fixture
def fresh_shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shelf = tmp_path / "reference"
    monkeypatch.setattr(reference, "FOLDER", shelf)
    call_command("reference", stdout=StringIO())
    return shelf


def test_a_changed_line_is_named_with_its_file_and_mended_by_writing(fresh_shelf: Path) -> None:
    page = fresh_shelf / "settings.md"
    lines = page.read_text().split("\n")
    lines[8] = "| `GEOFENCE_M` | number |  | `9.0` | wrong |"
    page.write_text("\n".join(lines))
    (fresh_shelf / "cost.md").unlink()
    with pytest.raises(CommandError) as refused:
        call_command("reference", "--check", stdout=StringIO())
    assert "settings.md:9\n" in str(refused.value)
    assert "is:     | `GEOFENCE_M` | number |  | `9.0` | wrong |" in str(refused.value)
    assert "cost.md: missing" in str(refused.value)
    call_command("reference", stdout=StringIO())
    call_command("reference", "--check", stdout=StringIO())
    assert list(stale(fresh_shelf)) == []


def test_a_page_that_ends_early_is_stale(fresh_shelf: Path) -> None:
    page = fresh_shelf / "tables.md"
    page.write_text(page.read_text()[:-1])
    assert ["tables.md" in said and "(end of file)" in said for said in stale(fresh_shelf)] == [True]


def test_every_problem_and_every_warning_stands_in_the_tables() -> None:
    text = api.page()
    for kind in api.problems():
        assert f"| `{kind.code}` | {kind.status} |" in text
    assert set(MEANINGS) == set(Warn)
    for warning in Warn:
        assert f"| `{warning.value}` |" in text


def test_a_refusal_that_a_test_invents_is_none_of_the_house() -> None:
    class Invented(Problem):
        code, status, title = "invented", 418, "发明"

    assert Invented not in api.problems()


def test_every_operation_of_the_document_has_its_line() -> None:
    text = api.page()
    calls = re.findall(r'^    "(/api/v1[^"]+)": \{', api.document(), re.M)
    assert len(calls) >= 6
    for path in calls:
        assert re.search(rf"\| `[A-Z]+ {re.escape(path)}` \| \S", text), path


def test_a_setting_without_a_comment_is_refused() -> None:
    source = 'A = env.str("A")  # named\n\n# told above,\n# in two lines\nB = env.int("B", default=2 * 3)\n'
    with pytest.raises(settings.Unexplained, match="C has no comment"):
        settings.variables(source + 'C = env.bool("C")\n')
    first, second = settings.variables(source)
    assert (first.name, first.required, first.default, first.comment) == ("A", True, None, "named")
    assert (second.required, second.default, second.comment) == (False, "2 * 3", "told above, in two lines")


def test_every_variable_that_the_settings_read_is_listed() -> None:
    source = settings.SOURCE.read_text()
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', source))
    assert {variable.name for variable in settings.variables(source)} == read
    assert len(read) > 30


def test_the_tables_say_which_are_append_only_and_which_have_history() -> None:
    text = tables.page()
    assert "`audit_entry`, append-only." in text
    assert "`officers_officer`, history." in text
    assert "`audit_filing`. " in text
    assert "Historical" not in text


def test_each_statement_of_the_costs_has_its_reason() -> None:
    named = {said for _title, _when, statements in cost.CASES for said in statements}
    assert named == set(cost.WHY)
    assert [len(statements) for _title, _when, statements in cost.CASES] == [12, 10, 13, 3, 15, 13, 2]


def test_a_row_that_does_not_fit_its_table_is_refused() -> None:
    assert table(["a", "b"], [["x|y", "two\nlines"]]).endswith("| x\\|y | two lines |")
    with pytest.raises(ValueError, match="as wide"):
        table(["a", "b"], [["x"]])


def test_the_law_of_frequency_is_told_whole() -> None:
    text = frequency.page()
    for kind, sort in KINDS.items():
        assert f"### {sort.title} `{kind}`" in text
        assert sort.source in text
        assert sort.example in text
        for parameter in sort.parameters.values():
            assert parameter.meaning in text
    for code in (*LeftOut, *ExemptReason, *Level):
        assert f"| `{code}` | " in text
    for draft in read_toml(DEFAULT.read_text(encoding="utf-8"), since=date.min):
        assert f"| `{draft.code}` | {draft.title} |" in text
        assert draft.source in text
