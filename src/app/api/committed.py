"""A dataset read in the order of its commits, a few records at a time, also while it grows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson
import pyarrow as pa
from pyarrow import parquet

from ...errors import CheckpointError
from ...records import Json, Shard
from ...state.history import CommittedBatch, History

ROWS_AT_ONCE = 1_000
"""The records a block holds at the most, but for those of a single batch that lie in the ledger."""

_BATCHES_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class Instance:
    """An accepted record as it is kept: `batch` is the number of the batch that brought it, `text` its JSON.

    `invalid` is the label, as JSON, of one that breaks its schema on purpose.
    """

    id: str
    category: str
    tier: str | None
    quality: float
    prompt: str | None
    invalid: str | None
    batch: int
    text: str

    def line(self, record: Json, *, batch: bool = False) -> dict[str, Json]:
        """What the files of a dataset say of it, with its record in the form given; with its batch if asked for."""
        line: dict[str, Json] = {"id": self.id, "category": self.category, "tier": self.tier, "quality": self.quality}
        if batch:
            line["batch"] = self.batch
        if self.prompt is not None:
            line["prompt"] = self.prompt
        if self.invalid is not None:
            line["invalid"] = orjson.loads(self.invalid)
        return line | {"record": record}


class CommitCursor:
    """Goes through the committed batches of a checkpoint, and on from there when there are more.

    Between two blocks nothing of the ledger is held open, so whoever reads slowly holds up nobody.
    """

    def __init__(self, folder: Path) -> None:
        """Begin before the first batch."""
        self._folder = folder
        self.position = 0
        """The last batch whose records were all given, counted in the order of commits."""

    def blocks(self, until: int | None = None) -> Iterator[list[Instance]]:
        """The records after the position, up to that of `until`, or as far as the dataset is. No block is empty.

        Raises CheckpointError where the ledger or a shard cannot be read.
        """
        while gathered := self._gathered(until):
            for committed, records, decided in gathered:
                shard = committed.shard
                if shard is not None:
                    yield from self._of_shard(shard, committed.batch.number, decided)
                elif records:
                    yield records
                self.position = committed.position

    def _gathered(self, until: int | None) -> list[tuple[CommittedBatch, list[Instance], Mapping[str, float]]]:
        """The next batches, not many at a time.

        Each with those of its records that lie in the ledger, and the quality, by id, that a person decided.
        """
        found: list[tuple[CommittedBatch, list[Instance], Mapping[str, float]]] = []
        held = 0
        with History(self._folder) as history:
            strata, all_decided = history.strata(), history.decided()
            for committed in history.committed(self.position, _BATCHES_AT_ONCE):
                if (until is not None and committed.position > until) or held > ROWS_AT_ONCE:
                    break
                records: list[Instance] = []
                decided = all_decided.get(committed.position, {})
                if committed.shard is None and committed.accepted:
                    place, number = strata[committed.batch.stratum], committed.batch.number
                    records = [
                        Instance(
                            (name := f"{place.category}-{r.number}"),
                            place.category,
                            place.tier,
                            decided.get(name, r.quality),
                            None,
                            None,
                            number,
                            r.text,
                        )
                        for r in history.records_of(number)
                    ]
                held += len(records)
                found.append((committed, records, decided))
        return found

    def _of_shard(self, shard: Shard, batch: int, decided: Mapping[str, float]) -> Iterator[list[Instance]]:
        path = self._folder / shard.path
        try:
            with parquet.ParquetFile(path) as file:
                for block in file.iter_batches(ROWS_AT_ONCE):
                    yield _instances(block, batch, decided)
        except (OSError, pa.ArrowInvalid) as error:
            mend = "restore it, or build the dataset anew with --fresh"
            raise CheckpointError.at(path, f"cannot be read as a shard: {error}", mend) from None


def _instances(block: pa.RecordBatch, batch: int, decided: Mapping[str, float]) -> list[Instance]:
    columns = {name: column.to_pylist() for name, column in zip(block.schema.names, block.columns, strict=True)}
    records = columns["record"]
    texts = [record if isinstance(record, str) else orjson.dumps(record).decode() for record in records]
    prompts = columns.get("prompt") or [None] * len(texts)
    labels = columns.get("invalid") or [None] * len(texts)
    about = (columns[name] for name in ("id", "category", "tier", "quality"))
    return [
        Instance(name, category, tier, decided.get(name, quality), prompt, label, batch, text)
        for name, category, tier, quality, prompt, label, text in zip(*about, prompts, labels, texts, strict=True)
    ]
