"""The reference of the registers' files is what the commands read."""

from pathlib import Path

import pytest

from audit.register import Column, describe
from checkins.item_columns import ITEM
from enterprises.register import CONTACT, FILE
from officers.register import AGENCY, OFFICER
from project.earlier_visits import VISIT
from project.plans_file import PLAN

PAGE = Path(__file__).resolve().parents[2] / "docs/reference/registry.md"


@pytest.mark.parametrize(
    "columns",
    [AGENCY, OFFICER, FILE, CONTACT, VISIT, PLAN, ITEM],
    ids=["agencies", "officers", "enterprises", "contacts", "visits", "plans", "items"],
)
def test_every_column_stands_in_the_reference(columns: tuple[Column, ...]) -> None:
    called = [{"".join(word.split()).lower() for word in (one.name, *one.headings, *one.aliases)} for one in columns]
    assert sum(map(len, called)) == len(set().union(*called)), "no two columns are called alike"
    table = describe(columns)
    assert table in PAGE.read_text(encoding="utf-8"), f"docs/reference/registry.md should hold:\n\n{table}"
