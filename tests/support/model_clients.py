"""Clients of the model server: the one the product uses, and plain HTTP."""

import json
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from model_server import ModelServer
from openai import AsyncOpenAI, DefaultAioHttpClient
from openai.types.chat import ChatCompletion

HI: list[Any] = [{"role": "system", "content": "Be brief, be kind."}, {"role": "user", "content": "Hi"}]


@asynccontextmanager
async def client_of(server: ModelServer, **options: Any) -> AsyncIterator[AsyncOpenAI]:
    """The client with the transport of the product, with the server's key and no retries unless told otherwise."""
    env = server.env
    given = {"base_url": env["OPENAI_BASE_URL"], "api_key": env["OPENAI_API_KEY"], "max_retries": 0}
    async with AsyncOpenAI(**{**given, "http_client": DefaultAioHttpClient(), **options}) as client:
        yield client


async def chat(server: ModelServer, **options: Any) -> ChatCompletion:
    """One answer, through a client of its own."""
    async with client_of(server, **options) as client:
        return await client.chat.completions.create(model="m", messages=HI)


def get(server: ModelServer, path: str) -> tuple[int, str]:
    """The status and the body of any path."""
    try:
        with urllib.request.urlopen(server.root_url + path) as reply:
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def post(server: ModelServer, path: str, body: dict[str, Any]) -> str:
    """The body of the answer to a model call."""
    given = urllib.request.Request(server.base_url + path, json.dumps(body).encode(), method="POST")
    with urllib.request.urlopen(given) as reply:
        text: str = reply.read().decode()
    return text
