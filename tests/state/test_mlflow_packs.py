"""Small batches in MLflow: few files, each record once, and all of them back again."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ledgers import Book, chat_plan
from mlflow_world import Look, final_state

from dataset_agent.errors import CheckpointError, TrackingError
from dataset_agent.records import Batch, Call, Rejection, StoredRecord, Stratum
from dataset_agent.state.deliveries import MOST_ROWS, LedgerOutbox
from dataset_agent.state.mlflow_delivery import PACKED_AT_ONCE, Courier
from dataset_agent.state.mlflow_packs import (
    POINTS_A_PACK,
    pack_file,
    packed,
    points_of,
    rejections_file,
    unpacked,
)
from dataset_agent.state.mlflow_store import MlflowStore
from dataset_agent.state.outbox import Delivery
from dataset_agent.state.recovery import _rejections, recover

STRATA = [Stratum(0, "a-b", "x", 9), Stratum(1, "a-b", None, 9), Stratum(2, "c", None, 9)]
TEXTS = st.text(st.characters(codec="utf-8"), max_size=5)


@st.composite
def deliveries(draw: st.DrawFn) -> list[Delivery]:
    """Batches in the order of commits, without shards."""
    found, number = [], 0
    for position in range(1, draw(st.integers(1, 6)) + 1):
        stratum = draw(st.sampled_from(STRATA))
        texts = draw(st.lists(TEXTS, max_size=3))
        refused = draw(st.lists(st.tuples(TEXTS, TEXTS), max_size=2))
        records = tuple(StoredRecord(number + n, 0.1 * n, json.dumps(text)) for n, text in enumerate(texts))
        calls = tuple(
            Call(position + 10, turn, "worker", "m", f"{turn}", "ab", "answered", 1, 0, 2, 0.5, 1.5, position)
            for turn in range(draw(st.integers(0, 2)))
        )
        found.append(
            Delivery(
                position, Batch(position + 10, stratum.index, 0, 3), stratum.category, stratum.tier, position,
                {"accepted": float(len(texts)), "speed": draw(st.floats(0, 9))}, None,
                [Rejection(number + 3 + n, "schema", why, json.dumps(text)) for n, (why, text) in enumerate(refused)],
                records, draw(st.integers(0, 9) | st.none()), draw(TEXTS | st.none()), calls,
            )
        )  # fmt: skip
        number += 5
    return found


@given(deliveries())
@settings(derandomize=True, max_examples=60, deadline=None)
def test_a_pack_holds_its_batches(pack: list[Delivery]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "p.parquet").write_bytes(pack_file(pack, 0.7))
        (Path(folder) / "r.jsonl").write_bytes(rejections_file(pack))
        with pq.ParquetFile(Path(folder) / "p.parquet") as file:
            told = json.loads(file.metadata.metadata[b"batch"])
            found = list(unpacked(file, told, _rejections(Path(folder) / "r.jsonl"), STRATA))
            assert found == pack
            columns = ["id", "category", "tier", "quality", "golden", "split", "record"]
            assert file.schema_arrow.names == columns


def batch(position: int, shard: Path | None = None, **metrics: float) -> Delivery:
    return Delivery(position, Batch(position, 0, 0, 1), "a-b", "x", 1000 + position, metrics, shard)


def test_neighbours_without_shards_travel_together(tmp_path: Path) -> None:
    batches = [batch(n, tmp_path if n in (3, 4, 8) else None) for n in range(1, 9)]
    assert [[delivery.position for delivery in pack] for pack in packed(batches)] == [[1, 2], [3], [4], [5, 6, 7], [8]]


def test_a_pack_has_few_points_and_they_add_up() -> None:
    few = points_of([batch(n, accepted=2.0, speed=4.0) for n in range(1, POINTS_A_PACK + 1)])
    assert [point.step for point in few if point.key == "accepted"] == list(range(1, POINTS_A_PACK + 1))
    assert [point.step for point in few if point.key == "batches"] == [POINTS_A_PACK]
    rejected = {"rejected.schema": 1.0}
    pack = [batch(n, accepted=2.0, speed=float(n), **(rejected if n % 5 == 0 else {})) for n in range(1, 1001)]
    many = points_of(pack)
    accepted = [point for point in many if point.key == "accepted"]
    assert [point.step for point in accepted] == list(range(50, 1001, 50))
    assert {point.value for point in accepted} == {100.0}
    assert {point.value for point in many if point.key == "rejected.schema"} == {10.0}
    assert next(point.value for point in many if point.key == "speed") == 25.5
    assert (many[-1].key, many[-1].value, many[-1].timestamp_ms) == ("batches", 1000.0, 2000)


# ---- with a ledger and a store ------------------------------------------------------------------------------


def courier(book: Book, uri: str, step: object = None) -> Courier:
    store = MlflowStore(uri, step) if callable(step) else MlflowStore(uri)
    return Courier(
        LedgerOutbox(book.ledger), uri, lambda: store, book.plan, book.history.strata(), book.history.key()
    )  # fmt: skip


def fill(book: Book, batches: int, shards: bool = False) -> None:
    """Batches of one or two records, some with a refused candidate, some with nothing but one."""
    for n in range(batches):
        if shards and n % 7 == 3:
            book.large(2, 2)
        elif n % 5 == 4:
            book.commit(book.begin(0, 1), [], [Rejection(500 + book.history.commits(), "schema", "bad", '{"x":1}')])
        else:
            book.small(n % 2, 1 + n % 2, refused=int(n % 3 == 0), quality=0.5)


def ids_in(look: Look) -> list[str]:
    shards = sorted(path for name, path in look.artifacts.items() if name.startswith("shards/"))
    return [value for path in shards for value in pq.read_table(path)["id"].to_pylist()]


def ids_of(book: Book) -> list[str]:
    kept = {record.id for record in book.history.records()}
    for position, shard in book.history.shards():
        assert position
        kept |= set(pq.read_table(book.ledger.folder / shard.path)["id"].to_pylist())
    return sorted(kept)


def check(book: Book, uri: str) -> Look:
    """Everything is there once."""
    look = Look(uri)
    assert look.steps_told_twice() == []
    assert sorted(ids_in(look)) == ids_of(book)
    assert sorted(json.loads(str(tags))["id"] for *_, tags in look.records) == ids_of(book)
    refused = [
        json.loads(line)["number"]
        for name, path in look.artifacts.items()
        if name.startswith("rejected/")
        for line in path.read_text().splitlines()
    ]
    assert len(refused) == sum(sum(progress.rejected.values()) for progress in book.history.progress())
    total = sum(progress.accepted for progress in book.history.progress())
    assert sum(float(str(value)) for key, *_, value in look.metrics if key == "accepted") == total
    return look


def test_many_small_batches_make_few_files(store_uri: str, tmp_path: Path) -> None:
    with Book(tmp_path / "ledger", chat_plan(3000)) as book:
        fill(book, 60)
        sender = courier(book, store_uri)
        assert sender.rest_s == 0
        target = sender.deliver()
        assert sender.rest_s > 0
        assert target.delivered == 60
        look = check(book, store_uri)
        assert sum(name.startswith("shards/") for name in look.artifacts) == 2  # the first alone, to learn their size
        assert len({step for key, step, *_ in look.metrics if key == "accepted"}) > 10
        book.small(2, 1)
        book.small(2, 1)
        assert sender.deliver(final_state(tmp_path)).delivered == 62
        assert sum(name.startswith("shards/") for name in check(book, store_uri).artifacts) == 3


def test_shards_stay_files_of_their_own(store_uri: str, tmp_path: Path) -> None:
    with Book(tmp_path / "ledger", chat_plan(3000)) as book:
        fill(book, 30, shards=True)
        courier(book, store_uri).deliver(final_state(tmp_path))
        look = check(book, store_uri)
        for position, shard in book.history.shards():
            content = (book.ledger.folder / shard.path).read_bytes()
            assert look.artifacts[f"shards/{position:08}.parquet"].read_bytes() == content


@pytest.mark.parametrize("shards", [False, True])
def test_a_failure_after_any_step_doubles_nothing_though_more_batches_come(
    store_uri: str, tmp_path: Path, shards: bool
) -> None:
    left, failures = [0], 0

    def step() -> None:
        left[0] -= 1
        if left[0] == 0:
            raise TrackingError("the line was cut")

    with Book(tmp_path / "ledger", chat_plan(3000)) as book:
        outbox = LedgerOutbox(book.ledger)
        while outbox.target(store_uri).finished is None:
            fill(book, 3, shards)  # so that what was in hand at the failure is not all there is the next time
            failures += 1
            left[0] = failures
            try:
                courier(book, store_uri, step).deliver(final_state(tmp_path))
            except TrackingError:
                continue
        assert failures > 10
        check(book, store_uri)


def test_a_dataset_that_was_removed_is_told_again_in_the_same_files(store_uri: str, tmp_path: Path) -> None:
    from mlflow import MlflowClient

    with Book(tmp_path / "ledger", chat_plan(3000)) as book:
        for _ in range(4):
            fill(book, 9)
            target = courier(book, store_uri).deliver()
        before = Look(store_uri).artifacts.keys()
        MlflowClient(store_uri).delete_dataset(str(target.dataset_id))
        fill(book, 3)
        courier(book, store_uri).deliver()
        look = check(book, store_uri)
        assert len(look.artifacts.keys() - before) <= 4


def test_a_sample_is_chosen_from_the_ledger_too(store_uri: str, tmp_path: Path) -> None:
    with Book(tmp_path / "ledger", chat_plan(mlflow={"max_records": 30, "sample_records": 6})) as book:
        for _ in range(3):
            for stratum in (0, 1, 2):
                book.small(stratum, 4)
            courier(book, store_uri).deliver()
        tags = [json.loads(str(tags)) for *_, tags in Look(store_uri).records]
        chosen = Counter((tag["category"], tag.get("tier")) for tag in tags)
        assert chosen == {("chat", "easy"): 2, ("chat", "hard"): 2, ("notes", None): 2}


def test_no_more_is_read_at_once_than_there_is_room_for(tmp_path: Path) -> None:
    with Book(tmp_path / "ledger", chat_plan(3000)) as book:
        for size in (MOST_ROWS + 1, MOST_ROWS // 2, MOST_ROWS // 2, 1):
            book.small(0, size)
        outbox = LedgerOutbox(book.ledger)
        assert [[d.position for d in outbox.pending(after, 9)] for after in (0, 1, 3)] == [[1], [2, 3], [4]]
    assert PACKED_AT_ONCE < MOST_ROWS


@pytest.mark.parametrize("shards", [False, True])
def test_what_was_told_comes_back(store_uri: str, tmp_path: Path, shards: bool) -> None:
    with Book(tmp_path / "ledger", chat_plan(3000)) as book:
        for _ in range(2):
            fill(book, 20, shards)
            courier(book, store_uri).deliver()
        found = recover(store_uri, "talk", tmp_path / "found")
        batches, before = list(found.batches), LedgerOutbox(book.ledger).pending(0, 99)
    assert found.target.delivered == len(batches) == len(before) == 40
    for theirs, ours in zip(batches, before, strict=True):
        if ours.shard is None:
            assert (theirs.records, theirs.rejections) == (tuple(ours.records), list(ours.rejections))
            names = ("position", "batch", "category", "tier", "committed_at_ms", "metrics", "used", "brief")
            assert [getattr(theirs, name) for name in names] == [getattr(ours, name) for name in names]
            assert theirs.calls == tuple(ours.calls)
        else:
            assert theirs.shard is not None and theirs.shard.read_bytes() == ours.shard.read_bytes()


@pytest.mark.parametrize("damage", ["lost", "cut", "fewer", "rejections lost"])
def test_damage_is_named(store_uri: str, tmp_path: Path, damage: str) -> None:
    with Book(tmp_path / "ledger", chat_plan(3000)) as book:
        fill(book, 20)
        courier(book, store_uri).deliver()
    files = Look(store_uri).artifacts
    shard = files["shards/00000020.parquet"]
    if damage == "lost":
        shard.unlink()
    elif damage == "cut":
        shard.write_bytes(shard.read_bytes()[:-20])
    elif damage == "fewer":
        table, told = pq.read_table(shard), pq.read_metadata(shard).metadata[b"batch"]
        with pq.ParquetWriter(shard, table.schema) as writer:
            writer.write_table(table.slice(1))
            writer.add_key_value_metadata({"batch": told})
    else:
        files["rejected/00000020.jsonl"].unlink()
    batches = recover(store_uri, "talk", tmp_path / "found").batches
    with pytest.raises(CheckpointError, match=r"shards/00000020\.parquet"):
        list(batches)
