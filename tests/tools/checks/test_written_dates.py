from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_agent.tools.checks.dates import written_dates

FORMATS = ["%Y-%m-%d", "%Y/%m/%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d %B %Y", "%B %d, %Y", "%d %b %Y", "%b. %d %Y"]


@settings(derandomize=True, max_examples=200, deadline=None)
@given(day=st.dates(date(1000, 1, 1)), form=st.sampled_from(FORMATS))
def test_a_written_date_is_read_back(day: date, form: str) -> None:
    found = list(written_dates(f"it was on {day.strftime(form)}, they say"))
    assert len(found) == 1
    assert found[0][0] == 10 and day in found[0][1]


@pytest.mark.parametrize("text", ["2024-02-30", "2024-13-01", "31.02.2024", "Feb 30, 2024", "0000-01-01"])
def test_a_day_that_no_calendar_has_means_nothing(text: str) -> None:
    assert list(written_dates(text)) == [(0, frozenset())]


def test_day_and_month_may_change_places() -> None:
    assert dict(written_dates("03/04/2024")) == {0: {date(2024, 4, 3), date(2024, 3, 4)}}


@pytest.mark.parametrize("text", ["", "12345", "2024-01", "1.2.3", "2024-01-011", "x2024-01-01", "may 5"])
def test_other_things_are_no_dates(text: str) -> None:
    assert not list(written_dates(text))
