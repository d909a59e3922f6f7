"""What the ledger writes: values as rows of its tables."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Sequence

from ..records import Batch, Call, Commit

# Attempts start anew where a quota grows: they are counted from the batch number in `since`.
RAISE_QUOTA = """
    UPDATE strata SET shortfall = NULL, planned = :planned,
        since = CASE WHEN planned = :planned THEN since ELSE (SELECT COALESCE(MAX(number), -1) + 1 FROM batches) END
    WHERE category = :category AND tier IS :tier
"""


def insert_planned(db: sqlite3.Connection, batches: Sequence[Batch]) -> None:
    """Batches that will be made."""
    db.executemany(
        "INSERT INTO batches (number, stratum, start, size, attempt) VALUES (?, ?, ?, ?, ?)",
        [(batch.number, batch.stratum, batch.start, batch.size, batch.attempt) for batch in batches],
    )


def insert_commit(
    db: sqlite3.Connection, run: int, commit: Commit, at_ms: int | None, next_batches: Sequence[Batch]
) -> None:
    """What a batch brought, and the batches planned because of it; see `Ledger.commit`."""
    number = commit.batch.number
    position = db.execute("SELECT COALESCE(MAX(position), 0) + 1 FROM batches").fetchone()[0]
    db.execute(
        "UPDATE batches SET run = ?, position = ?, accepted = ?, rejected = ?, used = ?, seconds = ?, "
        "committed_at_ms = ? WHERE number = ?",
        (
            run,
            position,
            commit.accepted,
            len(commit.rejections),
            commit.used,
            commit.seconds,
            at_ms or time.time_ns() // 1_000_000,
            number,
        ),
    )
    if shard := commit.shard:
        row = (number, shard.path, shard.rows, shard.bytes, shard.sha256)
        db.execute("INSERT INTO shards VALUES (?, ?, ?, ?, ?)", row)
    db.executemany(
        "INSERT INTO records VALUES (?, ?, ?, ?)", [(number, r.number, r.quality, r.text) for r in commit.records]
    )
    db.executemany(
        "INSERT INTO rejections VALUES (?, ?, ?, ?, ?)",
        [(number, r.number, r.reason, r.detail, r.candidate) for r in commit.rejections],
    )
    db.executemany(
        "INSERT INTO predictions VALUES (?, ?, ?, ?, ?)",
        [(number, p.number, p.model, json.dumps(p.codes, ensure_ascii=False), p.quality) for p in commit.predictions],
    )
    prints = commit.fingerprints
    columns = (prints.exact, prints.structural, prints.signatures, prints.embeddings, prints.senses)
    db.execute(
        "INSERT INTO fingerprints (batch, exact, structural, signatures, embeddings, senses) VALUES (?, ?, ?, ?, ?, ?)",
        (number, *(None if column is None else column.tobytes() for column in columns)),
    )
    db.executemany("INSERT INTO metrics VALUES (?, ?, ?)", [(number, *metric) for metric in commit.metrics.items()])
    insert_planned(db, next_batches)


def insert_call(db: sqlite3.Connection, run: int | None, call: Call) -> None:
    """One call to a model."""
    db.execute(
        "INSERT INTO calls (batch, run, turn, role, model, key, prompt_sha256, outcome, tokens_in, tokens_cached, "
        "tokens_out, cost_usd, latency_ms, called_at_ms, answer) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            call.batch,
            run,
            call.turn,
            call.role,
            call.model,
            call.key,
            call.prompt_sha256,
            call.outcome,
            call.tokens_in,
            call.tokens_cached,
            call.tokens_out,
            call.cost_usd,
            call.latency_ms,
            call.called_at_ms,
            None if call.answer is None else call.answer.decode(),
        ),
    )
