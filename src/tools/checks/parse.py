"""Whether the text of a language model is JSON at all."""

from __future__ import annotations

import orjson

from ...records import Json, Refusal

REASON = "parse"


def parse_candidate(text: str) -> Json | Refusal:
    """The value that a text holds, or the refusal with line and column.

    Strict JSON: no NaN, no comments, no text around it, no halves of surrogate pairs.
    """
    if not text.strip():
        return Refusal(REASON, "the text is empty")
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        return Refusal(REASON, f"not JSON: {error}")
