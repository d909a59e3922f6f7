"""The trace of a batch that agents wrote, made from what the ledger keeps of it."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence

from ..records import Call, Json
from .mlflow_traces import Step, Trace
from .outbox import Delivery

_ANSWERED = ("answered", "refused", "empty", "truncated")


def is_sampled(run_key: str, batch: int, share: float) -> bool:
    """Whether a batch is among the share that is traced: for one dataset the same ones each time."""
    draw = int.from_bytes(hashlib.sha256(f"trace/{run_key}/{batch}".encode()).digest()[:8])
    return draw < share * 2**64


def batch_trace(run_key: str, run_id: str, delivery: Delivery, calls: Sequence[Call]) -> Trace:
    """What its worker was told, each call with its answer, and what became of what was written.

    `calls` are all of the batch's, at least one.
    """
    steps = [_step(call) for call in calls]
    accepted = [
        {"id": f"{delivery.category}-{record.number}", "quality": record.quality, "record": json.loads(record.text)}
        for record in delivery.records
    ]
    refused = [
        {"reason": one.reason, "detail": one.detail, "candidate": json.loads(one.candidate)}
        for one in delivery.rejections
    ]
    wanted, place = delivery.batch.size, " / ".join(filter(None, (delivery.category, delivery.tier)))
    whole = Step(
        "batch",
        "WORKFLOW",
        min(step.start_ns for step in steps),
        max(delivery.committed_at_ms * 1_000_000, *(step.end_ns for step in steps)),
        {
            "category": delivery.category,
            "tier": delivery.tier,
            "wanted": wanted,
            "brief": None if delivery.brief is None else json.loads(delivery.brief),
        },
        {"accepted": accepted, "refused": refused},
        None if accepted else "no record was accepted",
        {"batch": delivery.batch.number, "attempt": delivery.batch.attempt, "position": delivery.position},
    )
    reasons = Counter(rejection.reason for rejection in delivery.rejections)
    told = [f"{reason} {count}" for reason, count in reasons.most_common()]
    tags = {"category": delivery.category, "tier": delivery.tier or "", "batch": str(delivery.batch.number)}
    return Trace(
        f"{run_key}/{delivery.batch.number}",
        whole,
        steps,
        f"{place}: {wanted} wanted",
        f"{len(accepted)} accepted, {len(refused)} refused" + (f" ({', '.join(told)})" if told else ""),
        run_id,
        tags={name: value for name, value in tags.items() if value},
    )


def _step(call: Call) -> Step:
    start_ns = call.called_at_ms * 1_000_000
    answer: Json = None if call.answer is None else json.loads(call.answer)
    return Step(
        f"{call.role} {call.turn + 1}",
        "LLM",
        start_ns,
        start_ns + int(call.latency_ms * 1_000_000),
        {"turn": call.turn, "prompt_sha256": call.prompt_sha256, "key": call.key},
        answer,
        None if call.outcome in _ANSWERED else call.outcome,
        {"role": call.role, "outcome": call.outcome, "prompt_sha256": call.prompt_sha256},
        call.model,
        call.tokens_in,
        call.tokens_cached,
        call.tokens_out,
        call.cost_usd,
    )
