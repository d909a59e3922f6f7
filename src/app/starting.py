"""`agent init` and `agent doctor`: where a newcomer begins."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import orjson

from ..errors import OutputError
from ..settings import Settings
from ..tools.diversity import embedder_state
from .reaching import models_found

STARTER = {
    "dataset_name": "my_dataset",
    "seed": 1,
    "tiers": [{"name": "simple", "share": 0.7}, {"name": "complex", "share": 0.3}],
    "categories": [
        {
            "name": "opening_hours",
            "description": "When a shop is open",
            "count": 60,
            "templates": [
                {
                    "inputs": {"text": "{Hello|Hi}, is your shop in {city} open on {day}?"},
                    "expectations": {"intent": "opening_hours", "city": "{city}"},
                }
            ],
            "slots": {
                "city": {"faker": "city"},
                "day": ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
            },
        },
        {
            "name": "customers",
            "description": "Customer records to be read out of a text",
            "count": 40,
            "record_schema": {
                "type": "object",
                "properties": {
                    "name": {"type": "string", "minLength": 3},
                    "email": {"type": "string", "format": "email"},
                    "customer_since": {"type": "string", "format": "date"},
                    "plan": {"enum": ["free", "pro", "team"]},
                },
                "required": ["name", "email", "plan"],
                "additionalProperties": False,
            },
            "render": "prompt",
        },
    ],
    "total_instances": 100,
    "split": {"test": 0.2},
}

_SHOWN = (
    "mlflow",
    "openai",
    "openai-agents",
    "pydantic",
    "faker",
    "jsonschema",
    "jsonschema-rs",
    "numpy",
    "pyarrow",
    "rensa",
    "phonenumbers",
)
_OPTIONAL = {"datasets": "reads the hf export", "ray": "more than one machine", "sentence_transformers": "embeddings"}


def write_starter(folder: Path) -> Path:
    """Write `plan.json` into a folder. Raises OutputError where one is there already, or it cannot be written."""
    file = folder / "plan.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with file.open("xb") as new:
            new.write(orjson.dumps(STARTER, option=orjson.OPT_INDENT_2) + b"\n")
    except FileExistsError:
        raise OutputError.at(file, "is there already", "remove it, or name another folder") from None
    except OSError as error:
        raise OutputError.at(file, f"cannot be written: {error.strerror}") from None
    return file


def examine(settings: Settings) -> dict[str, Any]:
    """What is installed, which embedder and which models there are, and where a run would write."""
    folders = {
        "checkpoints": settings.checkpoint_dir,
        "datasets": settings.datasets_dir,
        "mlflow store": settings.mlflow_dir,
    }
    embedder = embedder_state(settings.embedder)
    return {
        "python": platform.python_version(),
        "cpus": os.cpu_count(),
        "packages": {name: importlib.metadata.version(name) for name in ("dataset-agent", *_SHOWN)},
        "optional": {name: find_spec(name) is not None for name in _OPTIONAL},
        "embedder": {"model": embedder.model, "state": embedder.state, "active": embedder.is_active},
        "folders": {
            name: {"path": str(path.absolute()), "writable": _writable(path)} for name, path in folders.items()
        },
        "mlflow_tracking_uri": settings.mlflow_tracking_uri,
        "models": models_found(settings),
    }


def _writable(path: Path) -> bool:
    ancestor = next(parent for parent in (path.absolute(), *path.absolute().parents) if parent.exists())
    return ancestor.is_dir() and os.access(ancestor, os.W_OK | os.X_OK)
