"""A model on loopback that lists the same names in any chunk: `python -m benchmarks.extraction_model LATENCY_MS`.

It prints its port.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from .endpoint import Endpoint

LISTED = 10
"""The names in an answer."""


class Model(Endpoint):
    """One connection to a model that lists names."""

    def _answer(self, body: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(_ANSWER)


def _written() -> bytes:
    text = json.dumps({"subjects": [f"drug{number:06}" for number in range(LISTED)]})
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
    usage = {"prompt_tokens": 1400, "completion_tokens": 80, "total_tokens": 1480}
    answer = {"id": "x", "object": "chat.completion", "created": 0, "model": "bench", "choices": [choice]}
    body = json.dumps({**answer, "usage": usage}).encode()
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


_ANSWER = _written()


@contextmanager
def model(latency_ms: float) -> Iterator[str]:
    """A fresh model in a process of its own; its base URL."""
    command = [sys.executable, "-m", "benchmarks.extraction_model", str(latency_ms)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}/v1"
        finally:
            process.terminate()


async def _serve(latency_s: float) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: Model(latency_s), "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(float(sys.argv[1]) / 1000))
