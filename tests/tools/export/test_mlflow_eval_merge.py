"""What MLflow makes of the mlflow-eval export: the library itself, on a local store."""

from collections.abc import Callable
from pathlib import Path

import orjson
import pyarrow as pa
import pytest

from dataset_agent.tools.export.formats import export

MakeShard = Callable[..., pa.Table]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_mlflow_merges_what_is_exported(
    shard: MakeShard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    for name in ("MLFLOW_DISABLE_TELEMETRY", "DO_NOT_TRACK"):
        monkeypatch.setenv(name, "true")
    monkeypatch.chdir(tmp_path)
    import mlflow
    from mlflow.genai.datasets import create_dataset

    before = mlflow.get_tracking_uri()
    request.addfinalizer(lambda: mlflow.set_tracking_uri(before))
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path / 'mlflow.db'}")
    records = [{"inputs": {"text": "Hi"}, "expectations": {"polite": True}}, {"name": "Ada"}, "no object"]
    export(lambda: iter([shard(records, tiers=["rare", None, None])]), "mlflow-eval", tmp_path / "eval.jsonl")
    lines = [orjson.loads(line) for line in (tmp_path / "eval.jsonl").read_bytes().splitlines()]
    merged = create_dataset(name="orders").merge_records(lines).to_df().sort_values("tags", key=lambda c: c.map(str))
    assert merged["inputs"].tolist() == [{"text": "Hi"}, {"name": "Ada"}, {"record": "no object"}]
    assert merged["expectations"].tolist() == [{"polite": True}, None, None]
    assert [tags["id"] for tags in merged["tags"]] == ["order_status-0", "order_status-1", "order_status-2"]
    assert merged["tags"][merged.index[0]]["tier"] == "rare"
