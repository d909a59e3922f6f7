"""What agents are still to write: quotas become batches as there is room, and failed batches are tried again.

Unlike the scheduler of free batches, nothing here is cut ahead: a batch gets its size when it is handed out, as large
as its model has learned to fill.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from ..records import Batch, Progress, Stratum

Ending = Literal["done", "split", "cut"]
"""How a batch ended: its worker was done; it was too long for its model's context; the run was stopped meanwhile.

The last two are no failures.
"""

SizeOf = Callable[[Stratum, int, int], int]
"""The size a batch may have, of its stratum, attempt and number."""


@dataclass(slots=True)
class _Want:
    """Where a stratum stands.

    `fresh` records are in no batch, `handed` are in `batches` that are being written; `failed` has (attempt, size) of
    what is tried again. `barren` counts the last batches that brought nothing; once it `is_closed`, none is asked for.
    """

    stratum: Stratum
    accepted: int
    fresh: int
    handed: int = 0
    batches: int = 0
    failed: deque[tuple[int, int]] = field(default_factory=deque)
    given_up: int = 0
    barren: int = 0
    is_closed: bool = False
    rejected: Counter[str] = field(default_factory=Counter)

    @property
    def share(self) -> float:
        """How far it is, with all that is being written."""
        return (self.accepted + self.handed) / max(self.stratum.planned, 1)

    def close(self) -> None:
        """Give up all that is wanted."""
        self.is_closed = True
        self.given_up += self.fresh + sum(missing for _, missing in self.failed)
        self.fresh = 0
        self.failed.clear()

    @property
    def is_waiting(self) -> bool:
        return self.fresh > 0 or bool(self.failed)


class Demand:
    """Hands out batches, those of the stratum that is least far first, and learns from what they bring.

    A batch that brings less than half of its records has failed: what it lacks is tried again as a batch of the next
    attempt, perhaps by another model, before anything new is tried. After `max_attempts` that failed in a row it is
    given up, and the stratum is short. What a better batch lacks is asked for afresh.

    A model that knows no more is not paid to say so for every record: a stratum of which the last `max_attempts`
    batches brought nothing gets one batch at a time, and with the first that is given up, all the rest is.
    """

    def __init__(
        self, progress: Sequence[Progress], open_batches: Sequence[Batch], next_number: int, max_attempts: int
    ) -> None:
        """`open_batches` were planned by an earlier run and are handed out first."""
        self._max_attempts, self._next = max_attempts, next_number
        self._wants = {p.stratum.index: _Want(p.stratum, p.accepted, p.missing) for p in progress}
        for p in progress:
            self._wants[p.stratum.index].rejected.update(p.rejected)
        self._open = deque(batch for batch in open_batches if batch.stratum in self._wants)
        for batch in self._open:
            want = self._wants[batch.stratum]
            want.fresh -= batch.size
            want.handed += batch.size
            want.batches += 1

    def next(self, size_of: SizeOf) -> Batch | None:
        """A batch to write now; None where nothing waits."""
        if self._open:
            return self._open.popleft()
        want = min((w for w in self._wants.values() if self._may_be_served(w)), key=lambda w: w.share, default=None)
        if want is None:
            return None
        attempt, missing = want.failed.popleft() if want.failed else (1, want.fresh)
        size = max(1, min(missing, size_of(want.stratum, attempt, self._next)))
        if attempt == 1:
            want.fresh -= size
        elif missing > size:
            want.failed.appendleft((attempt, missing - size))
        want.handed += size
        want.batches += 1
        batch = Batch(self._next, want.stratum.index, 0, size, attempt)
        self._next += 1
        return batch

    def _may_be_served(self, want: _Want) -> bool:
        return want.is_waiting and (want.barren < self._max_attempts or not want.batches)

    def brought(self, batch: Batch, accepted: int, rejected: Mapping[str, int], ending: Ending = "done") -> None:
        """Learn what a batch brought, and how it ended."""
        want = self._wants[batch.stratum]
        want.handed -= batch.size
        want.batches -= 1
        want.accepted += accepted
        want.rejected.update(rejected)
        has_failed = ending == "done" and 2 * accepted < batch.size
        want.barren = want.barren + 1 if has_failed and not accepted else 0
        missing = batch.size - accepted
        if not missing:
            return
        if want.is_closed:
            want.given_up += missing
        elif not has_failed and batch.attempt > 1 and ending != "done":
            want.failed.append((batch.attempt, missing))
        elif not has_failed:
            want.fresh += missing
        elif batch.attempt >= self._max_attempts:
            want.given_up += missing
            if want.barren >= self._max_attempts:
                want.close()
        else:
            want.failed.appendleft((batch.attempt + 1, missing))

    @property
    def shortfalls(self) -> dict[int, str]:
        """Why a stratum will not get further, by its id: those of which something was given up."""
        return {
            index: f"{want.accepted:,} of {want.stratum.planned:,}; the rest was given up after {self._max_attempts} "
            f"attempts{_named(want.rejected)}"
            for index, want in self._wants.items()
            if want.given_up
        }


def _named(rejected: Counter[str]) -> str:
    most = ", ".join(f"{reason} {count:,}" for reason, count in rejected.most_common(3))
    return f"; refused: {most}" if most else ""
