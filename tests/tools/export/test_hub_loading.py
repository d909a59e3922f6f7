"""What `datasets.load_dataset` makes of a run's folder and of the hf export: the library itself, offline."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pytest

from dataset_agent.records import Usage
from dataset_agent.tools.export.card import About, card
from dataset_agent.tools.export.dataset import write_dataset
from dataset_agent.tools.export.formats import export
from dataset_agent.tools.export.metadata import RunFacts, SplitCount, metadata
from dataset_agent.tools.export.shards import divided

MakeShard = Callable[..., pa.Table]
Load = Callable[..., Any]

SIDES = np.array([0, 1, 0, 0, 0, 1, 0, 0], np.int8)


@pytest.fixture(scope="module")
def datasets() -> Iterator[ModuleType]:
    names = ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE", "HF_HUB_DISABLE_TELEMETRY", "DO_NOT_TRACK")
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(dict.fromkeys(names, "1"))
    library = pytest.importorskip("datasets")
    library.disable_progress_bars()
    yield library
    for name, value in before.items():
        os.environ.pop(name) if value is None else os.environ.update({name: value})


@pytest.fixture
def load(datasets: ModuleType, tmp_path: Path) -> Load:
    def loaded(folder: Path, config: str = "default") -> Any:
        return datasets.load_dataset(str(folder), config, cache_dir=str(tmp_path / "cache"))

    return loaded


def write_run(out: Path, shards: list[pa.Table], format: Any, sides: Any = None, name: str = "örders: a #1") -> None:
    """A run's folder, data files and card."""
    files = write_dataset(out, lambda: iter(shards), [], format=format, sides=sides)
    split = None if sides is None else SplitCount(int((sides == 0).sum()), int((sides == 1).sum()), 0)
    told = metadata(RunFacts("complete", name, "", 0, {}, [], {}, Usage(), 0.0, files, split=split))
    has_json_records = format == "jsonl" or shards[0].schema.field("record").type == pa.string()
    about = About(
        format, 0.7, has_json_records, *(name in shards[0].column_names for name in ("prompt", "invalid")),
        license="cc0-1.0", languages=("en",),
    )  # fmt: skip
    (out / "README.md").write_text(card(told, about))
    (out / "metadata.json").write_bytes(orjson.dumps(told))


@pytest.mark.parametrize("format", ["jsonl", "parquet"])
def test_a_run_without_a_split(orders: list[pa.Table], tmp_path: Path, load: Load, format: str) -> None:
    write_run(tmp_path / "run", orders, format)
    found = load(tmp_path / "run")
    assert {split: len(rows) for split, rows in found.items()} == {"train": 10}
    assert found["train"][3]["record"] == {
        "inputs": {"text": "Where is order 3?"},
        "expectations": {"answer": "order 3"},
    }
    assert len(load(tmp_path / "run", "golden")["train"]) == 8


@pytest.mark.parametrize("format", ["jsonl", "parquet"])
def test_a_run_with_a_split(orders: list[pa.Table], tmp_path: Path, load: Load, format: str) -> None:
    write_run(tmp_path / "run", orders, format, SIDES)
    assert len(load(tmp_path / "run")["train"]) == 6
    test = load(tmp_path / "run", "default" if format == "jsonl" else "test")["test"]
    assert sorted(test["id"]) == ["order_status-1", "order_status-6"]
    assert len(load(tmp_path / "run", "all")["train"]) == 10


@pytest.mark.parametrize("format", ["jsonl", "parquet"])
def test_records_of_different_shapes(shard: MakeShard, tmp_path: Path, load: Load, format: str) -> None:
    # Loaders infer columns from the first 10 MB of a file; what follows has another shape, a tier and a prompt.
    padded = shard([{"n": n, "pad": "x" * 3000} for n in range(4000)], prompts=[None] * 4000)
    other = [{"n": "text", "list": [1, "a"]}, "no object", [None]]
    late = shard(other, category="late", tiers=["rare"] * 3, prompts=["p"] * 3)
    write_run(tmp_path / "run", [padded, late], format)
    rows = load(tmp_path / "run")["train"]
    assert rows[-3:]["record"] == other
    assert rows[-1] == {**rows[-1], "id": "late-2", "tier": "rare", "prompt": "p"}


@pytest.mark.parametrize("format", ["jsonl", "parquet"])
def test_records_that_break_their_schema(shard: MakeShard, tmp_path: Path, load: Load, format: str) -> None:
    label = {"keyword": "minimum", "path": "/n", "schema_path": "#/properties/n/minimum"}
    records, labels = [{"n": 1}, {"n": -1}, {}], [None, label, {**label, "property": "n"}]
    write_run(tmp_path / "run", [shard(records, labels=labels)], format)
    assert load(tmp_path / "run")["train"]["invalid"] == labels
    export(lambda: iter([shard(records, labels=labels)]), "hf", tmp_path / "hf")
    assert load(tmp_path / "hf")["train"]["invalid"] == labels


def test_parquet_with_structs(shard: MakeShard, tmp_path: Path, load: Load) -> None:
    records = [{"inputs": {"text": f"{n}"}, "list": [n]} for n in range(10)]
    write_run(tmp_path / "run", [shard(records, structs=True)], "parquet")
    assert load(tmp_path / "run")["train"]["record"] == records


def test_a_side_without_records_is_left_out(orders: list[pa.Table], tmp_path: Path, load: Load) -> None:
    write_run(tmp_path / "run", orders, "jsonl", np.zeros(8, np.int8))
    assert {split: len(rows) for split, rows in load(tmp_path / "run").items()} == {"train": 8}


def test_the_hf_export(orders: list[pa.Table], tmp_path: Path, load: Load) -> None:
    export(lambda: divided(orders, SIDES), "hf", tmp_path / "hf")
    found = load(tmp_path / "hf")
    assert {split: len(rows) for split, rows in found.items()} == {"train": 6, "test": 2}
    assert found["test"][0]["record"]["expectations"] == {"answer": "order 1"}


def test_the_hf_export_without_a_split(orders: list[pa.Table], tmp_path: Path, load: Load) -> None:
    export(lambda: iter(orders), "hf", tmp_path / "hf")
    assert {split: len(rows) for split, rows in load(tmp_path / "hf").items()} == {"train": 10}
