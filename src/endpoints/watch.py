"""A server's own word on its load: vLLM's `/metrics`, where an endpoint has it."""

from __future__ import annotations

import asyncio
import re

import aiohttp

from .entries import OPENAI_URL, Endpoint
from .window import Window

EVERY_S = 1.0
_LIMIT_S = 5.0

_GAUGE = re.compile(
    r"^vllm:(num_requests_waiting|kv_cache_usage_perc|gpu_cache_usage_perc)(?:\{[^}]*\})?\s+(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)\b",
    re.MULTILINE,
)


def load_of(metrics: str) -> tuple[float, float] | None:
    """The requests in a vLLM server's queue and the share of its KV cache in use; None where neither is told.

    Several engines behind one address: the queues add up, of the caches the fullest counts.
    """
    found = [(name, float(value)) for name, value in _GAUGE.findall(metrics)]
    if not found:
        return None
    waiting = sum(value for name, value in found if name == "num_requests_waiting")
    return waiting, max((value for name, value in found if name != "num_requests_waiting"), default=0.0)


async def watch(endpoint: Endpoint, window: Window) -> None:
    """Tell a window its server's load, until cancelled; ends by itself where the server has no such figures."""
    if endpoint.entry.provider or endpoint.base_url.startswith(OPENAI_URL):
        return
    address = endpoint.base_url.removesuffix("/v1") + "/metrics"
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_LIMIT_S)) as session:
        while True:
            try:
                async with session.get(address) as response:
                    load = load_of(await response.text()) if response.status == 200 else None
            except (aiohttp.ClientError, TimeoutError, UnicodeDecodeError):
                await asyncio.sleep(EVERY_S)  # down, perhaps; calls find out
                continue
            if load is None:
                return
            window.load(*load)
            await asyncio.sleep(EVERY_S)
