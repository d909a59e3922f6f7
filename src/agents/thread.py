"""One batch's conversation with a model, as the ledger sees it: which call comes next, and the key it is found by."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from ..endpoints.caller import BYTES_A_TOKEN, Ask, Caller, Reply


def tokens_in(text: str) -> int:
    """An upper estimate of the tokens of a text."""
    return len(text.encode()) // BYTES_A_TOKEN + 8


@dataclass(slots=True)
class Thread:
    """The calls of one conversation.

    The key of a call is made of what was asked first and of all the model has said since: what the gate answered
    depends on the other batches, and an answer that was paid for stays worth having.
    """

    caller: Caller
    role: str
    prompt_sha256: str
    key: str
    batch: int | None = None
    turn: int = 0

    @classmethod
    def begin(cls, caller: Caller, role: str, prompt_sha256: str, asked: bytes, batch: int | None = None) -> Thread:
        """A new conversation that begins with what is asked, as bytes."""
        entry = caller.endpoint.entry
        digest = hashlib.sha256(f"{caller.endpoint.name}\n{entry.model}\n{sorted(entry.options.items())}\n".encode())
        digest.update(asked)
        return cls(caller, role, prompt_sha256, digest.hexdigest(), batch)

    async def call(self, send: Callable[[], Awaitable[Reply]], tokens_in: int, tokens_out: int) -> bytes:
        """The next answer; `send` sends it once. See `Caller.call`."""
        ask = Ask(self.role, self.key, self.prompt_sha256, tokens_in, tokens_out, self.batch, self.turn)
        answer = await self.caller.call(ask, send)
        self.key = hashlib.sha256(self.key.encode() + answer).hexdigest()
        self.turn += 1
        return answer
