"""The SDK's models behind our endpoints, and the wrapper by which every call of a worker goes through its caller."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from typing import Any

import agents
import orjson
from agents import AgentOutputSchemaBase, ModelBehaviorError, ModelResponse, ModelSettings, Usage
from agents.models.interface import Model, ModelTracing
from agents.models.openai_chatcompletions import OpenAIChatCompletionsModel
from agents.models.openai_responses import OpenAIResponsesModel
from openai import AsyncOpenAI
from openai.types.responses import ResponseOutputItem
from pydantic import TypeAdapter

from ..endpoints.caller import Reply
from ..endpoints.chat import Messages, open_client
from ..endpoints.chat import reply as chat_reply
from ..endpoints.entries import Endpoint
from ..errors import InputError
from ..plan import ModelEntry
from .thread import Thread, tokens_in

agents.set_tracing_disabled(True)  # the SDK would send its traces to its vendor

_OUTPUT: TypeAdapter[list[ResponseOutputItem]] = TypeAdapter(list[ResponseOutputItem])


def sdk_model(endpoint: Endpoint, client: AsyncOpenAI | None = None) -> Model:
    """The SDK's model of an endpoint. Raises InputError where its provider needs an extra that is not installed."""
    if endpoint.entry.provider:
        return _any_llm(endpoint)
    client = client or open_client(endpoint)
    kind = OpenAIResponsesModel if endpoint.entry.api == "responses" else OpenAIChatCompletionsModel
    return kind(endpoint.entry.model, client)


def _any_llm(endpoint: Endpoint) -> Model:
    try:
        from agents.extensions.models.any_llm_model import AnyLLMModel
    except ImportError:
        what = f"the provider {endpoint.entry.provider!r} is reached through any-llm, which is not installed"
        mend = 'pip install "dataset-agent[providers]"'
        raise InputError.at(f"model {endpoint.name!r}", what, mend) from None
    return AnyLLMModel(
        model=f"{endpoint.entry.provider}/{endpoint.entry.model}",
        api_key=endpoint.api_key or None,
        base_url=endpoint.entry.base_url,
    )


def settings_of(entry: ModelEntry, **more: Any) -> ModelSettings:
    """The SDK's settings for the `options` of an entry; those it does not know are sent as they are.

    The responses API is told to store nothing, unless the options say otherwise.
    """
    options = {**({"store": False} if entry.api == "responses" else {}), **entry.options}
    known = {name: options[name] for name in ("temperature", "top_p", "max_tokens", "store") if name in options}
    extra = {name: value for name, value in options.items() if name not in known}
    return ModelSettings(extra_body=extra or None, **known, **more)


class ThreadModel(Model):
    """A model whose calls are those of one thread: limited, retried, paid and kept by its caller."""

    def __init__(self, inner: Model, thread: Thread, tokens_offered: int, tokens_out: int) -> None:
        """`tokens_offered` is what the tools take of each question, `tokens_out` what an answer may take."""
        self._inner, self._thread = inner, thread
        self._tokens_offered, self._tokens_out = tokens_offered, tokens_out
        self._call_ids = set[str]()

    async def get_response(
        self, system_instructions: str | None, input: Any, *args: Any, **kwargs: Any
    ) -> ModelResponse:
        """See the SDK's `Model`."""

        async def send() -> Reply:
            try:
                return _reply(await self._inner.get_response(system_instructions, input, *args, **kwargs))
            except ModelBehaviorError as error:
                return _without_answer(error, spent, self._tokens_out)
            except (AttributeError, KeyError, IndexError, TypeError) as error:  # a page of a proxy, say
                raise ValueError(f"the answer cannot be read: {error}") from error

        spent = tokens_in((system_instructions or "") + str(input)) + self._tokens_offered
        answer = await self._thread.call(send, spent, self._tokens_out)
        items = orjson.loads(answer)
        self._tell_apart([item for item in items if item.get("type") == "function_call"])
        return ModelResponse(_OUTPUT.validate_python(items), Usage(requests=1), None)

    def _tell_apart(self, calls: list[dict[str, Any]]) -> None:
        """Give calls of tools an id of their own where a server names them all alike: the SDK would drop them."""
        for number, call in enumerate(calls):
            if not call.get("call_id") or call["call_id"] in self._call_ids:
                call["call_id"] = hashlib.sha256(f"{self._thread.key} {number}".encode()).hexdigest()[:9]
            self._call_ids.add(call["call_id"])

    def stream_response(self, *args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        """Workers don't stream."""
        raise NotImplementedError("workers don't stream")


def _without_answer(error: ModelBehaviorError, tokens_in: int, tokens_out: int) -> Reply:
    """An answer that was cut off before it said anything, by what it may have taken: the SDK keeps that to itself.

    Raises ValueError where an error of the endpoint came in the place of an answer.
    """
    if "length" in str(error) or "incomplete" in str(error):
        return Reply(b"[]", "truncated", tokens_in, 0, tokens_out)
    raise ValueError(str(error)) from error


def _reply(response: ModelResponse) -> Reply:
    items = [item.model_dump(mode="json", exclude_unset=True) for item in response.output]
    texts = [part.get("type") for item in items for part in item.get("content") or []]
    is_refusal = "refusal" in texts and not any(item.get("type") == "function_call" for item in items)
    usage = response.usage
    return Reply(
        orjson.dumps(items),
        "refused" if is_refusal else "answered" if items else "empty",
        usage.input_tokens,
        usage.input_tokens_details.cached_tokens,
        usage.output_tokens,
    )


class _Answer(AgentOutputSchemaBase):
    """The form of an answer, for providers that can keep to one; what comes is read by the gate, not here."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self._schema = schema

    def is_plain_text(self) -> bool:
        return False

    def name(self) -> str:
        return "answer"

    def json_schema(self) -> dict[str, Any]:
        return self._schema

    def is_strict_json_schema(self) -> bool:
        return False

    def validate_json(self, json_str: str) -> Any:
        return json_str


class SdkChat:
    """`endpoints.chat.Chat` through a model of the SDK, for providers with an API of their own."""

    def __init__(self, model: Model, entry: ModelEntry) -> None:
        self._model, self._settings = model, settings_of(entry)

    async def send(self, messages: Messages, schema: dict[str, Any] | None) -> Reply:
        """See `endpoints.chat.Chat`."""
        response = await self._model.get_response(
            system_instructions=messages[0]["content"],
            input=[dict(message) for message in messages[1:]],  # type: ignore[misc]
            model_settings=self._settings,
            tools=[],
            output_schema=None if schema is None else _Answer(schema),
            handoffs=[],
            tracing=ModelTracing.DISABLED,
            previous_response_id=None,
            conversation_id=None,
            prompt=None,
        )
        items = [item.model_dump(mode="json") for item in response.output]
        text = "".join(part.get("text") or "" for item in items for part in item.get("content") or [])
        usage = response.usage
        cached = usage.input_tokens_details.cached_tokens
        outcome = "answered" if text.strip() else "empty"
        return chat_reply(text, outcome, usage.input_tokens, cached, usage.output_tokens)  # type: ignore[arg-type]
