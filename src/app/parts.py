"""The parts a dataset is read from, in its order: shards, and runs of records that live in the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import numpy as np
import orjson
import pyarrow as pa

from ..errors import InputError, UnservableSchema
from ..plan import Plan
from ..records import BoolArray
from ..state.history import History
from ..state.record_tables import fits, portions, table_of
from ..tools.export import FileFacts, Shard, ShardFile, has_json_records
from ..tools.schemas import compile_schema


class Parts:
    """A dataset as far as it is. Each pass reads it anew, and holds a part of it at a time.

    Records of the ledger become tables with the columns of the shards. Where there is no shard they are structs if the
    output is Parquet, all categories share a schema, and every record fits it; else JSON text.
    """

    def __init__(self, history: History, plan: Plan) -> None:
        self._history, self._plan = history, plan
        self._threshold = plan.output.golden_threshold
        self._shards = [
            (position, ShardFile(history.folder / shard.path, FileFacts(shard.rows, shard.sha256, shard.bytes)))
            for position, shard in history.shards()
        ]

    def shards(self) -> Iterator[Shard]:
        """The parts, in the dataset's order."""
        for place in self._places():
            if isinstance(place, ShardFile):
                yield _as_texts(place) if self._is_mixed else place
                continue
            for portion in portions(self._history.records(*place)):
                yield table_of(portion, self._threshold, record_type=self._record_type, has_prompts=self._has_prompts)

    def golden(self) -> BoolArray:
        """Whether each record is golden, in the dataset's order."""
        found = [
            place.table(["golden"])["golden"].to_numpy()
            if isinstance(place, ShardFile)
            else self._history.qualities(*place) >= self._threshold
            for place in self._places()
        ]
        return np.concatenate([np.zeros(0, np.bool_), *found])

    def _places(self) -> Iterator[ShardFile | tuple[int, int | None]]:
        """Shards, and where between them (after a position, up to another) records of the ledger may be."""
        after = 0
        for position, shard in self._shards:
            if position > after + 1:
                yield after, position - 1
            yield shard
            after = position
        yield after, None

    @cached_property
    def _shard_schema(self) -> pa.Schema | None:
        return self._shards[0][1].schema() if self._shards else None

    @property
    def _has_prompts(self) -> bool:
        if self._shard_schema is not None:
            return "prompt" in self._shard_schema.names
        return any(category.render for category in self._plan.categories)

    @property
    def _is_mixed(self) -> bool:
        """Whether shards hold structs that records of the ledger don't fit."""
        return self._record_type is None and self._shard_schema is not None and not has_json_records(self._shard_schema)

    @cached_property
    def _record_type(self) -> pa.DataType | None:
        """The struct type of all records, or None for JSON text."""
        schema = self._shard_schema
        if schema is None:
            wanted = _shared_type(self._plan)
        else:
            wanted = None if has_json_records(schema) else schema.field("record").type
        return wanted if wanted is not None and fits(self._history.records(), wanted) else None


def _shared_type(plan: Plan) -> pa.DataType | None:
    """The struct type that the schemas of all categories come to, where the output is Parquet and there is one."""
    if plan.output.format != "parquet":
        return None
    types: list[pa.DataType] = []
    for category in plan.categories:
        schema = plan.schema_of(category)
        try:
            kind = None if schema is None else compile_schema(schema, key=np.uint64(0)).arrow_type
        except (InputError, UnservableSchema):
            kind = None
        if kind is None or (types and kind != types[0]):
            return None
        types.append(kind)
    return types[0]


def _as_texts(shard: ShardFile) -> pa.Table:
    """A shard with its structs as JSON text."""
    table = shard.table()
    texts = pa.array([orjson.dumps(record).decode() for record in table["record"].to_pylist()], pa.string())
    return table.set_column(table.schema.get_field_index("record"), "record", texts)
