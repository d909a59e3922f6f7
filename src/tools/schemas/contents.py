"""Texts that hold something else: JSON, base64, or JSON in base64 (`contentMediaType`, `contentEncoding`)."""

from __future__ import annotations

import base64

import orjson

from . import prose, words
from .pools import Maker, numbered
from .rows import Rows

JSON, BASE64 = "application/json", "base64"

KNOWN = frozenset({JSON, BASE64})


def maker(contents: frozenset[str]) -> Maker:
    """Texts with these contents, one or both of `KNOWN`."""

    def draw(rows: Rows) -> list[str]:
        texts = _json(rows) if JSON in contents else prose.phrase.draw(rows)
        if BASE64 not in contents:
            return texts
        return [base64.b64encode(text.encode()).decode() for text in texts]

    return Maker(draw, 8, 240)


def _json(rows: Rows) -> list[str]:
    keys, numbers, texts = words.NOUNS.pick(rows, 1), numbered(1, 999).pick(rows, 2), prose.phrase.draw(rows.beside(3))
    values = ({key: text, "count": int(n)} for key, n, text in zip(keys, numbers, texts, strict=True))
    return [orjson.dumps(value).decode() for value in values]
