"""Evidence for questions: fetched by name or by likeness, and packed into what one call reads."""

from .base import EvidenceStore, Piece
from .chunks import Chunk, chunks, passages
from .likeness import VectorEvidence
from .opening import examine_evidence, open_evidence
from .tables import SourceRows, TableEvidence
from .vectors import Hit, VectorStore

__all__ = [
    "Chunk",
    "EvidenceStore",
    "Hit",
    "Piece",
    "SourceRows",
    "TableEvidence",
    "VectorEvidence",
    "VectorStore",
    "chunks",
    "examine_evidence",
    "open_evidence",
    "passages",
]
