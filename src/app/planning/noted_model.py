"""A model whose calls are put down."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import openai
from agents import ModelResponse, ModelSettings
from agents.models.interface import Model

from .notes import Notes


class NotedModel(Model):
    """The model of a conversation: it answers as the inner one does, and `notes` hears of each call.

    Where answers are streamed over chat completions, endpoints say what tokens an answer took only if they are asked
    to, and some refuse to be asked; those are asked once.
    """

    def __init__(self, inner: Model, notes: Notes) -> None:
        self._inner, self._notes = inner, notes
        entry = notes.endpoint.entry
        self._asks_for_usage = not entry.provider and entry.api == "chat"

    async def close(self) -> None:
        """See the SDK's `Model`."""
        await self._inner.close()

    def get_retry_advice(self, request: Any) -> Any:
        """See the SDK's `Model`."""
        return self._inner.get_retry_advice(request)

    async def get_response(
        self, system_instructions: str | None, input: Any, *args: Any, **kwargs: Any
    ) -> ModelResponse:
        """See the SDK's `Model`."""
        start_ns, new = time.time_ns(), self._notes.begin(input)
        try:
            answer = await self._inner.get_response(system_instructions, input, *args, **kwargs)
        except BaseException as error:
            self._notes.call(start_ns, new, None, error)
            raise
        self._notes.call(start_ns, new, answer, None)
        return answer

    async def stream_response(
        self, system_instructions: str | None, input: Any, model_settings: ModelSettings, *args: Any, **kwargs: Any
    ) -> AsyncIterator[Any]:
        """See the SDK's `Model`."""
        start_ns, new = time.time_ns(), self._notes.begin(input)
        answer: Any = None
        failure: BaseException | None = None
        try:
            async for event in self._streamed(model_settings, system_instructions, input, *args, **kwargs):
                answer = getattr(event, "response", None) or answer
                yield event
        except BaseException as error:
            failure = error
            raise
        finally:
            self._notes.call(start_ns, new, answer, failure)

    async def _streamed(
        self, settings: ModelSettings, instructions: str | None, given: Any, *args: Any, **kwargs: Any
    ) -> AsyncIterator[Any]:
        if self._asks_for_usage:
            asking = replace(settings, include_usage=True)
            try:
                async for event in self._inner.stream_response(instructions, given, asking, *args, **kwargs):
                    yield event
            except openai.APIStatusError as error:
                if "stream_options" not in str(error):
                    raise
                self._asks_for_usage = False
            else:
                return
        async for event in self._inner.stream_response(instructions, given, settings, *args, **kwargs):
            yield event
