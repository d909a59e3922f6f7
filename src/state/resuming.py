"""What agents need to know of earlier runs to go on where they ended."""

from __future__ import annotations

from collections.abc import Iterator

from ..records import Batch
from .reader import Reader


class ResumedHistory(Reader):
    """Open batches, answers that were paid for, and what was learned."""

    def source_files(self) -> dict[str, str]:
        """The path of each source by its name, as it was read."""
        return dict(self._ask("SELECT name, path FROM sources ORDER BY name"))

    def open_briefs(self) -> list[tuple[Batch, str]]:
        """The agent batches that are planned and not committed, with what their workers were told (JSON)."""
        query = (
            "SELECT number, stratum, start, size, attempt, brief FROM batches JOIN briefs ON batch = number "
            "WHERE position IS NULL ORDER BY number"
        )
        return [(Batch(*row[:5]), row[5]) for row in self._ask(query)]

    def paid_answers(self) -> Iterator[tuple[int, str, bytes]]:
        """(batch, key, answer) of the calls of open batches that were answered, in order."""
        for batch, key, answer in self._ask(
            "SELECT batch, key, answer FROM calls JOIN batches ON number = batch "
            "WHERE position IS NULL AND answer IS NOT NULL ORDER BY id"
        ):
            yield batch, key, answer.encode()

    def next_candidates(self) -> dict[str, int]:
        """For each category with records in the ledger, or refused candidates, the first number none of them has."""
        rows = self._ask(
            "SELECT category, MAX(seen.number) + 1 FROM ("
            "SELECT batch, number FROM records UNION ALL SELECT batch, number FROM rejections) AS seen "
            "JOIN batches ON batches.number = seen.batch JOIN strata ON strata.id = batches.stratum GROUP BY category"
        )
        return dict(rows)

    def accepted_by_agents(self) -> Iterator[tuple[int, int, str, str | None]]:
        """(stratum, number, text, brief or None) of each record that lives in the ledger, in order of commit."""
        yield from self._ask(
            "SELECT stratum, records.number, text, brief FROM records "
            "JOIN batches ON batches.number = records.batch LEFT JOIN briefs ON briefs.batch = records.batch "
            "ORDER BY position, records.number"
        )

    def text_of(self, category: str, number: int) -> str | None:
        """The text of a record that lives in the ledger, by its candidate number."""
        row = self._one(
            "SELECT text FROM records JOIN batches ON batches.number = records.batch "
            "JOIN strata ON strata.id = batches.stratum WHERE category = ? AND records.number = ?",
            category,
            number,
        )
        return None if row is None else str(row[0])

    def learned_pace(self) -> dict[str, tuple[int, int]]:
        """The batch size and the concurrency that each model ended with."""
        return {model: (size, calls) for model, size, calls in self._ask("SELECT * FROM pace")}
