"""Vectors in Pinecone, by its own client: an index that someone made, reached at its own host."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from ...errors import InputError, SourceError
from ..diversity.embedding import Halves
from .vectors import TIMEOUT_S, Hit, batches, check_address, down, missing_extra, refused

EXTRA = "pinecone"

_STORE = "Pinecone"
_METRICS = ("cosine", "dotproduct", None)
"""Metrics by which unit vectors rank as by their cosine, the higher the nearer; None where the index tells none."""
_SOON_S, _PAUSE_S = 60.0, 1.0


class PineconeStore:
    """A namespace of an index in Pinecone.

    Only the index's host is contacted. What was added can be found some time later: `finish` waits for that, for 60 s
    at the most.
    """

    def __init__(self, url: str | None, key: str, name: str, dimensions: int, where: str) -> None:
        """Opens the namespace `name` of the index at `url`, which may lack its `https://`.

        Raises InputError where the extra, `url` or the key is missing, SourceError where the index does not serve or
        does not fit.
        """
        if url is None or not key:
            missing = "`url`, the host of the index" if url is None else "`api_key_env`, the variable with its key"
            raise InputError.at(where, f"the store 'pinecone' needs {missing}", "an index is made beforehand")
        self._url = url if "://" in url else f"https://{url}"
        check_address(self._url, where)
        try:
            from pinecone.index import Index
        except ModuleNotFoundError:
            raise missing_extra(EXTRA, where) from None
        self._name = name
        self._index: Any = self._asked(lambda: Index(host=self._url, api_key=key, timeout=TIMEOUT_S))
        self._check(dimensions)

    def count(self) -> int:
        """See `VectorStore`."""
        summary = self._stats().namespaces.get(self._name)
        return int(summary.vector_count) if summary else 0

    def add(self, ids: Sequence[int], vectors: Halves) -> None:
        """See `VectorStore`."""
        for some, values in batches(ids, vectors):
            self._upsert([{"id": str(id), "values": each} for id, each in zip(some, values, strict=True)])

    def finish(self, count: int) -> None:
        """See `VectorStore`. Raises SourceError where the index takes too long."""
        end = time.monotonic() + _SOON_S
        while (found := self.count()) < count:
            if time.monotonic() > end:
                what = f"of {count:,} vectors that were sent, {found:,} can be found after {_SOON_S:.0f} s"
                raise SourceError.at(self._url, what, "run again later: what is there is not sent again")
            time.sleep(_PAUSE_S)

    def search(self, vector: Halves, top: int) -> list[Hit]:
        """See `VectorStore`."""
        found = self._asked(lambda: self._index.query(vector=vector.tolist(), top_k=top, namespace=self._name))
        return [Hit(int(match.id), float(match.score)) for match in found.matches]

    def close(self) -> None:
        """See `VectorStore`."""
        self._index.close()

    def _check(self, dimensions: int) -> None:
        stats = self._stats()
        if stats.dimension not in (dimensions, None):
            what = f"the index has {stats.dimension} dimensions, the embedder {dimensions}"
            raise SourceError.at(self._url, what, f"make an index of {dimensions} dimensions")
        if stats.metric not in _METRICS:
            raise SourceError.at(self._url, f"the index compares by {stats.metric!r}", "make an index by 'cosine'")

    def _stats(self) -> Any:
        return self._asked(lambda: self._index.describe_index_stats())

    def _upsert(self, vectors: list[dict[str, Any]]) -> None:
        self._asked(lambda: self._index.upsert(vectors=vectors, namespace=self._name))

    def _asked(self, call: Callable[[], Any]) -> Any:
        """What a call gives; the client itself waits short troubles out."""
        from pinecone.errors import ApiError, PineconeError, PineconeValueError

        try:
            return call()
        except ApiError as error:
            raise refused(_STORE, self._url, error.status_code, error.message) from None
        except PineconeValueError as error:  # an address that it does not take
            raise InputError.at(self._url, f"Pinecone's client does not take it: {error}") from None
        except PineconeError as error:
            raise down(_STORE, self._url, error.message) from None
