"""The gate as agents meet it: candidates from many batches, judged together as they come in."""

from __future__ import annotations

import asyncio
import json
from array import array
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import orjson
import pyarrow as pa

from ..agents.desk import Verdict
from ..records import Batch, Candidates, Fingerprints, Json, Refusal, Rejection, StoredRecord
from ..tools.checks import Check, judge
from ..tools.checks.parse import REASON as UNREADABLE
from ..tools.diversity import DuplicateIndex
from ..tools.record_form import RecordForm

ROOM = 256
"""Submissions that may wait to be judged: beyond that, writers wait."""

GATHER_S = 0.004
"""How long the first of several submissions waits for others: judged together they cost a part."""

MOST_SHOWN = 300
REPAIR_COSTS, LEAST_QUALITY = 0.1, 0.5


@dataclass(frozen=True, slots=True)
class Rules:
    """What a category's candidates have to pass, and what they become; `sample` gives values to write with."""

    form: RecordForm
    checks: Sequence[Check]
    sample: Callable[[str, int, int], list[Json]]


@dataclass(slots=True)
class _Submission:
    category: str
    candidates: Candidates
    wanted: int
    judged: asyncio.Future[_Judged]


@dataclass(frozen=True, slots=True)
class _Judged:
    """accepted: rows that are records now, with their fingerprints; refused: by row. Rows in neither are surplus."""

    accepted: list[int]
    prints: Fingerprints
    refused: dict[int, Refusal]


class Gate:
    """Judges what agents hand in, in one task: the checks, then the duplicates, in the order of arrival."""

    def __init__(
        self,
        rules: Mapping[str, Rules],
        duplicates: DuplicateIndex | None,
        fingerprint: Callable[[str, Candidates], Fingerprints],
        *,
        is_slow: bool,
        next_numbers: Mapping[str, int],
        text_of: Callable[[str, int], str | None],
    ) -> None:
        """Begin with nothing accepted.

        `fingerprint` gives what the index has to know of a category's candidates; where it `is_slow` (embeddings), it
        runs in a thread. `next_numbers` are the candidate numbers that are free, by category; `text_of` finds the text
        of a committed record by category and number.
        """
        self._rules, self._duplicates = rules, duplicates
        self._fingerprint, self._is_slow = fingerprint, is_slow
        self._next = Counter(next_numbers)
        self._text_of = text_of
        self._pending: dict[tuple[str, int], str] = {}
        self._places: dict[str, array[int]] = {category: array("q") for category in rules}
        self._queue: asyncio.Queue[_Submission] = asyncio.Queue(ROOM)

    def restore(self, category: str, number: int) -> None:
        """A record of an earlier run, in the order in which its fingerprints were given to the index."""
        self._places[category].append(number)

    async def work(self) -> None:
        """Judge what comes in, until cancelled."""
        while True:
            group = [await self._queue.get()]
            await asyncio.sleep(GATHER_S)
            while not self._queue.empty():
                group.append(self._queue.get_nowait())
            by_category: dict[str, list[_Submission]] = {}
            for submission in group:
                by_category.setdefault(submission.category, []).append(submission)
            for category, submissions in by_category.items():
                try:
                    await self._judge(category, submissions)
                except Exception as error:  # to be raised where it is waited for, not here
                    for submission in submissions:
                        if not submission.judged.done():
                            submission.judged.set_exception(error)

    def desk(self, batch: Batch, category: str) -> BatchDesk:
        """The gate as one batch sees it."""
        return BatchDesk(self, batch, category, self._rules[category])

    def forget(self, category: str, numbers: Sequence[int]) -> None:
        """Records that are committed now: their texts are found in the ledger."""
        for number in numbers:
            self._pending.pop((category, number), None)

    # ---- for desks -------------------------------------------------------------------------------------------

    def number(self, category: str, count: int) -> range:
        """Numbers for so many new candidates of a category."""
        first = self._next[category]
        self._next[category] += count
        return range(first, first + count)

    async def submit(self, category: str, candidates: Candidates, wanted: int) -> _Judged:
        """Judge candidates; at most `wanted` of them become records."""
        judged: asyncio.Future[_Judged] = asyncio.get_running_loop().create_future()
        await self._queue.put(_Submission(category, candidates, wanted, judged))
        return await judged

    def text_at(self, category: str, place: int) -> str | None:
        """The text of the record at a place in its category, counted in the order of acceptance."""
        numbers = self._places[category]
        if place >= len(numbers):
            return None
        number = numbers[place]
        text = self._pending.get((category, number)) or self._text_of(category, number)
        return text if text is None or len(text) <= MOST_SHOWN else text[:MOST_SHOWN] + "..."

    async def nearest(self, category: str, candidates: Candidates, most: int) -> list[str]:
        """The texts of the accepted records most like a candidate."""
        if self._duplicates is None:
            return []
        prints = await self._fingerprints(category, candidates)
        found = self._duplicates.nearest(category, prints, most)[0]
        return [text for place, _ in found if (text := self.text_at(category, place)) is not None]

    # ---- judging ---------------------------------------------------------------------------------------------

    async def _fingerprints(self, category: str, candidates: Candidates) -> Fingerprints:
        if self._is_slow:
            return await asyncio.to_thread(self._fingerprint, category, candidates)
        return self._fingerprint(category, candidates)

    async def _judge(self, category: str, submissions: list[_Submission]) -> None:
        together = Candidates.concat([s.candidates for s in submissions], keep_values=True)
        rows, rejections = judge(self._rules[category].checks, together)
        by_number = {int(number): row for row, number in enumerate(together.numbers)}
        refused = {by_number[r.number]: Refusal(r.reason, r.detail) for r in rejections}
        prints = await self._fingerprints(category, together.take(rows))
        start = 0
        for submission in submissions:
            end = start + len(submission.candidates)
            within = (rows >= start) & (rows < end)
            own = prints.take(np.flatnonzero(within))
            self._settle(submission, start, rows[within], own, {r: w for r, w in refused.items() if start <= r < end})
            start = end

    def _settle(
        self, submission: _Submission, start: int, rows: np.ndarray, prints: Fingerprints, refused: dict[int, Refusal]
    ) -> None:
        """The verdicts of one submission; `rows` passed the checks, counted over the whole group, as `refused` is."""
        if self._duplicates is None:
            kept = np.arange(min(submission.wanted, len(rows)))
            looked, alike = len(kept) if len(kept) == submission.wanted else len(rows), []
        else:
            verdicts = self._duplicates.judge(submission.category, prints, submission.wanted)
            kept, looked, alike = verdicts.accepted, verdicts.looked, verdicts.refused
        until = rows[looked - 1] if looked and len(kept) == submission.wanted else start + len(submission.candidates)
        found = {row - start: refusal for row, refusal in refused.items() if row <= until}
        found |= {int(rows[row]) - start: refusal for row, refusal in alike}
        accepted = [int(row) - start for row in rows[kept]]
        for row in accepted:
            number = int(submission.candidates.numbers[row])
            self._places[submission.category].append(number)
            self._pending[submission.category, number] = submission.candidates.texts[row].as_py()
        if not submission.judged.done():
            submission.judged.set_result(_Judged(accepted, prints.take(kept), found))


