from collections.abc import Callable, Sequence
from typing import Any

import orjson
import pyarrow as pa
import pytest

MakeShard = Callable[..., pa.Table]


@pytest.fixture
def shard() -> MakeShard:
    """Makes a shard of records; what is not given is the same for all of them."""

    def make(
        records: Sequence[Any],
        *,
        first: int = 0,
        category: str = "order_status",
        tiers: Sequence[str | None] | None = None,
        quality: Sequence[float] | None = None,
        prompts: Sequence[str | None] | None = None,
        labels: Sequence[Any] | None = None,
        structs: bool = False,
        threshold: float = 0.7,
    ) -> pa.Table:
        number = len(records)
        quality = quality or [1.0] * number
        text = pa.string()
        columns = {
            "id": pa.array([f"{category}-{first + i}" for i in range(number)], text),
            "category": pa.array([category] * number, text),
            "tier": pa.array(tiers or [None] * number, text),
            "quality": pa.array(quality, pa.float64()),
            "golden": pa.array([value >= threshold for value in quality], pa.bool_()),
            "split": pa.nulls(number, text),
        }
        if prompts is not None:
            columns["prompt"] = pa.array(prompts, text)
        if labels is not None:
            columns["invalid"] = pa.array([label and orjson.dumps(label).decode() for label in labels], text)
        columns["record"] = (
            pa.array(records) if structs else pa.array([orjson.dumps(record).decode() for record in records], text)
        )
        return pa.table(columns)

    return make


@pytest.fixture
def orders(shard: MakeShard) -> list[pa.Table]:
    """Two shards with 10 records in all, 8 of them golden: numbers 3 and 7 are not."""

    def half(first: int) -> pa.Table:
        records = [
            {"inputs": {"text": f"Where is order {i}?"}, "expectations": {"answer": f"order {i}"}}
            for i in range(first, first + 5)
        ]
        quality = [0.5 if i in (3, 7) else 1.0 for i in range(first, first + 5)]
        return shard(records, first=first, quality=quality, tiers=["simple", "rare", None, "simple", "rare"])

    return [half(0), half(5)]
