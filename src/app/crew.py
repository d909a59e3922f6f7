"""The models of a run, opened: clients, callers, and what writes with them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

from ..agents.generator import DirectWriter, Mode
from ..endpoints.budget import Purse
from ..endpoints.caller import Caller, CallLog
from ..endpoints.entries import Endpoint
from ..endpoints.pace import Pace
from ..endpoints.watch import watch
from ..engine.agent_line import Seat, Writer
from ..plan import Generation


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
) -> AsyncIterator[dict[str, Seat]]:
    """A seat for each endpoint, by its name. `learned` is the pace of earlier runs."""
    async with AsyncExitStack() as stack:
        seats: dict[str, Seat] = {}
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
            seats[name] = Seat(caller, await _writer(stack, caller, mode_of(endpoint, generation)))
            await stack.enter_async_context(_watched(endpoint, pace))
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


async def _writer(stack: AsyncExitStack, caller: Caller, mode: Mode) -> Writer:
    endpoint = caller.endpoint
    if mode == "direct" and not endpoint.entry.provider:
        from ..endpoints.chat import OpenAIChat, open_client

        return DirectWriter(caller, OpenAIChat(endpoint, await stack.enter_async_context(open_client(endpoint))))
    from ..agents.sdk_models import SdkChat, sdk_model
    from ..agents.toolbox import ToolWriter

    client = None
    if not endpoint.entry.provider:
        from ..endpoints.chat import open_client

        client = await stack.enter_async_context(open_client(endpoint))
    model = sdk_model(endpoint, client)
    return DirectWriter(caller, SdkChat(model, endpoint.entry)) if mode == "direct" else ToolWriter(caller, model)
