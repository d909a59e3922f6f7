"""The models of a run, opened: clients, callers, and what writes with them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

from ..agents.generator import DirectWriter, Mode
from ..agents.station import Station
from ..endpoints.budget import Purse
from ..endpoints.caller import Caller, CallLog
from ..endpoints.chat import Chat
from ..endpoints.entries import Endpoint
from ..endpoints.pace import Pace
from ..endpoints.watch import watch
from ..engine.agent_line import Seat, Writer
from ..plan import Generation

Specialists = Callable[[Station, Mapping[str, Station]], Mapping[str, Writer]]
"""Gives the writers of one model, by category; all models are there to be asked."""


@asynccontextmanager
async def open_seats(
    endpoints: Mapping[str, Endpoint],
    generation: Generation,
    purse: Purse,
    log: CallLog,
    learned: Mapping[str, tuple[int, int]],
    *,
    say: Callable[[str], None],
    is_stopping: Callable[[], bool],
    generated: Collection[str],
    specialists: Specialists,
) -> AsyncIterator[dict[str, Seat]]:
    """A seat for each endpoint, by its name. `learned` is the pace of earlier runs.

    `generated` are the categories of the generation worker; `specialists` gives the writers of the others.
    """
    async with AsyncExitStack() as stack:
        stations: dict[str, Station] = {}
        for name, endpoint in endpoints.items():
            pace = Pace(endpoint.entry, generation, learned.get(name))
            caller = Caller(
                endpoint,
                pace,
                purse,
                log,
                max_outage_s=generation.max_outage_s,
                say=say,
                is_stopping=is_stopping,
            )
            stations[name] = Station(name, caller, await _chat(stack, endpoint))
            await stack.enter_async_context(_watched(endpoint, pace))
        seats = {}
        for name, station in stations.items():
            writers = dict(specialists(station, stations))
            if generated:
                writers |= dict.fromkeys(generated, await _writer(stack, station, generation))
            seats[name] = Seat(station.caller, writers)
        yield seats


@asynccontextmanager
async def _watched(endpoint: Endpoint, pace: Pace) -> AsyncIterator[None]:
    watching = asyncio.create_task(watch(endpoint, pace.window))
    try:
        yield
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


def mode_of(endpoint: Endpoint, generation: Generation) -> Mode:
    """How a model's workers hand in their records: as the plan says, else by what its entry says it can."""
    if generation.mode != "auto":
        return generation.mode
    return "tools" if endpoint.can("tools") else "direct"


async def _chat(stack: AsyncExitStack, endpoint: Endpoint) -> Chat:
    if endpoint.entry.provider:
        from ..agents.sdk_models import SdkChat, sdk_model

        return SdkChat(sdk_model(endpoint), endpoint.entry)
    from ..endpoints.chat import OpenAIChat, open_client

    return OpenAIChat(endpoint, await stack.enter_async_context(open_client(endpoint)))


async def _writer(stack: AsyncExitStack, station: Station, generation: Generation) -> Writer:
    caller, endpoint = station.caller, station.caller.endpoint
    if mode_of(endpoint, generation) == "direct":
        return DirectWriter(caller, station.chat)
    from ..agents.sdk_models import sdk_model
    from ..agents.toolbox import ToolWriter

    client = None
    if not endpoint.entry.provider:
        from ..endpoints.chat import open_client

        client = await stack.enter_async_context(open_client(endpoint))
    return ToolWriter(caller, sdk_model(endpoint, client))
