"""An embedder that needs no model: words are hashed to directions, and a text points where its words do."""

import re
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import xxhash


class BagOfWords:
    """Texts that share most of their words are near; the order of words does not matter."""

    name = "bag of words"

    def __init__(self, dimensions: int = 128) -> None:
        self.dimensions = dimensions

    def embed(self, texts: list[str]) -> npt.NDArray[np.float16]:
        vectors = np.zeros((len(texts), self.dimensions))
        for row, text in enumerate(texts):
            for word in re.findall(r"\w+|#", text.lower()):
                vectors[row] += direction(word, self.dimensions)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return (vectors / np.where(lengths > 0, lengths, 1)).astype(np.float16)


@lru_cache(maxsize=10_000)
def direction(word: str, dimensions: int) -> npt.NDArray[np.float64]:
    """A direction for each word, at about right angles to all others."""
    return np.random.default_rng(xxhash.xxh3_64_intdigest(word.encode())).standard_normal(dimensions)
