"""A model as a specialist reaches it: under which name, through which caller, and how messages are put to it."""

from __future__ import annotations

from dataclasses import dataclass

from ..endpoints.caller import Caller
from ..endpoints.chat import Chat


@dataclass(frozen=True, slots=True)
class Station:
    """One model. name: as the plan calls it. caller: the way of its calls. chat: what sends messages to it."""

    name: str
    caller: Caller
    chat: Chat
