"""Models that read: they answer from what stands in the request, as truthfully as a test lets them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping

from model_answers import Answer, Brain, Request, Text

_DATA = re.compile(r"<data>\n?(.*?)\n?</data>", re.DOTALL)
_SUBJECT = re.compile(r"^(?:- )?(?:drug|subject): ([^;\n]+);", re.MULTILINE)


def told(request: Request) -> str:
    """All that the user says, one message after the other."""
    return "\n".join(message.text for message in request.messages if message.role == "user")


def extracting(most: int = 10**6) -> Brain:
    """Names the subjects of the rows that it is shown, the first `most` of them."""

    def answer(request: Request) -> Answer:
        text = told(request)
        try:
            text = "\n".join(json.loads(part) if part.startswith('"') else part for part in _DATA.findall(text))
        except json.JSONDecodeError:
            pass
        return Text(json.dumps({"subjects": [name.strip() for name in _SUBJECT.findall(text)][:most]}))

    return answer


def labelling(codes_of: Callable[[str, str], list[str]]) -> Brain:
    """Gives the codes that a test says, of a model's name and a text."""

    def answer(request: Request) -> Answer:
        found = []
        for part in _DATA.findall(told(request)):
            for line in part.splitlines():
                entry = _entry(line)
                if entry:
                    found.append({"n": entry["n"], "codes": codes_of(request.model, str(entry["text"]))})
        return Text(json.dumps({"labels": found}))

    return answer


def _entry(line: str) -> Mapping[str, object] | None:
    try:
        entry = json.loads(line)
    except json.JSONDecodeError:
        return None
    return entry if isinstance(entry, dict) and {"n", "text"} <= entry.keys() else None
