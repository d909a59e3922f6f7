"""Results as a person reads them, on standard output."""

from .grounded import print_sources
from .results import (
    print_checked,
    print_datasets,
    print_doctor,
    print_estimate,
    print_outcome,
    print_status,
)

__all__ = [
    "print_checked",
    "print_datasets",
    "print_doctor",
    "print_estimate",
    "print_outcome",
    "print_sources",
    "print_status",
]
