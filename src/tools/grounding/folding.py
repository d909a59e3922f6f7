"""When two values of a source are the same: case and white space say nothing."""

from __future__ import annotations

import unicodedata


def fold(text: str) -> str:
    """The form in which values are compared: one blank between words, no case, one form of each character (NFC)."""
    return unicodedata.normalize("NFC", " ".join(text.split()).casefold())
