"""The parts a dataset is read from, in its order: shards, and runs of records that live in the ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from ..errors import InputError, UnservableSchema
from ..plan import Plan
from ..records import BoolArray
from ..state.history import History
from ..state.record_tables import fits, portions, table_of
from ..state.stored import KeptRecord
from ..tools.export import FileFacts, Shard, ShardFile, has_json_records
from ..tools.schemas import compile_schema


class _Place(NamedTuple):
    """A part: what lies between two positions in the order of commits, the second included.

    It is a shard, or, without one, records that may be in the ledger.
    """

    after: int
    until: int | None
    shard: ShardFile | None = None

    def holds(self, position: int) -> bool:
        """Whether a batch committed at this position is in there."""
        return self.after < position and (self.until is None or position <= self.until)


class Parts:
    """A dataset as far as it is. Each pass reads it anew, and holds a part of it at a time.

    Records of the ledger become tables with the columns of the shards. Where there is no shard they are structs if the
    output is Parquet, all categories share a schema, and every record fits it; else JSON text. What a person decided of
    a record is its quality; where nothing was reviewed, shards are given as the files they are.
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
            decided = self._decided_in(place)
            if place.shard is not None:
                yield self._shard(place.shard, decided)
                continue
            records = self._history.records(place.after, place.until)
            for portion in portions(_overruled(records, decided) if decided else records):
                yield table_of(
                    portion,
                    self._threshold,
                    record_type=self._record_type,
                    has_prompts=self._has_prompts,
                    has_twins=self._has_twins,
                )

    def golden(self) -> BoolArray:
        """Whether each record is golden, in the dataset's order."""
        return np.concatenate([np.zeros(0, np.bool_), *map(self._golden_in, self._places())])

    def broken_keywords(self) -> dict[str, int]:
        """How many records break their schema on purpose, by the keyword that they break, in alphabetical order."""
        counts = Counter[str]()
        for _, shard in self._shards:
            if "invalid" in shard.schema().names:
                for one in pc.value_counts(shard.table(["invalid"])["invalid"].drop_null()).to_pylist():
                    counts[orjson.loads(one["values"])["keyword"]] += one["counts"]
        return dict(sorted(counts.items()))

    def _golden_in(self, place: _Place) -> BoolArray:
        decided = self._decided_in(place)
        if place.shard is None:
            quality = self._history.qualities(place.after, place.until)
            for row, judged in self._history.decided_rows(place.after, place.until) if decided else ():
                quality[row] = judged
            return quality >= self._threshold
        if decided:
            table = _with_verdicts(place.shard.table(["id", "quality", "golden"]), decided, self._threshold)
        else:
            table = place.shard.table(["golden"])
        return np.asarray(table["golden"].to_numpy(), np.bool_)

    def _shard(self, shard: ShardFile, decided: Mapping[str, float]) -> Shard:
        if not decided:
            return _as_texts(shard.table()) if self._is_mixed else shard
        table = _with_verdicts(shard.table(), decided, self._threshold)
        return _as_texts(table) if self._is_mixed else table

    def _places(self) -> Iterator[_Place]:
        """Shards, and where between them records of the ledger may be."""
        after = 0
        for position, shard in self._shards:
            if position > after + 1:
                yield _Place(after, position - 1)
            yield _Place(position - 1, position, shard)
            after = position
        yield _Place(after, None)

    @cached_property
    def _decided(self) -> dict[int, dict[str, float]]:
        return self._history.decided()

    def _decided_in(self, place: _Place) -> dict[str, float]:
        """The quality, by id, of the records in a part that were accepted or rejected by a person."""
        if place.shard is not None:
            return self._decided.get(place.until or 0, {})
        return {
            name: quality for at, some in self._decided.items() if place.holds(at) for name, quality in some.items()
        }

    @cached_property
    def _shard_schema(self) -> pa.Schema | None:
        return self._shards[0][1].schema() if self._shards else None

    @property
    def _has_prompts(self) -> bool:
        if self._shard_schema is not None:
            return "prompt" in self._shard_schema.names
        return any(category.render for category in self._plan.categories)

    @property
    def _has_twins(self) -> bool:
        if self._shard_schema is not None:
            return "invalid" in self._shard_schema.names
        return any(category.twin_share for category in self._plan.categories)

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
    if plan.output.format != "parquet" or any(category.twin_share for category in plan.categories):
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


def _overruled(records: Iterator[KeptRecord], decided: Mapping[str, float]) -> Iterator[KeptRecord]:
    for record in records:
        quality = decided.get(record.id)
        yield record if quality is None else record._replace(quality=quality)


def _with_verdicts(table: pa.Table, decided: Mapping[str, float], threshold: float) -> pa.Table:
    """A shard's table, with the quality that people gave some of its records, by id; and so with `golden`."""
    places = pc.index_in(table["id"], value_set=pa.array(list(decided), table["id"].type)).combine_chunks()
    judged = pa.array(list(decided.values()), pa.float64()).take(places)
    quality = pc.coalesce(judged, table["quality"])
    # Where nobody decided, `golden` stays what it was when the shard was written.
    golden = pc.if_else(pc.is_valid(judged), pc.greater_equal(quality, threshold), table["golden"])
    for name, column in (("quality", quality), ("golden", golden)):
        index = table.schema.get_field_index(name)
        table = table.set_column(index, table.schema.field(index), column)
    return table


def _as_texts(table: pa.Table) -> pa.Table:
    """A shard's table with its structs as JSON text."""
    texts = pa.array([orjson.dumps(record).decode() for record in table["record"].to_pylist()], pa.string())
    return table.set_column(table.schema.get_field_index("record"), "record", texts)
