"""Values and rows for agents to write with."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from ..plan import Category, Plan
from ..records import Json
from ..tools.draws import integers, key_of
from ..tools.sources import Table
from ..tools.templates.permutation import Permutation

MOST_A_BATCH = 50
"""Records a batch has at the most: so far apart begin the rows of one batch and of the next."""


class SourceRows:
    """Rows of a category's source for its batches to write from: others for the next batch, as far as there are."""

    def __init__(self, plan: Plan, category: Category, tables: Mapping[str, Table]) -> None:
        assert category.source is not None
        self._table = tables[category.source]
        self._order = Permutation(key_of(plan.seed, "rows", category.name), self._table.rows)

    def __call__(self, batch: int, count: int) -> list[Json]:
        """So many rows for the batch of this number, the same ones whenever it is asked for."""
        numbers = (batch * MOST_A_BATCH + np.arange(count)) % self._table.rows
        return _rows(self._table, self._order(np.unique(numbers)))


def _rows(table: Table, rows: np.ndarray) -> list[Json]:
    picked = table.columns.take(pa.array(rows)).to_pylist()
    return [{name: _plain(value) for name, value in row.items()} for row in picked]


class Sampler:
    """Values for workers to write with: of Faker, or rows of the category's source; other ones for each salt."""

    def __init__(self, plan: Plan, category: Category, tables: Mapping[str, Table]) -> None:
        self._key = key_of(plan.seed, "sample", category.name)
        self._table = tables.get(category.source) if category.source else None

    def __call__(self, kind: str, count: int, salt: int) -> list[Json]:
        """Raises ValueError for a kind there is none of."""
        count = max(1, count)
        if kind == "source":
            if self._table is None:
                raise ValueError("this category has no source; name a Faker provider such as `name` or `city`")
            rows = integers(self._key, np.arange(count) + salt * 1000, self._table.rows)
            return _rows(self._table, rows)
        from faker import Faker

        fake = Faker()
        fake.seed_instance(int(self._key) + salt)
        provider = None if kind.startswith("_") else getattr(fake, kind, None)
        if not callable(provider) or kind not in _PROVIDERS:
            raise ValueError(f"there are no values of the kind {kind!r}; there are: {', '.join(_PROVIDERS)}")
        return [_plain(provider()) for _ in range(count)]


def _plain(value: object) -> Json:
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


_PROVIDERS = (
    "name", "first_name", "last_name", "company", "city", "country", "street_address", "postcode", "email",
    "phone_number", "job", "date", "time", "url", "currency_code", "iban", "ean13", "license_plate", "color_name",
    "file_name", "user_name", "language_name", "bs", "catch_phrase",
)  # fmt: skip
"""Faker providers that workers may ask for: no arguments, plain values."""
