"""Ledgers with small batches, as agents leave them, and with shards between them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa

from dataset_agent.plan import Plan, strata_of
from dataset_agent.records import Batch, Call, Commit, Fingerprints, Outcome, Rejection, Shard, StoredRecord
from dataset_agent.state.ledger import Ledger
from dataset_agent.tools.export import write_shard

PROMPT = hashlib.sha256(b"the prompt").hexdigest()
SEED_CALL = {"role": "worker", "prompt_sha256": PROMPT, "tokens_cached": 10, "latency_ms": 250.0}


def chat_plan(size: int = 60, **keys: Any) -> Plan:
    """Two categories for agents, the first with tiers; `size` records, a third of them in each stratum."""
    tiers = [{"name": "easy", "share": 0.5}, {"name": "hard", "share": 0.5}]
    categories = [
        {"name": "chat", "worker": "agent", "count": size * 2 // 3, "tiers": tiers},
        {"name": "notes", "worker": "agent", "count": size - size * 2 // 3},
    ]
    return Plan.model_validate({"dataset_name": "talk", "seed": 5, "categories": categories, **keys})


class Book:
    """A ledger being written: batches are numbered, and candidates within their category."""

    def __init__(self, folder: Path, plan: Plan) -> None:
        self.plan, self.ledger = plan, Ledger(folder)
        self.ledger.adopt(plan, strata_of(plan), {})
        self.ledger.note_prompt(PROMPT, "batch", "the prompt")
        self.run = self.ledger.start_run({"python": "3"})
        self.history = self.ledger.history
        self._numbers = count(self.history.next_number())

    def __enter__(self) -> Book:
        return self

    def __exit__(self, *_: object) -> None:
        self.ledger.close()

    def begin(self, stratum: int, size: int) -> Batch:
        """A batch that is planned, with what its worker is told."""
        number = next(self._numbers)
        batch = Batch(number, stratum, 0, size)
        self.ledger.queue_plan(batch, orjson.dumps({"wanted": size, "attributes": {"style": f"s{number}"}}).decode())
        return batch

    def call(self, batch: int | None, model: str = "small", outcome: Outcome = "answered", cost: float = 0.25) -> None:
        """A call to a model."""
        turn = 0 if batch is None else len(self.history.calls_of(batch))
        tokens = {"tokens_in": 100, "tokens_out": 50} if outcome == "answered" else {"tokens_in": 0, "tokens_out": 0}
        call = Call(
            **SEED_CALL, **tokens, batch=batch, turn=turn, model=model, key=f"{batch}-{turn}", outcome=outcome,
            cost_usd=cost if outcome == "answered" else 0.0, called_at_ms=1_700_000_000_000 + turn,
            answer=b'{"said": 1}' if outcome == "answered" else None,
        )  # fmt: skip
        self.ledger.queue_call(self.run, call).result()

    def small(self, stratum: int, size: int, *, refused: int = 0, quality: float = 1.0) -> Batch:
        """A batch as an agent leaves it: `refused` candidates, then `size` records, after one call."""
        batch = self.begin(stratum, size)
        self.call(batch.number)
        category = self.history.strata()[stratum].category
        first = self.history.next_candidates().get(category, 0)
        numbers = range(first + refused, first + refused + size)
        records = [StoredRecord(number, quality, text_of(category, number)) for number in numbers]
        rejections = [
            Rejection(number, "duplicate", "as before", text_of(category, number))
            for number in range(first, first + refused)
        ]
        self.commit(batch, records, rejections)
        return batch

    def commit(
        self,
        batch: Batch,
        records: Sequence[StoredRecord],
        rejections: Sequence[Rejection] = (),
        prints: Fingerprints | None = None,
    ) -> None:
        """Commit what a batch brought."""
        metrics = {
            "accepted": float(len(records)),
            "rejected": float(len(rejections)),
            "batch_size": float(batch.size),
        }
        prints = prints or prints_of([record.text for record in records])
        looked = len(records) + len(rejections)
        commit = Commit(batch, None, prints, list(rejections), looked, 0.5, metrics, records)
        self.ledger.commit(self.run, commit, at_ms=1_700_000_000_000 + batch.number)

    def large(self, stratum: int, size: int, *, structs: bool = False, prompts: bool = False) -> Batch:
        """A batch of a template category, with its shard."""
        taken = self.history.taken().get(self.history.strata()[stratum].category, [])
        batch = Batch(next(self._numbers), stratum, max([0, *(end for _, end in taken)]), size)
        self.ledger.plan_batches([batch])
        place = self.history.strata()[stratum]
        numbers = range(batch.start, batch.start + size)
        texts = [text_of(place.category, number) for number in numbers]
        columns: dict[str, Any] = {
            "id": [f"{place.category}-{number}" for number in numbers],
            "category": [place.category] * size,
            "tier": pa.array([place.tier] * size, pa.string()),
            "quality": [1.0] * size,
            "golden": [True] * size,
            "split": pa.nulls(size, pa.string()),
        }
        if prompts:
            columns["prompt"] = [f"Number {number}, please" for number in numbers]
        columns["record"] = [json.loads(text) for text in texts] if structs else texts
        name = f"shards/part-{batch.number:05d}.parquet"
        about = {name: getattr(batch, name) for name in ("number", "stratum", "start", "size", "attempt")}
        about |= {"category": place.category, "tier": place.tier, "accepted": size, "rejected": 0}
        facts = write_shard(pa.table(columns), self.ledger.folder / name, {"batch": json.dumps(about)})
        shard = Shard(name, facts.rows, facts.bytes, facts.sha256)
        metrics = {"accepted": float(size), "rejected": 0.0, "used": float(size)}
        commit = Commit(batch, shard, prints_of(texts), [], size, 0.5, metrics)
        self.ledger.commit(self.run, commit, at_ms=1_700_000_000_000 + batch.number)
        return batch


def text_of(category: str, number: int) -> str:
    """A record."""
    record = {"inputs": {"text": f"{category} asks {number}"}, "expectations": {"number": number}}
    return orjson.dumps(record).decode()


def prints_of(texts: Sequence[str]) -> Fingerprints:
    """Fingerprints that tell records apart."""
    return Fingerprints(np.array([hash_of(text) for text in texts], np.uint64))


def hash_of(text: str) -> int:
    """64 bits of a text."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little")
