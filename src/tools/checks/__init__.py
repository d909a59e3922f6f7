"""What a candidate must pass to become a record: one file a check, and `verdicts.judge` to ask them all."""

from .alignment import AlignmentCheck, aligned_share
from .base import Check
from .contact_fields import stated_fields
from .contact_format import ContactFormatCheck
from .parse import parse_candidate
from .placeholder import PlaceholderCheck
from .schema import SchemaCheck
from .twin import TwinCheck
from .verdicts import judge

__all__ = [
    "AlignmentCheck",
    "Check",
    "ContactFormatCheck",
    "PlaceholderCheck",
    "SchemaCheck",
    "TwinCheck",
    "aligned_share",
    "judge",
    "parse_candidate",
    "stated_fields",
]
