"""What a cell may hold, and that no cell whatever breaks a reader."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.cells import BadCell, choice, day, degrees, identifier, moment, names, plain, text
from audit.region import region
from enterprises.register import FILE
from officers.register import AGENCY, OFFICER
from project.earlier_visits import VISIT

NINE = datetime(2026, 1, 31, 1, 0, tzinfo=UTC)
COLUMNS = (*AGENCY, *OFFICER, *FILE, *VISIT)
ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.floats(),
    st.integers(),
    st.text(),
    st.text(alphabet="0123456789-:/年月日+TZ. ", max_size=26),
    st.dates(),
    st.datetimes(),
    st.datetimes(timezones=st.timezones()),
    st.times(),
    st.timedeltas(),
)


@given(st.sampled_from(COLUMNS), ANYTHING)
def test_no_cell_breaks_a_reader_and_what_is_read_reads_the_same_again(column: Any, cell: Any) -> None:
    try:
        value = column.read(cell)
    except BadCell:
        return
    if value is not None:
        assert column.read(value) == value


@pytest.mark.parametrize(
    "written", ["2026-01-31", "2026/1/31", "2026.1.31", "2026年1月31日", "20260131", 20260131.0, "2026-01-31 00:00:00"]
)
def test_a_day_is_read_as_people_and_spreadsheets_write_it(written: Any) -> None:
    assert day(written) == date(2026, 1, 31)


@pytest.mark.parametrize("written", ["31.1.2026", "2026-13-01", "2026-02-30", "45688", 45688.0, "昨天", "0001-01-01"])
def test_what_is_no_day_is_refused(written: Any) -> None:
    with pytest.raises(BadCell, match="应为日期"):
        day(written)


@pytest.mark.parametrize(
    "written",
    ["2026-01-31 09:00", "2026/1/31 9:00", "2026年1月31日 9：00", "2026-01-31T09:00:00", "2026-01-31T01:00:00Z"],
)
def test_a_moment_without_an_offset_is_xingtais(written: str) -> None:
    assert moment(written) == NINE


def test_a_date_alone_is_its_first_second_in_xingtai() -> None:
    assert moment("2026-01-31") == moment(date(2026, 1, 31)) == NINE - timedelta(hours=9)


@pytest.mark.parametrize("written", ["2026-01-31 25:00", "9999-12-31T23:59:59-08:00", "0001-01-01 00:00", "nine"])
def test_what_is_no_moment_is_refused(written: str) -> None:
    with pytest.raises(BadCell, match="应为日期和时间"):
        moment(written)


def test_a_number_that_a_spreadsheet_rounded_or_shortened_is_no_identifier() -> None:
    with pytest.raises(BadCell, match="末几位已经失真"):
        plain(911101057263777049.0)
    with pytest.raises(BadCell, match="前导零"):
        identifier(32)(13050001.0)
    with pytest.raises(BadCell, match="科学计数法"):
        identifier(32)("9.11101E+17")
    assert plain(130502.0) == "130502"
    assert text(10)("  人民路\n1 号\u3000") == "人民路 1 号"


def test_regions_padded_with_zeros_are_counties_and_towns() -> None:
    assert region("130502000000") == region("130502000") == region(130502.0) == "130502"
    assert region("130502001000") == "130502001"
    assert region("130502001") == "130502001"
    for wrong in ("1305", "990502", "13050２x", "130502001001"):
        with pytest.raises(BadCell, match="六位地区代码"):
            region(wrong)


def test_a_word_that_is_no_choice_names_the_choices_and_a_list_is_split_at_the_usual_marks() -> None:
    with pytest.raises(BadCell, match="应为：是、否"):
        choice({"是": "yes", "否": "no"})("也许")
    assert choice({"是": "yes"})("YES") == "yes"
    assert names(5)("甲、乙，丙;甲") == ["甲", "乙", "丙"]
    with pytest.raises(BadCell, match="应在 -90 与 90 之间"):
        degrees(90)("nan")
