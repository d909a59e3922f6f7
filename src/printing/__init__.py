"""Results as a person reads them, on standard output."""

from .covered import print_coverage
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
    "print_coverage",
    "print_datasets",
    "print_doctor",
    "print_estimate",
    "print_outcome",
    "print_sources",
    "print_status",
]
