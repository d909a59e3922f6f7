"""A model endpoint on loopback that is nearly free: `python -m benchmarks.endpoint LATENCY_MS` prints its port.

It answers chat completions after the latency with as many records as the last message wants, by tool call or as text.
The records are random words, so that no two are alike.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import sys

_WANTED = re.compile(rb"(?:wanted: |remaining[^0-9]{1,6})(\d+)")
_WORDS = [f"{a}{b}{c}" for a in ("ba", "ke", "li", "mo", "nu", "ra", "se", "to") for b in ("d", "l", "n", "r", "s", "v")
          for c in ("an", "el", "ic", "on", "um", "y")]  # fmt: skip


class Endpoint(asyncio.Protocol):
    """One connection."""

    def __init__(self, latency_s: float) -> None:
        self._latency_s, self._buffer = latency_s, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer whole requests, later."""
        self._buffer += data
        head, blank, body = self._buffer.partition(b"\r\n\r\n")
        found = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
        size = int(found[1]) if found else 0
        if not blank or len(body) < size:
            return
        self._buffer = body[size:]
        if head.startswith(b"GET"):
            self._transport.write(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")
            return
        asyncio.get_running_loop().call_later(self._latency_s, self._answer, body[:size])

    def _answer(self, body: bytes) -> None:
        if self._transport.is_closing():
            return
        wanted = int(_WANTED.findall(body)[-1])
        text = json.dumps({"records": [_record() for _ in range(wanted)]})
        message: dict[str, object] = {"role": "assistant", "content": text}
        if b'"tools"' in body:
            call = {"id": "c", "type": "function", "function": {"name": "submit_records", "arguments": text}}
            message = {"role": "assistant", "content": None, "tool_calls": [call]}
        answer = json.dumps(
            {
                "id": "x",
                "object": "chat.completion",
                "created": 0,
                "model": "bench",
                "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
                "usage": {"prompt_tokens": len(body) // 4, "completion_tokens": len(text) // 4, "total_tokens": 0},
            }
        ).encode()
        head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(answer)}\r\n\r\n"
        self._transport.write(head.encode() + answer)


def _record() -> dict[str, object]:
    return {
        "title": " ".join(random.choices(_WORDS, k=4)),
        "note": " ".join(random.choices(_WORDS, k=12)),
        "stars": random.randint(1, 5),
    }


async def _serve(latency_s: float) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: Endpoint(latency_s), "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(float(sys.argv[1]) / 1000))
