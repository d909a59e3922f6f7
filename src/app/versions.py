"""What the records of a template run depend on, beside plan and seed."""

from __future__ import annotations

import importlib.metadata
import platform

from .. import __version__


def versions() -> dict[str, str]:
    """Versions by name: this program, Python, and the libraries values are drawn from."""
    libraries = {name: importlib.metadata.version(name) for name in ("faker", "numpy", "pyarrow")}
    return {"dataset-agent": __version__, "python": platform.python_version(), **libraries}
