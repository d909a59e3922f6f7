"""Which of the named models can be reached."""

from __future__ import annotations

import asyncio
from typing import Any

from ..endpoints.entries import Catalogue, Endpoint
from ..errors import InputError
from ..settings import Settings

PATIENCE_S = 3.0


def models_found(settings: Settings) -> list[dict[str, Any]]:
    """The models of `models.toml` and of the environment: name, model, endpoint, and whether it answers.

    `state` is `answers`, `answers without this model`, what went wrong, or `not asked` for providers that any-llm
    reaches. Raises InputError where `models.toml` cannot be used.
    """
    catalogue = Catalogue.read(None, settings)
    names = list(dict.fromkeys([*([settings.model] if settings.model else []), *catalogue.file]))
    return asyncio.run(_all(catalogue, names)) if names else []


async def _all(catalogue: Catalogue, names: list[str]) -> list[dict[str, Any]]:
    return list(await asyncio.gather(*(_one(catalogue, name) for name in names)))


async def _one(catalogue: Catalogue, name: str) -> dict[str, Any]:
    try:
        endpoint = catalogue.endpoint(name)
    except InputError as error:
        return {"name": name, "model": None, "endpoint": None, "state": error.problems[0].what}
    told = {"name": name, "model": endpoint.entry.model, "endpoint": endpoint.root}
    return told | {"state": await _state(endpoint)}


async def _state(endpoint: Endpoint) -> str:
    if endpoint.entry.provider:
        return "not asked"
    from ..endpoints.chat import open_client
    from ..endpoints.faults import fault_of

    async with open_client(endpoint) as client:
        try:
            async with asyncio.timeout(PATIENCE_S):
                listed = [model.id async for model in client.models.list()]
        except Exception as error:  # `fault_of` raises what is no fault of the endpoint
            return fault_of(error, endpoint).told
    return "answers" if endpoint.entry.model in listed else "answers without this model"
