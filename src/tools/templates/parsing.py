"""What a text in a template says: literals, `{slot}` references and `{this|or that}` variations."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ...errors import PlanError

_TOKEN = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")


@dataclass(frozen=True, slots=True)
class Reference:
    """`{name}` or `{name:spec}`; `name` is a slot, or a slot and a column."""

    name: str
    spec: str | None

    def __str__(self) -> str:
        return f"{{{self.name}}}" if self.spec is None else f"{{{self.name}:{self.spec}}}"


@dataclass(frozen=True, slots=True)
class Variation:
    """`{this|or that}`: one of these texts, which are different."""

    texts: tuple[str, ...]


Piece = str | Reference | Variation


def parse_text(text: str, where: str) -> list[Piece]:
    """The pieces of a text, in its order; `{{` and `}}` are literal braces. Raises PlanError for unbalanced ones."""
    pieces: list[Piece] = []
    literal, end = "", 0
    for token in _TOKEN.finditer(text):
        literal, end = literal + text[end : token.start()], token.end()
        if token[0] in ("{{", "}}"):
            literal += token[0][0]
            continue
        if token[1] is None:
            what = f"the {token[0]!r} before {text[end : end + 20]!r} has no counterpart"
            raise PlanError.at(where, what, "close it, or double it for a literal brace")
        pieces += [literal, _slot(token[1])]
        literal = ""
    return [piece for piece in [*pieces, literal + text[end:]] if piece != ""]


def _slot(inside: str) -> Reference | Variation:
    if "|" in inside:
        return Variation(tuple(dict.fromkeys(inside.split("|"))))
    name, colon, spec = inside.partition(":")
    return Reference(name.strip(), spec if colon else None)
