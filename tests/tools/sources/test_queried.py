from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_agent.errors import SourceError
from dataset_agent.tools.sources import Table
from dataset_agent.tools.sources.queried import collect, said

NUMBERS = st.one_of(st.none(), st.integers(-(2**53), 2**53), st.floats(allow_nan=False))
ROWS = st.lists(
    st.tuples(st.one_of(st.none(), st.text()), NUMBERS, st.lists(st.integers(0, 9), max_size=2)), min_size=1
)


def table(rows: list[tuple[object, ...]], cuts: set[int], names: str = "abc") -> Table:
    edges = [0, *sorted(cut for cut in cuts if cut < len(rows)), len(rows)]
    portions = (rows[start:end] for start, end in pairwise(edges))
    return collect(list(names), portions, title="here", where="there", cast="CAST it")


@given(ROWS, st.sets(st.integers(0, 30)))
def test_a_table_does_not_depend_on_its_portions(rows, cuts):
    whole, cut = table(rows, set()), table(rows, cuts)
    assert cut.columns.equals(whole.columns)
    assert (cut.sha256, cut.bytes) == (whole.sha256, whole.bytes)
    assert cut.columns.to_pydict() == {
        name: list(values) for name, values in zip("abc", zip(*rows, strict=True), strict=True)
    }


def test_moments_are_in_utc_whatever_the_zone_they_come_in():
    moment = datetime(2024, 6, 1, 12, tzinfo=UTC)
    elsewhere = moment.astimezone(timezone(timedelta(hours=5)))
    here, there = table([(moment,)], set(), "a"), table([(elsewhere,)], set(), "a")
    assert here.columns.equals(there.columns)
    assert here.sha256 == there.sha256


def test_a_column_without_a_name():
    with pytest.raises(SourceError, match="column 2 of the query has no name"):
        collect(["a", ""], [[(1, 2)]], title="here", where="there", cast="")


def test_what_a_database_says_is_one_line_without_secrets():
    assert said(ValueError("all failed:\n- host s3cret\n\n- other")) == "all failed: - host s3cret - other"
    assert said(ValueError("no s3cret here\nDETAIL: more"), ["s3cret", ""]) == "no *** here"
    assert said(ValueError(1045, "denied")) == "denied"
    assert said(TimeoutError()) == "TimeoutError"
    assert len(said(ValueError("x" * 1000))) < 310
