"""Documents, and an embedder that counts what it is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from bag_of_words import BagOfWords

from dataset_agent.plan import Category
from dataset_agent.tools.sources import Table

SUBJECTS = ("Aspirin", "Zinc", "Iron", "Iodine", "Sulfur", "Carbon", "Helium", "Radium")
EFFECTS = ("nausea", "rash", "fever", "thirst", "itching")


class Counting:
    """A bag of words that tells which texts it embedded."""

    def __init__(self, name: str = "counting") -> None:
        self.name = name
        self._words = BagOfWords(96)
        self.dimensions = 96
        self.embedded: list[str] = []

    def embed(self, texts: list[str]) -> npt.NDArray[np.float16]:
        self.embedded += texts
        return self._words.embed(texts)


def documents(count: int = 40) -> Table:
    """Leaflets of one sentence each; the same sentence comes back every 40 rows."""
    texts = [f"Leaflet: {SUBJECTS[row % 8]} may cause {EFFECTS[row % 5]} in some patients." for row in range(count)]
    return Table(Path("leaflets"), pa.table({"id": [str(row) for row in range(count)], "text": texts}), "0" * 64, 1)


def category(**evidence: Any) -> Category:
    keys = {"source": "facts", "subject": "drug", "object": "effect", "query": "Which drugs cause {object}?"}
    return Category.model_validate(
        {
            "name": "effects",
            "count": 1,
            "task": "reverse_query",
            "negatives": 0,
            **keys,
            **({"evidence": {"source": "leaflets", **evidence}} if evidence else {}),
        }
    )


def facts() -> Table:
    """Which drug has which effect, as the leaflets say."""
    drugs = [SUBJECTS[row % 8] for row in range(40)]
    effects = [EFFECTS[row % 5] for row in range(40)]
    return Table(Path("facts.csv"), pa.table({"drug": drugs, "effect": effects}), "0" * 64, 1)
