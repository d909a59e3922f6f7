"""Keeps records apart: exact, structural, MinHash and embedding duplicates."""

from .duplicates import DuplicateIndex, Verdicts, fingerprint
from .embedder import Embedder, EmbedderState, can_embed, embedder_state, open_embedder
from .fields import Fields, fields_of
from .near import Nearest
from .rules import Rule, exact_only, is_left_out, needs_embedder, rules_by_category, rules_of

__all__ = [
    "DuplicateIndex",
    "Embedder",
    "EmbedderState",
    "Fields",
    "Nearest",
    "Rule",
    "Verdicts",
    "can_embed",
    "embedder_state",
    "exact_only",
    "fields_of",
    "fingerprint",
    "is_left_out",
    "needs_embedder",
    "open_embedder",
    "rules_by_category",
    "rules_of",
]
