"""Plans a dataset, builds it, checks every record, and keeps a ledger that can prove it."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .app.api.building import Building, BuildResult, DatasetBuilder
    from .app.api.config import DatasetBuilderConfig
    from .errors import DatasetAgentError, InputError
    from .plan import Plan as DatasetPlan

__version__ = "0.1.0"

__all__ = [
    "BuildResult",
    "Building",
    "DatasetAgentError",
    "DatasetBuilder",
    "DatasetBuilderConfig",
    "DatasetPlan",
    "InputError",
]

_PLACES = {
    "BuildResult": (".app.api.building", "BuildResult"),
    "Building": (".app.api.building", "Building"),
    "DatasetAgentError": (".errors", "DatasetAgentError"),
    "DatasetBuilder": (".app.api.building", "DatasetBuilder"),
    "DatasetBuilderConfig": (".app.api.config", "DatasetBuilderConfig"),
    "DatasetPlan": (".plan", "Plan"),
    "InputError": (".errors", "InputError"),
}


def __getattr__(name: str) -> Any:
    """What the package offers, imported when it is first asked for: the command line starts without it."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _PLACES[name]
    value = getattr(importlib.import_module(module, __name__), attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The names a user may want."""
    return sorted({*globals(), *__all__})
