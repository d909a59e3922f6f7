"""What the environment says: variables, and a `.env` file in the current folder. Frozen once read."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .errors import InputError

SIZE_VARIABLE = "MAX_DATASET_INSTANCES"


@dataclass(frozen=True, slots=True)
class Settings:
    """Where things lie, and which model is meant, unless the command line says otherwise.

    `variables` is everything that was read: endpoints look their keys up in it.
    """

    checkpoint_dir: Path = Path("checkpoints")
    datasets_dir: Path = Path("datasets")
    mlflow_dir: Path = Path("mlflow-data")
    mlflow_tracking_uri: str | None = None
    models_file: Path = Path("models.toml")
    model: str | None = None
    openai_base_url: str | None = None
    embedder: str | None = None
    max_dataset_size: int | None = None
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def read(cls, environ: Mapping[str, str] = os.environ, dotenv: Path = Path(".env")) -> Settings:
        """From the environment; what stands there goes before the `.env` file."""
        values = {**_read_dotenv(dotenv), **environ}
        return cls(
            checkpoint_dir=Path(values.get("DATASET_AGENT_CHECKPOINT_DIR") or "checkpoints"),
            datasets_dir=Path(values.get("DATASET_AGENT_DATASETS_DIR") or "datasets"),
            mlflow_dir=Path(values.get("DATASET_AGENT_MLFLOW_DIR") or "mlflow-data"),
            mlflow_tracking_uri=values.get("MLFLOW_TRACKING_URI") or None,
            models_file=Path(values.get("DATASET_AGENT_MODELS") or "models.toml"),
            model=values.get("DATASET_AGENT_MODEL") or None,
            openai_base_url=values.get("OPENAI_BASE_URL") or None,
            embedder=values.get("DATASET_AGENT_EMBEDDER") or None,
            max_dataset_size=_count(values, SIZE_VARIABLE),
            variables=values,
        )


def _count(values: Mapping[str, str], name: str) -> int | None:
    text = (values.get(name) or "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdecimal()) or len(text) > 18 or int(text) < 1:
        raise InputError.at(name, f"must be a whole number of 1 or more, got {text!r:.80}")
    return int(text)


def _read_dotenv(file: Path) -> dict[str, str]:
    """`NAME=value` lines, without the quotes around a value; other lines are another program's affair."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise InputError.at(file, f"cannot be read: {error}") from None
    values = {}
    for line in lines:
        name, equals, value = line.strip().removeprefix("export ").partition("=")
        if equals and name.strip().isidentifier():
            values[name.strip()] = value.strip().strip("'\"")
    return values
