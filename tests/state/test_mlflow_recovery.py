from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from mlflow_world import KEY, Look, SqliteOutbox, commit_until, final_state, make_plan, number_of_batches

from dataset_agent.errors import CheckpointError
from dataset_agent.plan import Plan, sha256_of_plan
from dataset_agent.records import Batch, Rejection
from dataset_agent.state.mlflow_delivery import Courier
from dataset_agent.state.mlflow_store import MlflowStore
from dataset_agent.state.outbox import Delivery
from dataset_agent.state.recovery import recover


def deliver(outbox: SqliteOutbox, uri: str, plan: Plan, final: Path | None = None) -> None:
    sender = Courier(outbox, uri, lambda: MlflowStore(uri), plan, outbox.strata, KEY)
    sender.deliver(None if final is None else final_state(final))


def test_what_was_told_comes_back_and_the_run_goes_on(store_uri: str, tmp_path: Path) -> None:
    plan = make_plan()
    lost = SqliteOutbox(tmp_path / "lost", plan)
    commit_until(lost, 6)
    nothing_accepted = Delivery(
        position=7,
        batch=Batch(6, 2, 90, 5, 2),
        category="returns (late)",
        tier=None,
        committed_at_ms=1_700_000_000_006,
        metrics={"accepted": 0.0, "rejected/duplicate": 2.0, "rows_per_s": 6.5},
        shard=None,
        rejections=[Rejection(90, "duplicate", "öfter", '{"a":1}'), Rejection(91, "schema", "", '"x\\n"')],
    )
    lost.commit(nothing_accepted, [])
    deliver(lost, store_uri, plan)

    found = recover(store_uri, "shown", tmp_path / "found")
    assert sha256_of_plan(found.plan) == sha256_of_plan(plan)
    assert found.run_key == KEY
    assert found.target == replace(lost.target(store_uri), finished=None)
    batches = list(found.batches)
    before = lost.pending(0, 99)
    assert [replace(batch, shard=None) for batch in batches] == [replace(batch, shard=None) for batch in before]
    for ours, theirs in zip(batches, before, strict=True):
        assert (ours.shard is None) == (theirs.shard is None)
        if ours.shard and theirs.shard:
            assert pq.read_table(ours.shard).equals(pq.read_table(theirs.shard), check_metadata=True)

    rebuilt = SqliteOutbox(tmp_path / "rebuilt", found.plan)
    for batch in batches:
        rebuilt.commit(replace(batch, shard=None), pq.read_table(batch.shard).to_pylist() if batch.shard else [])
    rebuilt.save_target(found.target)
    deliver(rebuilt, store_uri, plan, final=tmp_path)
    look = Look(store_uri)
    assert [status for _, status in look.runs] == ["FINISHED"]
    assert look.steps_told_twice() == []


def test_of_several_runs_the_latest_comes_back(store_uri: str, tmp_path: Path) -> None:
    for key, batches in (("first", 3), ("second", 2)):
        plan = make_plan()
        outbox = SqliteOutbox(tmp_path / key, plan)
        commit_until(outbox, batches)
        Courier(outbox, store_uri, lambda: MlflowStore(store_uri), plan, outbox.strata, key).deliver()
    found = recover(store_uri, "shown", tmp_path / "found")
    assert (found.run_key, len(list(found.batches))) == ("second", 2)


def test_a_batch_that_had_not_arrived_completely_is_left_out(store_uri: str, tmp_path: Path) -> None:
    plan = make_plan()
    outbox = SqliteOutbox(tmp_path / "ledger", plan)
    commit_until(outbox, 4)
    deliver(outbox, store_uri, plan)
    half = Look(store_uri).artifacts["shards/00000004.parquet"].with_name("00000005.parquet")
    half.write_bytes(b"PAR1 and no more")
    assert [batch.position for batch in recover(store_uri, "shown", tmp_path / "found").batches] == [1, 2, 3, 4]


@pytest.mark.parametrize("damage", ["lost", "cut", "exchanged", "rejections lost"])
def test_damage_is_named(store_uri: str, tmp_path: Path, damage: str) -> None:
    plan = make_plan()
    outbox = SqliteOutbox(tmp_path / "ledger", plan)
    commit_until(outbox, number_of_batches(plan))
    deliver(outbox, store_uri, plan, final=tmp_path)
    files = Look(store_uri).artifacts
    shard = files["shards/00000004.parquet"]
    if damage == "lost":
        shard.unlink()
    elif damage == "cut":
        shard.write_bytes(shard.read_bytes()[:-20])
    elif damage == "exchanged":
        pq.write_table(pq.read_table(shard).slice(1), shard)
    else:
        files["rejected/00000004.jsonl"].unlink()
    batches = recover(store_uri, "shown", tmp_path / "found").batches
    with pytest.raises(CheckpointError, match=r"shards/00000004\.parquet"):
        list(batches)


def test_where_there_is_nothing(store_uri: str, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="holds no batches of 'shown'"):
        recover(store_uri, "shown", tmp_path / "found")
    with pytest.raises(CheckpointError, match="there is no such file"):
        recover(f"sqlite:///{tmp_path}/none.db", "shown", tmp_path / "found")
    assert not (tmp_path / "none.db").exists()
    with pytest.raises(CheckpointError, match="Connection refused"):
        recover("http://127.0.0.1:9", "shown", tmp_path / "found")
