"""Traces as MLflow holds them, told after the fact: with their own times, and without any tracer in this process."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from ..records import Json
from .mlflow_prompts import LINKS_TAG, Registered, links
from .mlflow_store import MlflowStore

if TYPE_CHECKING:
    from mlflow.entities import Span

PREVIEW_CHARS = 1_000
"""What a table of traces shows of what was asked and answered; MLflow's databases take no more."""

Kind = Literal["WORKFLOW", "AGENT", "LLM", "TOOL"]
"""MLflow's own names for what a span is."""


@dataclass(frozen=True, slots=True)
class Step:
    """One call within a trace. Times are in nanoseconds since 1970; `error` says why it failed, None where it did not.

    model, tokens_in, tokens_cached, tokens_out, cost_usd: of calls to models; no tokens where nobody told them.
    """

    name: str
    kind: Kind
    start_ns: int
    end_ns: int
    inputs: Json = None
    outputs: Json = None
    error: str | None = None
    attributes: Mapping[str, Json] = field(default_factory=dict)
    model: str | None = None
    tokens_in: int = 0
    tokens_cached: int = 0
    tokens_out: int = 0
    cost_usd: float = 0.0


@dataclass(frozen=True, slots=True)
class Trace:
    """What was done for one purpose: `whole`, and the calls it was done with.

    `key` names it for good: told again, it takes the place of what it was. request, response: in short, for tables.
    run_id: the MLflow run it belongs to. session: what it has in common with others. tags: to search by.
    """

    key: str
    whole: Step
    steps: Sequence[Step]
    request: str
    response: str
    run_id: str | None = None
    session: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def trace_id(self) -> str:
        """What MLflow calls it."""
        return f"tr-{_digest(self.key)[:16].hex()}"


def tell_trace(store: MlflowStore, experiment_id: str, trace: Trace, prompts: Sequence[Registered] = ()) -> None:
    """Put a trace into an experiment, over what it was; a kill in between costs at most a repetition.

    Raises TrackingError.
    """
    from mlflow.entities import TraceInfo, TraceLocation, TraceState
    from mlflow.tracing.client import TracingClient

    whole = trace.whole
    metadata = {"mlflow.sourceRun": trace.run_id, "mlflow.trace.session": trace.session}
    info = TraceInfo(
        trace_id=trace.trace_id,
        trace_location=TraceLocation.from_experiment_id(experiment_id),
        request_time=whole.start_ns // 1_000_000,
        execution_duration=(whole.end_ns - whole.start_ns) // 1_000_000,
        state=TraceState.ERROR if whole.error else TraceState.OK,
        client_request_id=trace.key,
        request_preview=_storable(trace.request)[:PREVIEW_CHARS],
        response_preview=_storable(trace.response)[:PREVIEW_CHARS],
        trace_metadata={name: value for name, value in metadata.items() if value is not None},
        tags={"mlflow.traceName": whole.name, LINKS_TAG: links(prompts), **trace.tags},
    )
    client = TracingClient(store.client.tracking_uri)
    with store.calling():
        client.start_trace(info)
    with store.calling():
        client.log_spans(experiment_id, _spans(trace))


def _spans(trace: Trace) -> list[Span]:
    root = _digest(trace.key)[16:24]
    ids = [_digest(f"{trace.key}/{number}")[:8] for number in range(len(trace.steps))]
    below = [_span(trace, step, own, root) for step, own in zip(trace.steps, ids, strict=True)]
    return [_span(trace, trace.whole, root, None), *below]


def _span(trace: Trace, step: Step, span_id: bytes, parent: bytes | None) -> Span:
    from mlflow.entities import Span

    attributes = {
        "mlflow.traceRequestId": trace.trace_id,
        "mlflow.spanType": step.kind,
        "mlflow.spanInputs": step.inputs,
        "mlflow.spanOutputs": step.outputs,
        **step.attributes,
        **(_model_attributes(step) if step.model is not None else {}),
    }
    return Span.from_dict(
        {
            "trace_id": _base64(_digest(trace.key)[:16]),
            "span_id": _base64(span_id),
            "parent_span_id": None if parent is None else _base64(parent),
            "name": step.name,
            "start_time_unix_nano": step.start_ns,
            "end_time_unix_nano": step.end_ns,
            "status": {
                "code": "STATUS_CODE_ERROR" if step.error else "STATUS_CODE_OK",
                "message": _storable(step.error or ""),
            },
            "attributes": {
                name: _storable(json.dumps(value, ensure_ascii=False)) for name, value in attributes.items()
            },
            "events": [],
            "links": [],
        }
    )


def _model_attributes(step: Step) -> dict[str, Any]:
    """What MLflow adds up over traces. Without a cost of ours it would guess one, from the model's name."""
    attributes = {"mlflow.llm.model": step.model, "mlflow.llm.cost": {"total_cost": step.cost_usd}}
    if step.tokens_in or step.tokens_out:
        attributes["mlflow.chat.tokenUsage"] = {
            "input_tokens": step.tokens_in,
            "output_tokens": step.tokens_out,
            "total_tokens": step.tokens_in + step.tokens_out,
            "cache_read_input_tokens": step.tokens_cached,
        }
    return attributes


def _storable(text: str) -> str:
    """The text without what databases don't take, and models now and then write: half characters, and NUL."""
    return text.encode("utf-8", "replace").decode().replace("\0", "?")


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()
