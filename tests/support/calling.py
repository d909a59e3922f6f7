"""A caller with all it needs, before a model server."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from model_server import KEY, ModelServer

from dataset_agent.endpoints.budget import Purse
from dataset_agent.endpoints.caller import Ask, Caller, Reply
from dataset_agent.endpoints.chat import OpenAIChat, open_client, text_of
from dataset_agent.endpoints.entries import Endpoint
from dataset_agent.endpoints.pace import Pace
from dataset_agent.plan import Budget, Generation, ModelEntry
from dataset_agent.records import Call, Usage


@dataclass
class Notes:
    """A call log in memory. `known` are answers that were paid for, by batch and key."""

    calls: list[Call] = field(default_factory=list)
    known: dict[tuple[int | None, str], bytes] = field(default_factory=dict)

    def paid(self, batch: int | None, key: str) -> bytes | None:
        return self.known.pop((batch, key), None)

    async def note(self, call: Call) -> None:
        await asyncio.sleep(0)
        self.calls.append(call)

    @property
    def outcomes(self) -> list[str]:
        return [call.outcome for call in self.calls]


@dataclass
class Office:
    """Asks a model. `said` is what a person was told; `is_stopping` may be set."""

    caller: Caller
    chat: OpenAIChat
    notes: Notes
    said: list[str]
    is_stopping: bool = False
    _keys: itertools.count[int] = field(default_factory=itertools.count)

    async def ask(self, text: str = "Hi", **keys: Any) -> str:
        """The text of one answer."""
        ask = Ask(**{"role": "worker", "key": f"{next(self._keys):064x}", "prompt_sha256": "", "tokens_in": 100,
                     "tokens_out": 100, **keys})  # fmt: skip

        async def send() -> Reply:
            return await self.chat.send([{"role": "user", "content": text}], None)

        return text_of(await self.caller.call(ask, send))

    async def ask_many(self, count: int) -> list[str | BaseException]:
        """So many answers at once, or what kept them away."""
        return await asyncio.gather(*(self.ask() for _ in range(count)), return_exceptions=True)


def endpoint_of(server: ModelServer | str, **entry: Any) -> Endpoint:
    """The endpoint of a server, or of a base URL, with the server's key."""
    base_url = server if isinstance(server, str) else server.base_url
    return Endpoint("main", ModelEntry(model="test-model", **entry), base_url, KEY)


async def until(condition: Callable[[], object]) -> None:
    """Waits for something that another thread or task brings about."""
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.005)


@asynccontextmanager
async def office(
    server: ModelServer | str,
    *,
    generation: Generation | None = None,
    budget: Budget | None = None,
    max_outage_s: float = 600.0,
    notes: Notes | None = None,
    **entry: Any,
) -> AsyncIterator[Office]:
    """Open for as long as the block lasts; `entry` are keys of the model's entry."""
    endpoint, said = endpoint_of(server, **entry), list[str]()
    notes = notes or Notes()
    stops: Callable[[], bool] = lambda: opened.is_stopping  # noqa: E731
    async with open_client(endpoint) as client:
        caller = Caller(
            endpoint,
            Pace(endpoint.entry, generation or Generation()),
            Purse(budget or Budget(), Usage()),
            notes,
            max_outage_s=max_outage_s,
            say=said.append,
            is_stopping=stops,
        )
        opened = Office(caller, OpenAIChat(endpoint, client), notes, said)
        yield opened
