"""The records of a dataset as they are reviewed: found, drawn, fetched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from ...plan import Plan
from ...records import Int64Array, Shard
from ...state.history import CommittedBatch, History
from ...tools.export import FileFacts, ShardFile
from .sampling import Draw, allocation, asking_order

_AT_ONCE = 65_536
_BATCHES_AT_ONCE = 1_000


class Place(NamedTuple):
    """What names a record: its batch, and its own number in its category."""

    batch: int
    number: int


@dataclass(frozen=True, slots=True)
class Item:
    """A record as a person reviews it: `stratum` is an index, `quality` the worker's own, `text` the record's JSON.

    `invalid` is the label, as JSON, of one that breaks its schema on purpose.
    """

    place: Place
    id: str
    stratum: int
    category: str
    tier: str | None
    quality: float
    prompt: str | None
    invalid: str | None
    text: str


class Items:
    """The accepted records of a dataset."""

    def __init__(self, history: History, plan: Plan) -> None:
        self._history, self._plan = history, plan
        self._strata = history.strata()
        self._progress = history.progress()

    @property
    def sizes(self) -> list[int]:
        """How many records each stratum has."""
        return [progress.accepted for progress in self._progress]

    def sample(self, wanted: int) -> list[Place]:
        """The records that a person is asked about, in the order of asking; all there are where they are fewer."""
        counts = allocation(self.sizes, wanted)
        draws = [
            Draw(self._plan.seed, stratum.category, count) for stratum, count in zip(self._strata, counts, strict=True)
        ]
        for stratum, batches, numbers in self._blocks():
            draws[stratum].add(batches, numbers)
        drawn = [draw.drawn() for draw in draws]
        return [
            Place(int(drawn[stratum].batches[at]), int(drawn[stratum].numbers[at]))
            for stratum, at in asking_order([len(some.numbers) for some in drawn])
        ]

    def find(self, wanted: Mapping[str, Set[int]]) -> dict[tuple[str, int], Place]:
        """Where records are that are given by category and number; those that there are not are left out."""
        sought = {category: np.array(sorted(numbers), np.int64) for category, numbers in wanted.items() if numbers}
        found: dict[tuple[str, int], Place] = {}
        for stratum, batches, numbers in self._blocks() if sought else ():
            category = self._strata[stratum].category
            if category in sought:
                for row in np.flatnonzero(np.isin(numbers, sought[category])).tolist():
                    number = int(numbers[row])
                    found[category, number] = Place(int(batches[row]), number)
        return found

    def fetch(self, places: Sequence[Place]) -> dict[Place, Item]:
        """The records at these places. Raises CheckpointError where a shard cannot be read."""
        by_batch: dict[int, list[int]] = {}
        for place in places:
            by_batch.setdefault(place.batch, []).append(place.number)
        found: dict[Place, Item] = {}
        for committed in self._committed():
            numbers = by_batch.get(committed.batch.number)
            if numbers is None:
                continue
            if committed.shard is None:
                found |= {item.place: item for item in self._of_ledger(committed, numbers)}
            else:
                found |= {item.place: item for item in self._of_shard(committed, committed.shard, numbers)}
        return found

    def _committed(self) -> Iterator[CommittedBatch]:
        position = 0
        while page := self._history.committed(position, _BATCHES_AT_ONCE):
            yield from page
            position = page[-1].position

    def _blocks(self) -> Iterator[tuple[int, Int64Array, Int64Array]]:
        """(stratum, batches, numbers) of all records, some at a time, in no particular order."""
        rows = self._history.record_numbers()
        while some := list(islice(rows, _AT_ONCE)):
            strata, batches, numbers = np.array(some, np.int64).T
            for stratum in np.unique(strata).tolist():
                own = strata == stratum
                yield stratum, batches[own], numbers[own]
        for committed in self._committed():
            if committed.shard is not None:
                stratum = committed.batch.stratum
                numbers = self._numbers(stratum, self._file(committed.shard).table(["id"]))
                yield stratum, np.full(len(numbers), committed.batch.number, np.int64), numbers

    def _file(self, shard: Shard) -> ShardFile:
        return ShardFile(self._history.folder / shard.path, FileFacts(shard.rows, shard.sha256, shard.bytes))

    def _numbers(self, stratum: int, table: pa.Table) -> Int64Array:
        """The numbers that a shard's records have in their category: what their ids end with."""
        begin = len(self._strata[stratum].category) + 1
        numbers: Int64Array = pc.utf8_slice_codeunits(table["id"], begin).cast(pa.int64()).to_numpy()
        return numbers

    def _of_ledger(self, committed: CommittedBatch, numbers: Sequence[int]) -> Iterator[Item]:
        for number in numbers:
            record = self._history.record(committed.batch.number, number)
            if record is not None:
                yield self._item(committed, number, {"quality": record.quality, "record": record.text})

    def _of_shard(self, committed: CommittedBatch, shard: Shard, numbers: Sequence[int]) -> Iterator[Item]:
        table = self._file(shard).table()
        every = self._numbers(committed.batch.stratum, table)
        rows = np.flatnonzero(np.isin(every, np.array(numbers, np.int64)))
        for number, row in zip(every[rows].tolist(), table.take(pa.array(rows)).to_pylist(), strict=True):
            yield self._item(committed, number, row)

    def _item(self, committed: CommittedBatch, number: int, row: Mapping[str, Any]) -> Item:
        stratum = self._strata[committed.batch.stratum]
        place = Place(committed.batch.number, number)
        name = f"{stratum.category}-{number}"
        about = (name, stratum.index, stratum.category, stratum.tier, row["quality"])
        return Item(place, *about, row.get("prompt"), row.get("invalid"), _text(row["record"]))


def _text(record: Any) -> str:
    return record if isinstance(record, str) else orjson.dumps(record).decode()
