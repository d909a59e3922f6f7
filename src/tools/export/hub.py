"""The YAML header of a dataset card: what dataset hubs show, and how `datasets.load_dataset` finds the files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from ...records import Json
from .shards import SIDES

FileFormat = Literal["jsonl", "parquet"]

_SIZES = (
    (10**3, "n<1K"),
    (10**4, "1K<n<10K"),
    (10**5, "10K<n<100K"),
    (10**6, "100K<n<1M"),
    (10**7, "1M<n<10M"),
    (10**8, "10M<n<100M"),
    (10**9, "100M<n<1B"),
)


@dataclass(frozen=True, slots=True)
class Config:
    """One way to load a dataset: its splits by name, each with the pattern of its files.

    filters: for Parquet, the rows to take, as pyarrow has them.
    """

    name: str
    splits: Mapping[str, str]
    filters: tuple[tuple[str, str, Json], ...] = ()


def header(
    name: str,
    rows: int,
    configs: Sequence[Config],
    features: Sequence[Mapping[str, str]] = (),
    *,
    license: str | None = None,
    languages: Iterable[str] = (),
) -> str:
    """The header of a dataset with so many rows; `features` are declared for every config, or left to the loader.

    Its values are written as JSON, which YAML contains.
    """
    keys: dict[str, Json] = {
        "pretty_name": name,
        "license": license,
        "language": list(languages),
        "tags": ["synthetic", "dataset-agent"],
        "size_categories": [size_category(rows)],
        "configs": [_config_value(config) for config in configs],
        "dataset_info": [{"config_name": config.name, "features": features} for config in configs if features],
    }
    return "\n".join(["---", *(line for key, value in keys.items() if value for line in _yaml(key, value)), "---"])


def size_category(rows: int) -> str:
    """The hubs' name for a dataset's size."""
    return next((name for limit, name in _SIZES if rows < limit), "n>1B")


def run_configs(files: Mapping[str, Mapping[str, Any]], format: FileFormat, has_split: bool) -> list[Config]:
    """The configs of a run's folder, from the files in its metadata.

    Where there is a split, the default config must not show the test side to whoever trains on it. Splits without
    rows are left out, since a loader fails on them.
    """
    if format == "jsonl":
        default = {side: f"{side}.jsonl" for side in SIDES} if has_split else {"train": "all.jsonl"}
        named = {"default": default, "all": {"train": "all.jsonl"}, "golden": {"train": "golden.jsonl"}}
        filled = {
            name: {split: file for split, file in splits.items() if files.get(file, {}).get("rows")}
            for name, splits in named.items()
        }
        return [Config(name, splits) for name, splits in filled.items() if splits]
    if not any(name.startswith("data/") for name in files):
        return []
    parts = "data/part-*.parquet"
    train, test = (
        Config("default" if side == "train" else side, {side: parts}, (("split", "=", side),)) for side in SIDES
    )
    every, golden = Config("all", {"train": parts}), Config("golden", {"train": parts}, (("golden", "=", True),))
    return [train, test, every, golden] if has_split else [Config("default", {"train": parts}), every, golden]


def json_features(format: FileFormat, has_prompts: bool, has_twins: bool = False) -> list[dict[str, str]]:
    """The columns of files that hold records as JSON.

    Declared, because records of different categories need not share a shape: what a loader infers from the first of
    them does not hold for the others.
    """
    types = {"id": "string", "category": "string", "tier": "string", "quality": "float64"}
    if format == "parquet":
        types |= {"golden": "bool", "split": "string"}
    if has_prompts:
        types["prompt"] = "string"
    if has_twins:
        types["invalid"] = "json"
    return [{"name": name, "dtype": type} for name, type in {**types, "record": "json"}.items()]


def _config_value(config: Config) -> Json:
    files = [{"split": split, "path": path} for split, path in config.splits.items()]
    filters = {"filters": [list(condition) for condition in config.filters]} if config.filters else {}
    return {"config_name": config.name, "data_files": files, **filters}


def _yaml(key: str, value: Json) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{key}: {_json(value)}"
        return
    yield f"{key}:"
    yield from (f"- {_json(item)}" for item in value)


def _json(value: Json) -> str:
    return orjson.dumps(value).decode()
