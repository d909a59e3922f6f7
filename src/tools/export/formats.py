"""`agent export`: the formats, by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from ...errors import InputError
from . import chat
from .csv import write_csv
from .evaluation import write_evaluation
from .files import FileFacts
from .hf import write_hf
from .jsonl import write_jsonl
from .parquet import write_parquet
from .shards import Shards

_Writer: TypeAlias = Callable[[Shards, Path], FileFacts]

_FILES: dict[str, tuple[str, _Writer]] = {
    "jsonl": (".jsonl", lambda shards, path: write_jsonl(shards(), path)),
    "parquet": (".parquet", lambda shards, path: write_parquet(shards(), path)),
    "csv": (".csv", write_csv),
    "openai-chat": (".jsonl", lambda shards, path: chat.write_chat(shards(), path, chat.openai)),
    "alpaca": (".jsonl", lambda shards, path: chat.write_chat(shards(), path, chat.alpaca)),
    "sharegpt": (".jsonl", lambda shards, path: chat.write_chat(shards(), path, chat.sharegpt)),
    "mlflow-eval": (".jsonl", lambda shards, path: write_evaluation(shards(), path)),
}
FORMATS = (*_FILES, "hf")
"""The names of all formats; `hf` is a folder, the others are a file each."""


def export(shards: Shards, format: str, out: Path) -> dict[str, FileFacts]:
    """Writes a dataset in a format; returns what is known of each file, by its path relative to the folder it is in.

    out: for `hf` a folder; else a file, or a folder that is there and gets a file named after the format. Raises
    InputError for a format that is not known or that cannot express the records, OutputError where `out` cannot be
    written.
    """
    if format == "hf":
        return write_hf(shards, out)
    if format not in _FILES:
        raise InputError.at("--format", f"{format!r} is not a format", f"known: {', '.join(FORMATS)}")
    suffix, write = _FILES[format]
    path = out / f"{format}{suffix}" if out.is_dir() else out
    return {path.name: write(shards, path)}
