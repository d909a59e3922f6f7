from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_agent.state.record_tables import CHARACTERS_AT_ONCE, ROWS_AT_ONCE, fits, portions, table_of
from dataset_agent.state.stored import KeptRecord


def kept(*texts: str, quality: float = 1.0) -> list[KeptRecord]:
    return [KeptRecord("chat", None, number, quality, text) for number, text in enumerate(texts)]


@given(st.lists(st.integers(0, CHARACTERS_AT_ONCE * 2), max_size=12), st.integers(0, 2 * ROWS_AT_ONCE))
@settings(derandomize=True, max_examples=40, deadline=None)
def test_no_portion_is_too_large_and_none_is_lost(long: list[int], short: int) -> None:
    text = "x" * max(long, default=0)
    records = kept(*(text[:length] for length in long), *["{}"] * short)
    found = list(portions(iter(records)))
    assert [record for portion in found for record in portion] == records
    for portion in found:
        assert 0 < len(portion) <= ROWS_AT_ONCE
        assert sum(len(record.text) for record in portion[:-1]) < CHARACTERS_AT_ONCE


def test_the_columns_are_those_of_a_shard() -> None:
    records = [*kept('{"n": 1}'), KeptRecord("chat", "hard", 7, 0.5, '{"n":2}')]
    table = table_of(records, 0.7, has_prompts=True)
    assert table.column_names == ["id", "category", "tier", "quality", "golden", "split", "prompt", "record"]
    assert table.to_pylist()[1] == {
        "id": "chat-7", "category": "chat", "tier": "hard", "quality": 0.5, "golden": False, "split": None,
        "prompt": None, "record": '{"n":2}',
    }  # fmt: skip
    assert table["golden"].to_pylist() == [True, False]
    assert table_of([], 0.7).schema == table_of(records, 0.7).schema


STRUCT = pa.struct([("n", pa.int64()), ("inner", pa.struct([("x", pa.float64())]))])


@pytest.mark.parametrize(
    ("text", "is_fit"),
    [
        ('{"n":1,"inner":{"x":1}}', True),
        ('{"inner":{"x":0.5},"n":-3}', True),
        ('{"n":1,"inner":{"x":1,"y":2}}', False),
        ('{"n":1,"inner":{}}', False),
        ('{"n":1}', False),
        ('{"n":true,"inner":{"x":1}}', False),
        ('{"n":"1","inner":{"x":1}}', False),
        ('{"n":123456789012345678901234567890,"inner":{"x":1}}', False),
        ('{"n":1,"inner":{"x":9007199254740993}}', False),
        ("[1]", False),
    ],
)
def test_structs_lose_nothing(text: str, is_fit: bool) -> None:
    records = kept('{"n":1,"inner":{"x":1}}', text)
    assert fits(records, STRUCT) == is_fit
    if is_fit:
        assert table_of(records, 0.7, record_type=STRUCT)["record"].type == STRUCT
    else:
        with pytest.raises(ValueError, match="not of the type"):
            table_of(records, 0.7, record_type=STRUCT)
