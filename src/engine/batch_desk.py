"""The gate as one batch sees it: what was handed in, what became of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import orjson
import pyarrow as pa

from ..agents.desk import Verdict
from ..records import Batch, Candidates, Fingerprints, Json, Prediction, Refusal, Rejection, StoredRecord
from ..tools.checks.parse import REASON as UNREADABLE
from .gate import Gate

REPAIR_COSTS, LEAST_QUALITY = 0.1, 0.5


@dataclass(slots=True)
class BatchDesk:
    """See `agents.desk.Desk`. What was accepted and refused so far is there to be committed."""

    _gate: Gate
    batch: Batch
    category: str
    records: list[StoredRecord] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)
    values: list[Json] = field(default_factory=list)
    prints: list[Fingerprints] = field(default_factory=list)
    predictions: list[Prediction] = field(default_factory=list)
    repairs: int = 0
    _sampled: int = 0
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def remaining(self) -> int:
        """How many records the batch still wants."""
        return self.batch.size - len(self.records)

    async def submit(self, values: Sequence[Json], numbers: Sequence[int] | None = None) -> list[Verdict]:
        """See `Desk`."""
        async with self._turn:  # a model may hand in twice at once, and no more is wanted for that
            return await self._submitted(values, numbers) if self.remaining else []

    async def _submitted(self, values: Sequence[Json], numbers: Sequence[int] | None) -> list[Verdict]:
        texts, records, unwritable = self._written(values)
        verdicts: list[Verdict | None] = [None] * len(values)
        for row, why in unwritable.items():
            verdicts[row] = self.unreadable(_shown(values[row]), why)
        if texts:
            rows = [row for row in range(len(values)) if row not in unwritable]
            own = None if numbers is None else [numbers[row] for row in rows]
            await self._judged(texts, records, own, rows, verdicts)
        told = [verdict for verdict in verdicts if verdict is not None]
        self.repairs += any(verdict.refusal for verdict in told)
        return told

    def unreadable(self, text: str, why: str) -> Verdict:
        """See `Desk`."""
        number = self._gate.number(self.category, 1)[0]
        whole = text.encode(errors="backslashreplace").decode()  # halves of surrogate pairs are no text
        self.rejections.append(Rejection(number, UNREADABLE, why, json.dumps(whole)))
        return Verdict(Refusal(UNREADABLE, why))

    def predicted(self, prediction: Prediction) -> None:
        """See `Desk`."""
        self.predictions.append(prediction)

    def check(self, value: Json) -> str | None:
        """See `Desk`."""
        _, records, unwritable = self._written([value])
        schema_check = next(
            (check for check in self._gate.rules(self.category).checks if check.reason == "schema"), None
        )
        return unwritable.get(0) if unwritable or schema_check is None else schema_check.refuse(records[0], None)

    async def similar(self, value: Json, most: int) -> list[str]:
        """See `Desk`."""
        texts, records, _ = self._written([value])
        return await self._gate.nearest(self.category, _candidates(range(1), texts, records), most) if texts else []

    def sample(self, kind: str, count: int) -> list[Json]:
        """See `Desk`."""
        self._sampled += 1
        return self._gate.rules(self.category).sample(kind, count, 1000 * self.batch.number + self._sampled)

    def _written(self, values: Sequence[Json]) -> tuple[list[str], list[Json], dict[int, str]]:
        """The texts and records of values, and by row why one has none."""
        texts, records, unwritable = [], [], {}
        for row, value in enumerate(values):
            try:
                record = self._gate.rules(self.category).form.record(value)
                texts.append(_text(record))
                records.append(record)
            except (TypeError, ValueError, RecursionError) as error:
                unwritable[row] = f"cannot be written as JSON: {error}"
        return texts, records, unwritable

    async def _judged(
        self,
        texts: list[str],
        records: list[Json],
        numbers: Sequence[int] | None,
        rows: list[int],
        verdicts: list[Verdict | None],
    ) -> None:
        candidates = _candidates(numbers or self._gate.number(self.category, len(texts)), texts, records)
        if None not in (sides := [self._gate.rules(self.category).side(record) for record in records]):
            candidates = replace(candidates, plain=pa.array(sides, pa.string()))
        judged = await self._gate.submit(self.category, candidates, self.remaining)
        for row in judged.accepted:
            quality = self._gate.rules(self.category).quality(records[row], self.repairs)
            self.records.append(StoredRecord(int(candidates.numbers[row]), quality, texts[row]))
            self.values.append(records[row])
            verdicts[rows[row]] = Verdict()
        if judged.accepted:
            self.prints.append(judged.prints)
        for row, refusal in judged.refused.items():
            like = None if refusal.like is None else self._gate.text_at(self.category, refusal.like)
            verdicts[rows[row]] = Verdict(refusal, like)
            # A source's own number may be refused several times; those of rejections are told apart.
            number = candidates.numbers[row].item() if numbers is None else self._gate.number(self.category, 1)[0]
            self.rejections.append(Rejection(number, refusal.reason, refusal.detail, texts[row]))


def by_repairs(record: Json, repairs: int) -> float:
    """The quality of a record that no judge has seen: less for each repair its batch needed."""
    return max(LEAST_QUALITY, round(1 - REPAIR_COSTS * repairs, 2))


def _candidates(numbers: Sequence[int], texts: list[str], records: list[Json]) -> Candidates:
    return Candidates(np.array(numbers, np.int64), pa.array(texts, pa.string()), drawn=records)


def _text(record: Json) -> str:
    try:
        return orjson.dumps(record).decode()
    except TypeError as error:
        if "64-bit" not in str(error):  # nested too deeply to be read again, or halves of surrogate pairs
            raise
        return json.dumps(record, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode().decode()


def _shown(value: Json) -> str:
    try:
        return repr(value)
    except RecursionError:
        return "(nested too deeply to be shown)"
