"""Embeddings of many texts, kept on disk: nothing is embedded twice, not even after a kill."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from ..diversity.embedder import Embedder
from ..diversity.embedding import Halves
from ..export.files import atomic_file

PART = 512
"""Texts that are kept together: a kill loses no more, with MiniLM some 5 s of work."""


def key_of(texts: Sequence[str], embedder: Embedder) -> str:
    """What the embeddings depend on, as 32 hex digits of a SHA-256: the texts in their order, and the embedder."""
    digest = hashlib.sha256(f"{embedder.name}\n{embedder.dimensions}\n".encode())
    for text in texts:
        raw = text.encode()
        digest.update(len(raw).to_bytes(8, "big"))
        digest.update(raw)
    return digest.hexdigest()[:32]


def embedded(texts: Sequence[str], embedder: Embedder, folder: Path) -> Iterator[Halves]:
    """The vectors of the texts in parts, in order; taken from the files in `folder` where it has them, else kept there.

    The folder belongs to these texts and this embedder, see `key_of`. A damaged file counts as none. Raises OutputError
    where one cannot be written.
    """
    for number, start in enumerate(range(0, len(texts), PART)):
        some = list(texts[start : start + PART])
        file = folder / f"{number:05}.npy"
        vectors = _kept(file, (len(some), embedder.dimensions))
        if vectors is None:
            vectors = embedder.embed(some)
            raw = io.BytesIO()
            np.save(raw, vectors)
            with atomic_file(file) as kept:
                kept.write(raw.getbuffer())
        yield vectors


def _kept(file: Path, shape: tuple[int, int]) -> Halves | None:
    try:
        vectors = np.load(file, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return vectors if vectors.shape == shape and vectors.dtype == np.float16 else None
