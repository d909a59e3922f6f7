"""The gate of what agents write: candidates from many batches, judged together as they come in."""

from __future__ import annotations

import asyncio
from array import array
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..records import Candidates, Fingerprints, Json, Refusal
from ..tools.checks import Check, judge
from ..tools.diversity import DuplicateIndex
from ..tools.record_form import RecordForm

ROOM = 256
"""Submissions that may wait to be judged: beyond that, writers wait."""

GATHER_S = 0.004
"""How long the first of several submissions waits for others: judged together they cost a part."""

MOST_SHOWN = 300


@dataclass(frozen=True, slots=True)
class Rules:
    """What a category's candidates have to pass, and what they become.

    `sample` gives values to write with; `quality` that of a record, by the repairs its batch needed so far; `side` a
    text that records have in common which a split keeps together.
    """

    form: RecordForm
    checks: Sequence[Check]
    sample: Callable[[str, int, int], list[Json]]
    quality: Callable[[Json, int], float]
    side: Callable[[Json], str | None] = lambda record: None


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

    def rules(self, category: str) -> Rules:
        """What a category's candidates have to pass."""
        return self._rules[category]

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
