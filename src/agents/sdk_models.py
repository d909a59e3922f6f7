"""The SDK's models behind our endpoints, and the wrapper by which every call of a worker goes through its caller."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import agents
import orjson
from agents import ModelResponse, ModelSettings, Usage
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
        api_key=endpoint.api_key,
        base_url=endpoint.entry.base_url,
    )


class ThreadModel(Model):
    """A model whose calls are those of one thread: limited, retried, paid and kept by its caller."""

    def __init__(self, inner: Model, thread: Thread, tokens_out: int) -> None:
        self._inner, self._thread, self._tokens_out = inner, thread, tokens_out

    async def get_response(
        self, system_instructions: str | None, input: Any, *args: Any, **kwargs: Any
    ) -> ModelResponse:
        """See the SDK's `Model`."""

        async def send() -> Reply:
            response = await self._inner.get_response(system_instructions, input, *args, **kwargs)
            return _reply(response)

        spent = tokens_in((system_instructions or "") + str(input))
        answer = await self._thread.call(send, spent, self._tokens_out)
        return ModelResponse(_OUTPUT.validate_python(orjson.loads(answer)), Usage(requests=1), None)

    def stream_response(self, *args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        """Workers don't stream."""
        raise NotImplementedError("workers don't stream")


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


class SdkChat:
    """`endpoints.chat.Chat` through a model of the SDK, for providers with an API of their own."""

    def __init__(self, model: Model) -> None:
        self._model = model

    async def send(self, messages: Messages, schema: dict[str, Any] | None) -> Reply:
        """See `endpoints.chat.Chat`."""
        response = await self._model.get_response(
            system_instructions=messages[0]["content"],
            input=[dict(message) for message in messages[1:]],  # type: ignore[misc]
            model_settings=ModelSettings(),
            tools=[],
            output_schema=None,
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
