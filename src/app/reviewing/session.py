"""The session: one record at a time, and what a person says of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ...state.reviews import Review, Verdict
from ..planning.terminal import Terminal
from .items import Item, Place
from .telling import item_lines

Keep = Callable[[Item, Verdict, str], Review]
"""Keeps a verdict for good, with its reason; gives it as it is kept."""

_KEYS: dict[str, str] = {
    "a": "a",
    "accept": "a",
    "r": "r",
    "reject": "r",
    "s": "s",
    "skip": "s",
    "b": "b",
    "back": "b",
    "q": "q",
    "quit": "q",
    "?": "?",
    "h": "?",
    "help": "?",
}
_VERDICTS: dict[str, Verdict] = {"a": "accept", "r": "reject", "s": "skip"}
_HELP = """\
a  accept: the record is right        r  reject: it is not; then say why, or write it behind: r wrong name
s  skip: no verdict                   b  back to the record before, to look again or to change the verdict
q  end; what was given is kept        Enter  on a record that has a verdict: keep it and go on"""
_ASKED = "accept, reject, skip, back, quit [a/r/s/b/q/?]: "


class _Answer(NamedTuple):
    key: str
    reason: str


@dataclass
class Session:
    """Goes through a sample. `reviews` are the verdicts so far, and are added to as they are given.

    `again` asks about records that have a verdict too.
    """

    sample: Sequence[Item]
    reviews: dict[Place, Review]
    keep: Keep
    terminal: Terminal
    again: bool = False

    def run(self) -> None:
        """Ask until the sample is through, or the person ends it. Raises KeyboardInterrupt; what was given is kept."""
        at = self._next(0)
        while at is not None:
            self._show(at)
            answer = self._ask(self.sample[at])
            if answer is None or answer.key == "q":
                return
            if answer.key == "b":
                if at == 0:
                    self.terminal.say("This is the first one.")
                at = max(0, at - 1)
                continue
            if answer.key:
                item = self.sample[at]
                self.reviews[item.place] = self.keep(item, _VERDICTS[answer.key], answer.reason)
            at = self._next(at + 1)

    def _next(self, start: int) -> int | None:
        """The next record to ask about."""
        for at in range(start, len(self.sample)):
            if self.again or self.sample[at].place not in self.reviews:
                return at
        return None

    def _show(self, at: int) -> None:
        item = self.sample[at]
        for line in item_lines(item, at + 1, len(self.sample), self.reviews.get(item.place)):
            self.terminal.show(line)

    def _ask(self, item: Item) -> _Answer | None:
        """What the person says of a record; the key is empty where a verdict stays. None at the end of the input."""
        while True:
            line = self.terminal.ask(_ASKED)
            if line is None:
                return None
            word, _, rest = line.partition(" ")
            key = _KEYS.get(word.lower(), "")
            if key == "?":
                self.terminal.say(_HELP)
            elif not line and item.place in self.reviews:
                return _Answer("", "")
            elif key == "r" and not rest.strip():
                # At the end of the input the verdict was given, and only the reason was not.
                return _Answer(key, self.terminal.ask("Why? ") or "")
            elif key and (not rest.strip() or key in _VERDICTS):
                return _Answer(key, rest.strip())
            else:
                self.terminal.say(f"{line!r:.40} is none of these: a, r, s, b, q, ?")


def open_places(sample: Sequence[Place], reviews: Mapping[Place, Review]) -> int:
    """How many records of a sample nobody looked at."""
    return sum(place not in reviews for place in sample)
