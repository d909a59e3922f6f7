"""What a kept conversation holds, in the items of the SDK's sessions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

RECENT_ITEMS, OLD_OUTPUT_CHARS = 40, 1_500
"""What older tools answered is shortened to so many characters: it would fill the model's context."""


@dataclass(frozen=True, slots=True)
class Said:
    """A message of a kept conversation: `who` is `user` or `assistant`."""

    who: str
    text: str


def with_short_past(history: list[Any], new: list[Any]) -> list[Any]:
    """What the model is sent of a conversation: what tools answered long ago is shortened."""
    old = max(len(history) - RECENT_ITEMS, 0)
    return [_shortened(item) if place < old else item for place, item in enumerate(history)] + new


def _shortened(item: Any) -> Any:
    output = item.get("output")
    if item.get("type") != "function_call_output" or not isinstance(output, str) or len(output) <= OLD_OUTPUT_CHARS:
        return item
    return {**item, "output": f"{output[:OLD_OUTPUT_CHARS]}... (shortened; use the tool again for the rest)"}


def said_in(items: Iterable[Any]) -> list[Said]:
    """What was said in a conversation."""
    return [said for item in items if (said := _said(item)) and said.text]


def last_plan_in(items: Sequence[Any]) -> dict[str, Any] | None:
    """The last plan of a conversation that became the draft, or None."""
    outputs = {item["call_id"]: item.get("output") for item in items if item.get("type") == "function_call_output"}
    for item in reversed(items):
        if item.get("type") == "function_call" and item.get("name") in ("propose_plan", "propose_change"):
            if isinstance(output := outputs.get(item["call_id"]), str) and "error" not in _object(output, "error"):
                plan = _object(item["arguments"]).get("plan")
                plan = _object(plan) if isinstance(plan, str) else plan
                if isinstance(plan, dict):
                    return plan
    return None


def _said(item: Any) -> Said | None:
    if item.get("role") not in ("user", "assistant"):
        return None
    content = item.get("content")
    if isinstance(content, str):
        return Said(item["role"], content)
    return Said(item["role"], "".join(part.get("text") or "" for part in content or []))


def _object(text: str, otherwise: str | None = None) -> dict[str, Any]:
    """The object in a JSON text; where there is none, an empty one, or one with the key `otherwise`."""
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        value = None
    return value if isinstance(value, dict) else {otherwise: text} if otherwise else {}
