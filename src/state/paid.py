"""What model calls a ledger knows of: what they were, what they took, and what they were told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import orjson

from ..records import Call, Prediction, Usage
from .reader import Reader


@dataclass(frozen=True, slots=True)
class UsageRow:
    """What the calls to one model took for one stratum; category and tier are None for calls outside of batches."""

    model: str
    category: str | None
    tier: str | None
    usage: Usage


@dataclass(frozen=True, slots=True)
class Approval:
    """Who approved what, and when (ISO 8601)."""

    approved_at: str
    who: str
    what: str
    detail: str


@dataclass(frozen=True, slots=True)
class KeptPrompt:
    """A prompt that was used: its text, and the SHA-256 of its file in hex."""

    sha256: str
    name: str
    text: str


class PaidHistory(Reader):
    """Calls to models, and what goes with them."""

    def usage(self) -> Usage:
        """What all model calls took together."""
        row = self._one(f"SELECT {_TOTALS} FROM calls")
        return Usage(*row) if row else Usage()

    def usage_rows(self) -> list[UsageRow]:
        """What model calls took, by model and stratum, in the order of the strata; those outside of batches first."""
        rows = self._ask(
            f"SELECT model, category, tier, {_TOTALS} FROM calls LEFT JOIN batches ON batches.number = calls.batch "
            "LEFT JOIN strata ON strata.id = batches.stratum GROUP BY strata.id, model ORDER BY strata.id, model"
        )
        return [UsageRow(model, category, tier, Usage(*totals)) for model, category, tier, *totals in rows]

    def calls_of(self, batch: int) -> list[Call]:
        """The calls of one batch in the order in which they were made, without what was answered."""
        return [Call(*row) for row in self._ask(f"SELECT {_CALL} FROM calls WHERE batch = ? ORDER BY id", batch)]

    def calls_in(self, category: str) -> list[Call]:
        """The calls for one category in the order in which they were made, without what was answered."""
        rows = self._ask(
            f"SELECT {_CALL} FROM calls JOIN batches ON batches.number = calls.batch "
            "JOIN strata ON strata.id = batches.stratum WHERE category = ? ORDER BY calls.id",
            category,
        )
        return [Call(*row) for row in rows]

    def predictions(self, category: str) -> Iterator[Prediction]:
        """What models said of the texts of a category, in the order of commits."""
        rows = self._ask(
            "SELECT predictions.number, model, codes, quality FROM predictions "
            "JOIN batches ON batches.number = predictions.batch JOIN strata ON strata.id = batches.stratum "
            "WHERE category = ? ORDER BY position, predictions.number, model",
            category,
        )
        for number, model, codes, quality in rows:
            yield Prediction(number, model, tuple(orjson.loads(codes)), quality)

    def conversation_of(self, batch: int) -> list[Call]:
        """The calls of one batch in the order in which they were made, each with its answer."""
        rows = self._ask(f"SELECT {_CALL}, answer FROM calls WHERE batch = ? ORDER BY id", batch)
        return [replace(Call(*row), answer=None if answer is None else answer.encode()) for *row, answer in rows]

    def brief_of(self, batch: int) -> str | None:
        """What the worker of a batch was told, as JSON; None where it was told nothing."""
        row = self._one("SELECT brief FROM briefs WHERE batch = ?", batch)
        return None if row is None else str(row[0])

    def prompt_name(self, sha256: str) -> str | None:
        """The name of a prompt that was used."""
        row = self._one("SELECT name FROM prompts WHERE sha256 = ?", sha256)
        return None if row is None else str(row[0])

    def prompts(self) -> list[KeptPrompt]:
        """Every prompt that was used, in the order of first use."""
        return [KeptPrompt(*row) for row in self._ask("SELECT sha256, name, text FROM prompts ORDER BY used_at, rowid")]

    def approvals(self) -> list[Approval]:
        """Who approved what, in order."""
        return [Approval(*row) for row in self._ask("SELECT approved_at, who, what, detail FROM approvals ORDER BY id")]


_CALL = (
    "batch, turn, role, model, key, prompt_sha256, outcome, tokens_in, tokens_cached, tokens_out, cost_usd, "
    "latency_ms, called_at_ms"
)
_ANSWERED = "outcome IN ('answered', 'refused', 'empty', 'truncated')"
_TOTALS = (
    f"COUNT(*) FILTER (WHERE {_ANSWERED}), COALESCE(SUM(tokens_in), 0), COALESCE(SUM(tokens_cached), 0), "
    f"COALESCE(SUM(tokens_out), 0), TOTAL(cost_usd), COUNT(*) FILTER (WHERE NOT {_ANSWERED})"
)
