"""What an answer looks like in the chat completions API."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from model_answers import Answer, Call, Refusal, Request, Text, ToolCalls, Truncated

PIECE = 24
"""Characters in one piece of a stream."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of a request."""

    prompt: int
    cached: int
    written: int


@dataclass(frozen=True, slots=True)
class Said:
    """What an answer says, for either API."""

    text: str = ""
    calls: tuple[tuple[str, str], ...] = ()
    refusal: str | None = None
    is_cut: bool = False

    @property
    def written(self) -> int:
        """Tokens written, at four characters each."""
        texts = [self.text, self.refusal or "", *(part for call in self.calls for part in call)]
        return max(1, sum(map(len, texts)) // 4)


def said_by(answer: Answer) -> Said:
    match answer:
        case Text(text):
            return Said(text)
        case ToolCalls(calls, text):
            return Said(text, _as_text(calls))
        case Truncated(text, calls):
            return Said(text, _as_text(calls), is_cut=True)
        case Refusal(text):
            return Said(refusal=text)
    return Said()


def _as_text(calls: Iterable[Call]) -> tuple[tuple[str, str], ...]:
    return tuple((name, given if isinstance(given, str) else json.dumps(given)) for name, given in calls)


def pieces_of(text: str) -> list[str]:
    return [text[start : start + PIECE] for start in range(0, len(text), PIECE)]


def completion(request: Request, said: Said, usage: Usage | None) -> dict[str, Any]:
    """The body of an answer in one piece."""
    calls = [{"id": _call_id(request, i), "type": "function", "function": _named(*c)} for i, c in enumerate(said.calls)]
    is_silent = said.refusal is not None or (bool(calls) and not said.text)
    message = {"role": "assistant", "content": None if is_silent else said.text, "refusal": said.refusal}
    if calls:
        message["tool_calls"] = calls  # type: ignore[assignment]
    choice = {"index": 0, "message": message, "finish_reason": _finish(said), "logprobs": None}
    return {**_base(request, "chat.completion"), "choices": [choice], "usage": _usage(usage)}


def chunks(request: Request, said: Said, usage: Usage | None) -> Iterator[str]:
    """The data of the server-sent events of a streamed answer."""
    base = _base(request, "chat.completion.chunk")
    for delta in _deltas(request, said):
        yield json.dumps({**base, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
    yield json.dumps({**base, "choices": [{"index": 0, "delta": {}, "finish_reason": _finish(said)}]})
    if (request.body.get("stream_options") or {}).get("include_usage"):
        yield json.dumps({**base, "choices": [], "usage": _usage(usage)})
    yield "[DONE]"


def _deltas(request: Request, said: Said) -> Iterator[dict[str, Any]]:
    yield {"role": "assistant", "content": ""}
    yield from ({"content": piece} for piece in pieces_of(said.text))
    yield from ({"refusal": piece} for piece in pieces_of(said.refusal or ""))
    for index, (name, given) in enumerate(said.calls):
        start = {"index": index, "id": _call_id(request, index), "type": "function", "function": _named(name, "")}
        yield {"tool_calls": [start]}
        yield from ({"tool_calls": [{"index": index, "function": {"arguments": p}}]} for p in pieces_of(given))


def _base(request: Request, kind: str) -> dict[str, Any]:
    return {"id": f"chatcmpl-{request.number}", "object": kind, "created": 1_700_000_000, "model": request.model}


def _call_id(request: Request, index: int) -> str:
    return f"call_{request.number}_{index}"


def _named(name: str, given: str) -> dict[str, str]:
    return {"name": name, "arguments": given}


def _finish(said: Said) -> str:
    return "length" if said.is_cut else "tool_calls" if said.calls else "stop"


def _usage(usage: Usage | None) -> dict[str, Any] | None:
    if usage is None:
        return None
    return {
        "prompt_tokens": usage.prompt,
        "completion_tokens": usage.written,
        "total_tokens": usage.prompt + usage.written,
        "prompt_tokens_details": {"cached_tokens": usage.cached, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
    }
