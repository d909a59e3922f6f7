"""A model to ask outside of runs: for roles that help with a plan, and don't write records."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import orjson

from ..agents.thread import Thread, tokens_in
from ..endpoints.budget import Purse
from ..endpoints.caller import Caller
from ..endpoints.chat import Chat, Messages, OpenAIChat, open_client, text_of
from ..endpoints.complete import Complete
from ..endpoints.entries import Endpoint, endpoint_for
from ..endpoints.pace import Pace
from ..errors import EndpointError, InputError
from ..plan import Budget, Generation, Plan
from ..records import Call, Json, Usage
from ..settings import Settings

TOKENS_OUT = 4_000
"""What an answer may take, for the budget's sake."""


class CallTally:
    """See `endpoints.caller.CallLog`: keeps sums alone, where no dataset keeps the calls themselves."""

    def __init__(self) -> None:
        self.usage = Usage()

    def paid(self, batch: int | None, key: str) -> bytes | None:
        """Nothing is known of earlier calls."""
        return None

    async def note(self, call: Call) -> None:
        """Add to the sums; calls without an answer count for nothing."""
        if call.answer is not None:
            had = self.usage
            self.usage = Usage(
                had.calls + 1,
                had.tokens_in + call.tokens_in,
                had.tokens_cached + call.tokens_cached,
                had.tokens_out + call.tokens_out,
                had.cost_usd + call.cost_usd,
            )


class _Completion:
    """See `endpoints.complete.Complete`."""

    def __init__(self, caller: Caller, chat: Chat) -> None:
        self._caller, self._chat = caller, chat

    async def __call__(self, system: str, user: str, schema: dict[str, Any], *, role: str) -> Json:
        """One structured answer."""
        if not self._caller.endpoint.can("json_schema"):
            user += f"\n\nAnswer with JSON alone, by this JSON Schema:\n{orjson.dumps(schema).decode()}"
        messages: Messages = [{"role": "system", "content": system}, {"role": "user", "content": user}]
        thread = Thread.begin(self._caller, role, "", orjson.dumps([messages, schema]))
        answer = await thread.call(lambda: self._chat.send(messages, schema), tokens_in(system + user), TOKENS_OUT)
        text = text_of(answer)
        if orjson.loads(answer)["outcome"] == "truncated":  # half a sentence may look whole
            raise EndpointError(f"{self._caller.endpoint.root} cut its answer off")
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            return _repaired(text, self._caller.endpoint)


def _repaired(text: str, endpoint: Endpoint) -> Json:
    from json_repair import repair_json

    value = repair_json(text, return_objects=True)
    if value in ("", [], {}):
        raise EndpointError(f"{endpoint.root} answered with no JSON: {text[:200]!r}")
    return value


@asynccontextmanager
async def open_complete(
    plan: Plan | None,
    settings: Settings,
    model: str | None,
    *,
    say: Callable[[str], None],
    tally: CallTally | None = None,
) -> AsyncIterator[Complete]:
    """A model by its name, or the worker's model of the plan. Raises InputError where no model is set."""
    endpoint = endpoint_for(plan, settings, role="worker", name=model)
    if endpoint is None:
        mend = "name one: --model NAME, `models` in the plan, or models.toml"
        raise InputError.at("model", "none is set", mend)
    generation = plan.generation if plan else Generation()
    async with AsyncExitStack() as stack:
        chat: Chat
        if endpoint.entry.provider:
            from ..agents.sdk_models import SdkChat, sdk_model

            chat = SdkChat(sdk_model(endpoint), endpoint.entry)
        else:
            chat = OpenAIChat(endpoint, await stack.enter_async_context(open_client(endpoint)))
        caller = Caller(
            endpoint,
            Pace(endpoint.entry, generation),
            Purse(plan.budget if plan else Budget(), Usage()),
            tally or CallTally(),
            max_outage_s=generation.max_outage_s,
            say=say,
            is_stopping=lambda: False,
        )
        yield _Completion(caller, chat)
