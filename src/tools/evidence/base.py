"""What a model reads to answer a question: pieces of text, and where they are fetched from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Piece:
    """A row's text or a passage of a document.

    `id` says where it stands: the row's number in its table, from 0, and for a passage its number within the row's text
    ("12.3"). Parts of a piece that is cut have the piece's id.
    """

    id: str
    text: str


class EvidenceStore(Protocol):
    """Where evidence is fetched, one object at a time; may be called from several threads, and may take its time."""

    def pieces(self, object: str, query: str) -> list[Piece]:
        """The evidence on an object, always the same and in the same order; none where there is none.

        Raises SourceError where a server that holds it does not serve.
        """
        ...

    def close(self) -> None:
        """Gives back what it holds; it is asked no more."""
        ...
