"""Answers as replies of HTTP, in the form of the API that was asked."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from model_answers import Answer, Error, Request, Wrapper, error_bytes
from model_chat_bodies import Said, Usage, chunks, completion, said_by
from model_responses_bodies import events, response
from model_wire import Reply, event_stream, plain_reply

JSON = "application/json"


def error_reply(error: Error, request: Request) -> Reply:
    kind, body = error_bytes(error)
    return plain_reply(error.status, kind, body, {**_fields(request), **error.headers})


@dataclass(slots=True)
class Replies:
    """Makes replies, and counts their tokens: a quarter of the bytes or characters.

    Cached is a first message that was seen before, as prefixes are where prompts are cached.
    """

    _seen: set[str] = field(default_factory=set)

    def __call__(self, request: Request, answer: Answer, reports_usage: bool) -> Reply:
        """The whole reply to a model call."""
        if isinstance(answer, Wrapper):
            raise TypeError(f"{answer!r} can't be cut short, it is no whole answer")
        if isinstance(answer, Error):
            return error_reply(answer, request)
        said = said_by(answer)
        usage = self._usage(request, said) if reports_usage else None
        if not request.is_stream:
            body = (completion if request.is_chat else response)(request, said, usage)
            return plain_reply(200, JSON, json.dumps(body).encode(), _fields(request))
        if request.is_chat:
            stream = [f"data: {data}\n\n" for data in chunks(request, said, usage)]
        else:
            stream = [f"event: {name}\ndata: {data}\n\n" for name, data in events(request, said, usage)]
        return event_stream(stream, _fields(request))

    def _usage(self, request: Request, said: Said) -> Usage:
        first = request.messages[0].text if request.messages else ""
        cached = len(first) // 4 if first in self._seen else 0
        self._seen.add(first)
        return Usage(len(request.raw) // 4, cached, said.written)


def _fields(request: Request) -> dict[str, str]:
    return {"x-request-id": f"req_{request.number}"}
