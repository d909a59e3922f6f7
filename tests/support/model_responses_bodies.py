"""What an answer looks like in the responses API."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from model_answers import Request
from model_chat_bodies import Said, Usage, pieces_of

Item = dict[str, Any]


def response(request: Request, said: Said, usage: Usage | None) -> dict[str, Any]:
    """The body of an answer in one piece."""
    return _response(request, "incomplete" if said.is_cut else "completed", _items(request, said), usage)


def events(request: Request, said: Said, usage: Usage | None) -> Iterator[tuple[str, str]]:
    """The names and the data of the server-sent events of a streamed answer."""
    for number, event in enumerate(_events(request, said, usage)):
        yield event["type"], json.dumps({**event, "sequence_number": number})


def _events(request: Request, said: Said, usage: Usage | None) -> Iterator[Item]:
    begun = _response(request, "in_progress", [], None)
    yield {"type": "response.created", "response": begun}
    yield {"type": "response.in_progress", "response": begun}
    for index, item in enumerate(_items(request, said)):
        yield from _item_events(index, item)
    ended = response(request, said, usage)
    yield {"type": f"response.{ended['status']}", "response": ended}


def _item_events(index: int, item: Item) -> Iterator[Item]:
    is_call = item["type"] == "function_call"
    nothing: Item = {"arguments": ""} if is_call else {"content": []}
    bare = {**item, **nothing, "status": "in_progress"}
    yield {"type": "response.output_item.added", "output_index": index, "item": bare}
    at = {"item_id": item["id"], "output_index": index}
    if is_call:
        kind = "response.function_call_arguments"
        yield from ({"type": f"{kind}.delta", **at, "delta": piece} for piece in pieces_of(item["arguments"]))
        yield {"type": f"{kind}.done", **at, "name": item["name"], "arguments": item["arguments"]}
    else:
        yield from _part_events({**at, "content_index": 0}, item["content"][0])
    yield {"type": "response.output_item.done", "output_index": index, "item": item}


def _part_events(at: Item, part: Item) -> Iterator[Item]:
    is_refusal = part["type"] == "refusal"
    name, kind = ("refusal", "response.refusal") if is_refusal else ("text", "response.output_text")
    extra: Item = {} if is_refusal else {"logprobs": []}
    yield {"type": "response.content_part.added", **at, "part": {**part, name: ""}}
    yield from ({"type": f"{kind}.delta", **at, "delta": piece, **extra} for piece in pieces_of(part[name]))
    yield {"type": f"{kind}.done", **at, name: part[name], **extra}
    yield {"type": "response.content_part.done", **at, "part": part}


def _items(request: Request, said: Said) -> list[Item]:
    status = "incomplete" if said.is_cut else "completed"
    items: list[Item] = []
    if said.refusal is not None:
        items.append(_message(request, {"type": "refusal", "refusal": said.refusal}, status))
    elif said.text:
        part = {"type": "output_text", "text": said.text, "annotations": [], "logprobs": []}
        items.append(_message(request, part, status))
    for index, (name, given) in enumerate(said.calls):
        ids = {"id": f"fc_{request.number}_{index}", "call_id": f"call_{request.number}_{index}"}
        items.append({"type": "function_call", **ids, "name": name, "arguments": given, "status": status})
    return items


def _message(request: Request, part: Item, status: str) -> Item:
    return {
        "type": "message",
        "id": f"msg_{request.number}",
        "role": "assistant",
        "status": status,
        "content": [part],
    }


def _response(request: Request, status: str, output: list[Item], usage: Usage | None) -> dict[str, Any]:
    return {
        "id": f"resp_{request.number}",
        "object": "response",
        "created_at": 1_700_000_000,
        "status": status,
        "error": None,
        "incomplete_details": {"reason": "max_output_tokens"} if status == "incomplete" else None,
        "instructions": request.body.get("instructions"),
        "metadata": {},
        "model": request.model,
        "output": output,
        "parallel_tool_calls": bool(request.body.get("parallel_tool_calls", True)),
        "temperature": 1.0,
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "usage": _usage(usage),
    }


def _usage(usage: Usage | None) -> dict[str, Any] | None:
    if usage is None:
        return None
    return {
        "input_tokens": usage.prompt,
        "input_tokens_details": {"cached_tokens": usage.cached, "cache_write_tokens": 0},
        "output_tokens": usage.written,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": usage.prompt + usage.written,
    }
