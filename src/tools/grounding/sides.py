"""What of a grounded dataset a split keeps on one side."""

from __future__ import annotations

import xxhash

from ...plan import OBJECT_KEYS, Category
from ...records import Json
from .folding import fold

_LETTERS = str.maketrans("0123456789", "ghijklmnop")


def side_text(category: Category, record: Json) -> str | None:
    """A text that the records of one object, or of one document, have in common; None where nothing is to.

    It is a hash in letters: numbers and names would be masked where records are compared by structure.
    """
    if category.task is None or category.task == "label":  # a side without a label could not tell of it
        return None
    about = fold(str(record[OBJECT_KEYS[category.task]]))
    return xxhash.xxh3_128_hexdigest(about.encode()).translate(_LETTERS)
