"""Evidence packed into what one call reads, and long texts cut where it hurts least."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .base import Piece

__all__ = ["SEPARATOR", "Chunk", "Piece", "chunks", "passages"]

SEPARATOR = "\n"
"""What stands between two pieces of a chunk."""

_PARAGRAPH = re.compile(r"\n[^\S\n]*\n\s*")
_SENTENCE = re.compile(  # with closing quotes and brackets; East Asian stops need no blank behind
    r"[.!?\u2026][\"'\u2019\u201d\xbb)\]]*\s+|[\u3002\uff01\uff1f]+[\u201d\u300d\u300f\uff09]*\s*|\n\s*"
)
_WORD = re.compile(r"\s+")

_BREAKS = ((_PARAGRAPH, 0.5), (_SENTENCE, 0.0), (_WORD, 0.0))
"""Where a part may end, and how full it must be for that: a paragraph may be short."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Pieces, or parts of them, that one call reads, in their order."""

    pieces: tuple[Piece, ...]

    @property
    def text(self) -> str:
        """What is read."""
        return SEPARATOR.join(piece.text for piece in self.pieces)

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of the pieces, each once."""
        return tuple(dict.fromkeys(piece.id for piece in self.pieces))


def chunks(texts: Sequence[Piece], limit: int) -> list[Chunk]:
    """The pieces in chunks of at most `limit` characters, in their order.

    Only a piece that is longer than a chunk is cut, see `passages`: nothing is lost, nothing comes twice. Blank pieces
    are left out. Raises ValueError for a limit under 1.
    """
    packed: list[Chunk] = []
    open_parts: list[Piece] = []
    length = 0
    for part in _parts(texts, limit):
        cost = len(part.text) + (len(SEPARATOR) if open_parts else 0)
        if open_parts and length + cost > limit:
            packed.append(Chunk(tuple(open_parts)))
            open_parts, length, cost = [], 0, len(part.text)
        open_parts.append(part)
        length += cost
    return [*packed, Chunk(tuple(open_parts))] if open_parts else packed


def passages(text: str, length: int) -> list[str]:
    """A text in passages of at most `length` characters, which joined are the text: none overlap.

    A passage ends with a paragraph where that makes it half full or more, else with a sentence, else with a word, else
    in the middle of one; the blanks behind belong to it. Raises ValueError for a length under 1.
    """
    if length < 1:
        raise ValueError(f"passages of {length} characters hold nothing")
    cut, start = [], 0
    while len(text) - start > length:
        end = _end(text, start, length)
        cut.append(text[start:end])
        start = end
    return [*cut, text[start:]] if start < len(text) else cut


def _parts(texts: Sequence[Piece], limit: int) -> Iterator[Piece]:
    for piece in texts:
        if piece.text.strip():
            for part in passages(piece.text, limit):
                yield Piece(piece.id, part)


def _end(text: str, start: int, length: int) -> int:
    """Where a passage from `start` ends, at most `length` characters on."""
    stop = start + length
    for pattern, fullness in _BREAKS:
        last = max((found.end() for found in pattern.finditer(text, start, stop)), default=start)
        if last > start and last - start >= fullness * length:
            return last
    return stop
