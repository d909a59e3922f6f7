"""Over any table: records made from its rows pass, and those with another row's value don't."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dataset_agent.tools.checks.facts.check import FactsCheck
from dataset_agent.tools.checks.facts.numbers import find_numbers
from dataset_agent.tools.sources import Table

SYLLABLES = "ka lo mir te bru zan pel ost qui fen drā łu".split()
names = st.lists(st.sampled_from(SYLLABLES), min_size=3, max_size=4).map(lambda parts: "".join(parts).capitalize())
keys = st.one_of(
    names, st.tuples(names, names).map(" ".join), st.tuples(names, st.integers(2, 999)).map("{0[0]}-{0[1]}".format)
)
NUMBERS = ["{}", "{:,}", "{} kg", "{}°C"]
DECIMALS = ["{}", "{:.2f}", "{:,.1f}", "{:.3e}", "{:.1f} m/s"]
DATES = ["%Y-%m-%d", "%d %B %Y", "%B %d, %Y", "%d.%m.%Y"]
QUESTIONS = ["What is known of {}?", "tell me about {}", "{}: which facts are there?"]


@dataclass
class Case:
    rows: list[dict[str, Any]]
    check: FactsCheck


@st.composite
def cases(draw: st.DrawFn) -> Case:
    rows = [
        {
            "name": name,
            "maker": draw(names),
            "weight": draw(st.integers(-(10**6), 10**9)),
            "top_speed": draw(st.floats(-1e6, 1e6, allow_nan=False)),
            "first_flight": draw(st.dates(date(1500, 1, 1), date(2100, 1, 1))),
        }
        for name in draw(st.lists(keys, min_size=2, max_size=6, unique_by=lambda key: key.casefold()))
    ]
    as_text = draw(st.booleans())
    columns = {
        name: [str(row[name]) if as_text or name in ("name", "maker") else row[name] for row in rows]
        for name in rows[0]
    }
    return Case(rows, FactsCheck(Table(Path("facts.csv"), pa.table(columns), "", 0), "name", "plan.json"))


def record(draw: st.DrawFn, /, row: dict[str, Any], **other: Any) -> dict[str, Any]:
    told = {**row, **other}
    weight = draw(st.sampled_from(NUMBERS)).format(told["weight"])
    speed = draw(st.sampled_from(DECIMALS)).format(told["top_speed"])
    day = told["first_flight"].strftime(draw(st.sampled_from(DATES)))
    answer = draw(
        st.sampled_from(
            [
                f"{row['name']} was made by {told['maker']} and first flew on {day}. It weighs {weight} at {speed}.",
                f"- Maker: {told['maker']}\n- Weight: {weight}\n- Top speed: {speed}\n- First flight: {day}",
                f"1. The weight is {weight}.\n2. The top speed is {speed}.\n3. {told['maker']} made it; {day}.",
            ]
        )
    )
    return {"question": draw(st.sampled_from(QUESTIONS)).format(row["name"]), "answer": answer}


@settings(derandomize=True, max_examples=200, deadline=None)
@given(data=st.data(), case=cases())
def test_records_made_from_rows_pass(data: st.DataObject, case: Case) -> None:
    row = data.draw(st.sampled_from(case.rows))
    made = data.draw(st.composite(record)(row))
    assert case.check.refuse(made, None) is None
    assert case.check.refuse({"text": made["answer"], "name": row["name"]}, None) is None
    structured = {**row, "first_flight": row["first_flight"].isoformat()}
    assert case.check.refuse(structured, None) is None


@settings(derandomize=True, max_examples=200, deadline=None)
@given(data=st.data(), case=cases())
def test_records_with_another_rows_value_are_refused(data: st.DataObject, case: Case) -> None:
    row = data.draw(st.sampled_from(case.rows))
    other = data.draw(st.sampled_from([each for each in case.rows if each is not row]))
    column = data.draw(st.sampled_from(["maker", "weight", "top_speed", "first_flight"]))
    assume(is_another(row, other[column]))
    made = data.draw(st.composite(record)(row, **{column: other[column]}))
    assert case.check.refuse(made, None) is not None
    wrong = {**row, column: other[column]}
    assert case.check.refuse({**wrong, "first_flight": wrong["first_flight"].isoformat()}, None) is not None


def is_another(row: dict[str, Any], value: Any) -> bool:
    """Whether no value of the row could be meant by this one, however it is written."""
    if isinstance(value, str):
        return value.casefold() not in row["name"].casefold().split() and value != row["maker"]
    if isinstance(value, date):
        own = row["first_flight"]
        return (value != own and (value.month, value.day) != (own.day, own.month)) or value.year != own.year
    told = [number.readings[0].value for number in find_numbers(row["name"])]
    day = row["first_flight"]
    own = [row["weight"], row["top_speed"], day.year, day.month, day.day, *told]
    return all(abs(abs(value) - abs(each)) > 1 + abs(each) / 100 for each in own)


@settings(derandomize=True, max_examples=100, deadline=None)
@given(data=st.data(), case=cases())
def test_a_row_that_is_not_in_the_table_is_refused(data: st.DataObject, case: Case) -> None:
    assert (case.check.refuse({"question": "What is Xyxyx?", "answer": "Nothing."}, None) or "").startswith(
        "names no row"
    )
