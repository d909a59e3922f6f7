"""Evidence by likeness: passages of documents whose meaning is near the question's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from ..diversity.embedder import Embedder
from ..diversity.embedding import Halves
from ..sources import Table
from .base import Piece
from .chunks import passages
from .embedded import embedded, key_of
from .tables import texts_of
from .vectors import Hit, VectorStore

StoreMaker = Callable[[str, int], VectorStore]
"""Opens a collection by its name and the dimensions of its vectors."""

_SPARE = 16
_PLACES = 6
"""Digits of a cosine that count: what differs beyond is the order of additions."""


class VectorEvidence:
    """The passages nearest to the question, in the order in which they stand in the documents."""

    def __init__(self, texts: Sequence[Piece], embedder: Embedder, make: StoreMaker, folder: Path, *, top: int) -> None:
        """Embeds the passages into a collection that is named after them and the embedder.

        A collection that holds them all is taken as it is. Embeddings are kept in `folder`, see `embedded`. top: how
        many passages a question gets. Raises SourceError and InputError as the store does.
        """
        self._texts, self._embedder, self._top = texts, embedder, top
        contents = [piece.text for piece in texts]
        name = key_of(contents, embedder)
        self._store = make(f"dataset-agent-{name}", embedder.dimensions)
        try:
            if self._store.count() != len(texts):
                self._fill(contents, folder / name)
        except BaseException:
            self._store.close()
            raise

    def pieces(self, object: str, query: str) -> list[Piece]:
        """The passages nearest to `query`; of equally near ones, those that stand first."""
        vector = self._embedder.embed([query])[0]
        if not vector.any():
            return []
        nearest = self._nearest(vector)
        return [self._texts[hit.id] for hit in sorted(nearest, key=lambda hit: hit.id)]

    def close(self) -> None:
        """Closes the store."""
        self._store.close()

    def _fill(self, contents: Sequence[str], folder: Path) -> None:
        start = 0
        for vectors in embedded(contents, self._embedder, folder):
            self._store.add(range(start, start + len(vectors)), vectors)
            start += len(vectors)
        self._store.finish(len(contents))

    def _nearest(self, vector: Halves) -> list[Hit]:
        """The nearest, equals by id: more are asked for until none beyond can equal the last."""
        asked = self._top + _SPARE
        while True:
            found = self._store.search(vector, min(asked, len(self._texts)))
            ranked = sorted((Hit(hit.id, round(hit.score, _PLACES)) for hit in found), key=lambda h: (-h.score, h.id))
            is_all = asked >= len(self._texts) or len(ranked) <= self._top
            if is_all or ranked[-1].score < ranked[self._top - 1].score:
                return ranked[: self._top]
            asked *= 2


def passages_of(table: Table, text: str, length: int, where: str) -> list[Piece]:
    """The passages of a table's documents, each of at most `length` characters; those without letter or digit left out.

    Raises SourceError, at `where`, for a column that the table lacks or that is empty.
    """
    found = []
    for row, document in enumerate(texts_of(table, text, where).to_pylist()):
        for number, passage in enumerate(passages(document or "", length)):
            if any(map(str.isalnum, passage)):
                found.append(Piece(f"{row}.{number}", passage))
    return found
