"""Keeps records apart: exact, structural and MinHash duplicates."""

from .duplicates import DuplicateIndex, Method, Verdicts, fingerprint

__all__ = ["DuplicateIndex", "Method", "Verdicts", "fingerprint"]
