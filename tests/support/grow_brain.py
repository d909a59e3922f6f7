"""A model that says templates in other words: it puts openings of its own before them."""

import json
from dataclasses import dataclass, field
from typing import Any

from model_answers import Answer, Request, Text

OPENINGS = [
    "Quick question from a new customer:",
    "Could somebody on your team please look into this matter:",
    "My colleague in the office asked me today:",
    "Something I have been wondering for quite a while:",
    "Sorry to bother you again so late:",
    "Hello everybody over there, hope all is well:",
    "For the weekly report of our department, please help:",
    "Here is what I would love to hear from you:",
    "Urgent, as the taxi waits outside already:",
    "Before lunch ends, be so kind and tell us:",
    "A friend of my mother wants to find out:",
    "Dear support people, another small request arrives:",
]


def data_of(request: Request) -> dict[str, Any]:
    """The data in a request of the template writer or the paraphraser."""
    block = request.messages[-1].text.partition("```json\n")[2].partition("\n```")[0]
    data: dict[str, Any] = json.loads(block)
    return data


def variations(*texts: dict[str, str]) -> Text:
    """An answer with these variations."""
    return Text(json.dumps({"variations": texts}))


@dataclass(slots=True)
class GrowBrain:
    """Writes as many variations as are wanted. `seen`: the data of every request."""

    seen: list[dict[str, Any]] = field(default_factory=list)

    def __call__(self, request: Request) -> Answer:
        data = data_of(request)
        self.seen.append(data)
        begin = len(data["written"]) + len(data.get("refused", []))
        openings = [OPENINGS[(begin + number) % len(OPENINGS)] for number in range(data["wanted"])]
        return variations(
            *({name: f"{opening} {text['text']}" for name, text in data["texts"].items()} for opening in openings)
        )
