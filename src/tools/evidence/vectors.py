"""What a store of vectors must do, and how its troubles are told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from ...errors import InputError, SourceError
from ..diversity.embedding import Halves

AT_ONCE = 50_000
"""Numbers sent in one request at the most: about 1 MB of JSON."""

TIMEOUT_S = 30


@dataclass(frozen=True, slots=True)
class Hit:
    """A vector that was found: its id, and its cosine with what was asked."""

    id: int
    score: float


class VectorStore(Protocol):
    """One collection of unit vectors with whole numbers for ids; may be searched from several threads.

    Each method raises SourceError, with the host, where a server does not serve.
    """

    def count(self) -> int:
        """How many vectors it holds."""
        ...

    def add(self, ids: Sequence[int], vectors: Halves) -> None:
        """Takes vectors in, of shape (ids, dimensions); in the place of those that have the same ids."""
        ...

    def finish(self, count: int) -> None:
        """Returns when all `count` vectors that were added can be found."""
        ...

    def search(self, vector: Halves, top: int) -> list[Hit]:
        """The nearest vectors, `top` of them at the most, the nearest first."""
        ...

    def close(self) -> None:
        """Gives back connections and memory."""
        ...


def batches(ids: Sequence[int], vectors: Halves) -> list[tuple[list[int], list[list[float]]]]:
    """Ids and vectors in requests of a size that servers take."""
    step = max(1, AT_ONCE // max(1, vectors.shape[1]))
    return [(list(ids[at : at + step]), vectors[at : at + step].tolist()) for at in range(0, len(ids), step)]


def check_address(url: str, where: str) -> None:
    """Raises InputError where a store's `url` is no address, or holds a name or password."""
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address:
        mend = "an address such as http://localhost:6333"
        raise InputError.at(where, f"{url.rpartition('@')[2]!r} is no address of a vector store", mend)
    if "@" in parts.netloc:
        mend = "`api_key_env` names the variable that holds its key"
        raise InputError.at(where, "the address holds a user's name or password, which is not sent", mend)


def missing_extra(extra: str, where: str) -> InputError:
    """The error where a store's client is not installed."""
    what = f"the vector store needs the extra `{extra}`, which is not installed"
    return InputError.at(where, what, f'pip install "dataset-agent[{extra}]"')


def down(store: str, url: str, why: object) -> InputError:
    """The SourceError where a store's server does not answer."""
    reason = (str(why).strip() or type(why).__name__).splitlines()[0]
    return SourceError.at(url, f"{store} does not answer: {reason}", "is the server running, and its address right?")


def refused(store: str, url: str, status: int | None, why: str) -> InputError:
    """The SourceError where a store's server answers, and does not serve."""
    if status in (401, 403):
        what = f"{store} refuses the key (HTTP {status})"
        return SourceError.at(url, what, "`api_key_env` names the variable that holds its key: is it the right one?")
    return SourceError.at(url, f"{store} answers HTTP {status}: {why:.200}", "is it this store's address?")
