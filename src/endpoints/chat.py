"""Messages to an OpenAI-compatible endpoint and its answer: chat completions, or the responses API."""

from __future__ import annotations

from typing import Any, Protocol

import httpx2
import orjson
from openai import AsyncOpenAI, DefaultAioHttpClient

from ..records import Json, Outcome
from .caller import Reply
from .entries import Endpoint

Messages = list[dict[str, str]]
"""`role` (system, user, assistant) and `content`."""


class Chat(Protocol):
    """Sends messages, once; the reply's answer is the JSON object `{"text", "outcome"}`."""

    async def send(self, messages: Messages, schema: dict[str, Any] | None) -> Reply:
        """The model's answer; with a schema, in that form. Raises the client's errors."""
        ...


def open_client(endpoint: Endpoint) -> AsyncOpenAI:
    """A client without retries or time limits of its own: those are the caller's. To be closed."""
    return AsyncOpenAI(
        api_key=endpoint.api_key,
        base_url=endpoint.base_url,
        max_retries=0,
        timeout=None,
        http_client=DefaultAioHttpClient(timeout=None),
    )


class OpenAIChat:
    """One endpoint. The client's raw answers are read: building its models would double the cost of a call."""

    def __init__(self, endpoint: Endpoint, client: AsyncOpenAI) -> None:
        self._endpoint, self._client = endpoint, client

    async def send(self, messages: Messages, schema: dict[str, Any] | None) -> Reply:
        """See `Chat`."""
        if self._endpoint.entry.api == "responses":
            body = self._responses_body(messages, schema)
            return _from_responses(await self._post("/responses", body))
        return _from_chat(await self._post("/chat/completions", self._chat_body(messages, schema)))

    async def _post(self, path: str, body: dict[str, Any]) -> Json:
        response = await self._client.post(path, body=body, cast_to=httpx2.Response)
        return orjson.loads(response.content)

    def _chat_body(self, messages: Messages, schema: dict[str, Any] | None) -> dict[str, Any]:
        body = {"model": self._endpoint.entry.model, "messages": messages, **self._endpoint.entry.options}
        if schema is not None and self._endpoint.can("json_schema"):
            body["response_format"] = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}
        return body

    def _responses_body(self, messages: Messages, schema: dict[str, Any] | None) -> dict[str, Any]:
        body = {
            "model": self._endpoint.entry.model,
            "input": messages,
            "store": False,
            **self._endpoint.entry.options,
        }
        if schema is not None and self._endpoint.can("json_schema"):
            body["text"] = {"format": {"type": "json_schema", "name": "answer", "schema": schema, "strict": False}}
        return body


def text_of(answer: bytes) -> str:
    """The text in the answer of a `Chat`."""
    return str(orjson.loads(answer)["text"])


def is_refusal(answer: bytes) -> bool:
    """Whether the answer of a `Chat` is that the model will not."""
    return bool(orjson.loads(answer)["outcome"] == "refused")


def reply(text: str, outcome: Outcome, tokens_in: int, tokens_cached: int, tokens_out: int) -> Reply:
    """A reply in the form of `Chat`."""
    answer = orjson.dumps({"text": text, "outcome": outcome})
    return Reply(answer, outcome, tokens_in, tokens_cached, tokens_out)


def _from_chat(data: Json) -> Reply:
    choice, usage = _at(data, "choices", 0), _at(data, "usage")
    if not isinstance(choice, dict):
        raise _unreadable("choices")
    tokens = (
        _count(usage, "prompt_tokens"),
        _count(usage, "prompt_tokens_details", "cached_tokens"),
        _count(usage, "completion_tokens"),
    )
    reason = choice.get("finish_reason")
    text, refusal = _text(_at(choice, "message", "content")), _text(_at(choice, "message", "refusal"))
    is_refused = bool(refusal) or reason == "content_filter"
    return reply(text or refusal, _outcome(text, is_refused, reason == "length"), *tokens)


def _from_responses(data: Json) -> Reply:
    output, usage = _at(data, "output"), _at(data, "usage")
    if not isinstance(output, list):
        raise _unreadable("output")
    tokens = (
        _count(usage, "input_tokens"),
        _count(usage, "input_tokens_details", "cached_tokens"),
        _count(usage, "output_tokens"),
    )
    parts = [part for item in output for part in _at(item, "content") or [] if isinstance(part, dict)]
    text = _text([part for part in parts if part.get("type") == "output_text"])
    refused = [part for part in parts if part.get("type") == "refusal"]
    refusal = "".join(str(part.get("refusal") or "") for part in refused)
    return reply(text or refusal, _outcome(text, bool(refused), data.get("status") == "incomplete"), *tokens)


def _unreadable(lacks: str) -> ValueError:
    return ValueError(f"the answer holds no {lacks}")


def _at(value: Json, *path: str | int) -> Json:
    """What stands at a path of an answer; None where it does not reach so far, whatever the endpoint sent."""
    for step in path:
        try:
            value = value[step]
        except (TypeError, KeyError, IndexError):
            return None
    return value


def _count(usage: Json, *path: str) -> int:
    count = _at(usage, *path)
    return max(0, count) if isinstance(count, int) else 0


def _text(content: Json) -> str:
    """The text of a message's content: a string, or a list of parts."""
    if isinstance(content, list):
        return "".join(_text(_at(part, "text")) for part in content)
    return content if isinstance(content, str) else ""


def _outcome(text: str, refused: bool, cut: bool) -> Outcome:
    if refused and not text:
        return "refused"
    if cut:
        return "truncated"
    return "answered" if text.strip() else "empty"
