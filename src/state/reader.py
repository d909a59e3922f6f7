"""A ledger opened for reading: at any time, also while a run writes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

from ..errors import CheckpointError

LEDGER_FILE = "ledger.db"


def connect(file: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """A connection in autocommit mode that may be handed to another thread."""
    mode = "ro" if read_only else "rwc"
    uri = f"{file.absolute().as_uri()}?mode={mode}"
    return sqlite3.connect(uri, uri=True, isolation_level=None, timeout=30, check_same_thread=False)


class Reader:
    """A read-only connection to a ledger. Use one from one thread at a time."""

    def __init__(self, folder: Path) -> None:
        """Raises CheckpointError where the folder holds no ledger, or one that cannot be read."""
        self.folder = folder
        if not (folder / LEDGER_FILE).is_file():
            raise CheckpointError.at(folder, "holds no dataset", "is the name or --checkpoint-dir right?")
        self._db = connect(folder / LEDGER_FILE, read_only=True)
        try:
            (version,) = self._one("PRAGMA user_version") or (0,)
            for first, lacking in _ADDED_LATER.items():
                if 0 < version < first:
                    self._db.executescript(lacking)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def freeze(self) -> None:
        """From now on, tell what is true now: a run that goes on is not seen."""
        self._db.execute("BEGIN")

    def close(self) -> None:
        """Close the connection."""
        self._db.close()

    def _ask(self, query: str, *values: object) -> Iterator[tuple[Any, ...]]:
        try:
            yield from self._db.execute(query, values)
        except sqlite3.DatabaseError as error:
            raise CheckpointError.at(self.folder / LEDGER_FILE, f"cannot be read: {error}") from None

    def _one(self, query: str, *values: object) -> tuple[Any, ...] | None:
        return next(self._ask(query, *values), None)


# Only a run may migrate a ledger. Until one does, its readers find what later versions added, and find it empty; the
# first version wrote no calls. By the version that added it.
_ADDED_LATER = {
    2: """
    CREATE TEMP TABLE records (batch, number, quality, text);
    CREATE TEMP TABLE calls (
        id, batch, run, turn, role, model, key, prompt_sha256, outcome, tokens_in, tokens_cached, tokens_out,
        cost_usd, latency_ms, called_at_ms, answer
    );
    CREATE TEMP TABLE briefs (batch, brief);
    CREATE TEMP TABLE prompts (sha256, name, text, used_at);
    CREATE TEMP TABLE pace (model, batch_size, concurrency);
    CREATE TEMP TABLE approvals (id, approved_at, who, what, detail);
    CREATE TEMP VIEW fingerprints AS SELECT *, NULL AS embeddings, NULL AS senses FROM main.fingerprints;
    """,
    3: "CREATE TEMP TABLE reviews (id, batch, number, verdict, reason, reviewer, reviewed_at);",
    4: "CREATE TEMP TABLE predictions (batch, number, model, codes, quality);",
}