@dataclass(slots=True)
class BatchDesk:
    """See `agents.desk.Desk`. What was accepted and refused so far is there to be committed."""

    _gate: Gate
    batch: Batch
    category: str
    _rules: Rules
    records: list[StoredRecord] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)
    values: list[Json] = field(default_factory=list)
    prints: list[Fingerprints] = field(default_factory=list)
    repairs: int = 0
    _sampled: int = 0
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def remaining(self) -> int:
        """How many records the batch still wants."""
        return self.batch.size - len(self.records)

    async def submit(self, values: Sequence[Json]) -> list[Verdict]:
        """See `Desk`."""
        async with self._turn:  # a model may hand in twice at once, and no more is wanted for that
            return await self._submitted(values) if self.remaining else []

    async def _submitted(self, values: Sequence[Json]) -> list[Verdict]:
        texts, records, unwritable = self._written(values)
        verdicts: list[Verdict | None] = [None] * len(values)
        for row, why in unwritable.items():
            verdicts[row] = self.unreadable(_shown(values[row]), why)
        if texts:
            await self._judged(texts, records, [row for row in range(len(values)) if row not in unwritable], verdicts)
        told = [verdict for verdict in verdicts if verdict is not None]
        self.repairs += any(verdict.refusal for verdict in told)
        return told

    def unreadable(self, text: str, why: str) -> Verdict:
        """See `Desk`."""
        number = self._gate.number(self.category, 1)[0]
        whole = text.encode(errors="backslashreplace").decode()  # halves of surrogate pairs are no text
        self.rejections.append(Rejection(number, UNREADABLE, why, json.dumps(whole)))
        return Verdict(Refusal(UNREADABLE, why))

    def check(self, value: Json) -> str | None:
        """See `Desk`."""
        _, records, unwritable = self._written([value])
        schema_check = next((check for check in self._rules.checks if check.reason == "schema"), None)
        return unwritable.get(0) if unwritable or schema_check is None else schema_check.refuse(records[0], None)

    async def similar(self, value: Json, most: int) -> list[str]:
        """See `Desk`."""
        texts, records, _ = self._written([value])
        return await self._gate.nearest(self.category, _candidates(range(1), texts, records), most) if texts else []

    def sample(self, kind: str, count: int) -> list[Json]:
        """See `Desk`."""
        self._sampled += 1
        return self._rules.sample(kind, count, 1000 * self.batch.number + self._sampled)

    def _written(self, values: Sequence[Json]) -> tuple[list[str], list[Json], dict[int, str]]:
        """The texts and records of values, and by row why one has none."""
        texts, records, unwritable = [], [], {}
        for row, value in enumerate(values):
            try:
                record = self._rules.form.record(value)
                texts.append(_text(record))
                records.append(record)
            except (TypeError, ValueError, RecursionError) as error:
                unwritable[row] = f"cannot be written as JSON: {error}"
        return texts, records, unwritable

    async def _judged(
        self, texts: list[str], records: list[Json], rows: list[int], verdicts: list[Verdict | None]
    ) -> None:
        quality = max(LEAST_QUALITY, round(1 - REPAIR_COSTS * self.repairs, 2))
        candidates = _candidates(self._gate.number(self.category, len(texts)), texts, records)
        judged = await self._gate.submit(self.category, candidates, self.remaining)
        for row in judged.accepted:
            self.records.append(StoredRecord(int(candidates.numbers[row]), quality, texts[row]))
            self.values.append(records[row])
            verdicts[rows[row]] = Verdict()
        if judged.accepted:
            self.prints.append(judged.prints)
        for row, refusal in judged.refused.items():
            like = None if refusal.like is None else self._gate.text_at(self.category, refusal.like)
            verdicts[rows[row]] = Verdict(refusal, like)
            self.rejections.append(
                Rejection(candidates.numbers[row].item(), refusal.reason, refusal.detail, texts[row])
            )


def _candidates(numbers: range, texts: list[str], records: list[Json]) -> Candidates:
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
