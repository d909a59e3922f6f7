"""What becomes of records that live in the ledger: files, exports, explanations, figures, recovery."""

from __future__ import annotations

import csv
import json
import sqlite3
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from ledgers import PROMPT, Book, chat_plan, prints_of, text_of
from pyarrow import parquet

from dataset_agent.app.checkpoints import open_ledger, refuse_other_shape
from dataset_agent.app.explaining import explain
from dataset_agent.app.exporting import export
from dataset_agent.app.finishing import Finished, Status, finish
from dataset_agent.app.looking import status
from dataset_agent.app.recovering import recover_checkpoint
from dataset_agent.app.showing import NoSink
from dataset_agent.errors import CheckpointError, InputError
from dataset_agent.plan import Plan
from dataset_agent.printing import print_outcome, print_status
from dataset_agent.records import Fingerprints, Rejection, StoredRecord
from dataset_agent.settings import Settings
from dataset_agent.state.deliveries import LedgerOutbox
from dataset_agent.state.history import LEDGER_FILE
from dataset_agent.state.mlflow_delivery import Courier
from dataset_agent.state.mlflow_store import MlflowStore
from dataset_agent.tools.grounding.grounds import Grounds

RECORD = {
    "type": "object",
    "properties": {
        "inputs": {
            "type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"],
            "additionalProperties": False,
        },
        "expectations": {
            "type": "object", "properties": {"number": {"type": "integer", "minimum": 0}}, "required": ["number"],
            "additionalProperties": False,
        },
    },
    "required": ["inputs", "expectations"],
    "additionalProperties": False,
}  # fmt: skip


def mixed_plan(**keys: Any) -> Plan:
    """The agents' two categories, and one of templates."""
    chat = chat_plan().model_dump(mode="json", by_alias=True, exclude_unset=True)
    chat["categories"].append({"name": "forms", "count": 20, "templates": ["Form {n}"]})
    return Plan.model_validate({**chat, **keys})


def fill(book: Book, *, structs: bool = False, prompts: bool = False) -> list[str]:
    """Small batches before, between and after two shards; gives the ids in the dataset's order."""
    ids = []
    for stratum, size, refused, quality in ((0, 2, 1, 1.0), (2, 1, 0, 0.5), (3, 4, 0, 1.0), (1, 1, 2, 1.0),
                                            (2, 3, 0, 0.75), (3, 2, 0, 1.0), (1, 2, 0, 0.25)):  # fmt: skip
        category, first = book.history.strata()[stratum].category, 0
        if stratum == 3:
            first = book.large(3, size, structs=structs, prompts=prompts).start
        else:
            first = book.history.next_candidates().get(category, 0) + refused
            book.small(stratum, size, refused=refused, quality=quality)
        ids += [f"{category}-{first + n}" for n in range(size)]
    return ids


def finished(book: Book, out: Path, state: Status = "incomplete") -> Finished:
    return finish(book.history, book.plan, out, state, None, NoSink(), Grounds(book.plan, {}))


def lines(file: Path) -> list[Any]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def ids(file: Path) -> list[str]:
    return [line["id"] for line in lines(file)]


def test_files_of_a_mixed_dataset_are_in_the_order_of_commits(tmp_path: Path) -> None:
    with Book(tmp_path / "talk", mixed_plan()) as book:
        expected = fill(book)
        told = finished(book, tmp_path / "out").metadata
    assert ids(tmp_path / "out" / "all.jsonl") == expected
    assert lines(tmp_path / "out" / "all.jsonl")[2] == {
        "id": "notes-0", "category": "notes", "tier": None, "quality": 0.5, "record": json.loads(text_of("notes", 0)),
    }  # fmt: skip
    golden = [line["id"] for line in lines(tmp_path / "out" / "all.jsonl") if line["quality"] >= 0.7]
    assert ids(tmp_path / "out" / "golden.jsonl") == golden
    assert 0 < len(golden) < len(expected)
    assert [row["candidate"] for row in lines(tmp_path / "out" / "rejected.jsonl")] == [
        json.loads(text_of("chat", number)) for number in (0, 3, 4)
    ]
    assert told["counts"]["accepted"] == len(expected)
    assert told["counts"]["rejected"] == {"duplicate": 3}
    usage = {"calls": 5, "tokens_in": 500, "tokens_cached": 50, "tokens_out": 250, "cost_usd": 1.25}
    assert {name: told["usage"][name] for name in usage} == usage
    assert [(row["model"], row["calls"]) for row in told["usage"]["by_model"]] == [("small", 5)]
    assert [(row["category"], row["tier"], row["calls"]) for row in told["usage"]["by_stratum"]] == [
        ("chat", "easy", 1), ("chat", "hard", 2), ("notes", None, 2)
    ]  # fmt: skip
    assert (tmp_path / "out" / "README.md").read_text().count("model calls") == 1


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_what_is_added_after_an_interruption_comes_after_what_was_there(tmp_path: Path, form: str) -> None:
    plan = mixed_plan(output={"format": form})
    out = tmp_path / "out"

    def there() -> list[str]:
        if form == "jsonl":
            return ids(out / "all.jsonl")
        return [value for file in sorted(out.glob("data/*")) for value in parquet.read_table(file)["id"].to_pylist()]

    with Book(tmp_path / "talk", plan) as book:
        first = fill(book)
        finished(book, out, "interrupted")
        assert there() == first
    with Book(tmp_path / "talk", plan) as book:
        more = fill(book)
        finished(book, out)
        finished(book, out)
        assert there() == first + more
        assert len(set(there())) == len(there())


def test_small_batches_share_parquet_files_and_shards_are_copied(tmp_path: Path) -> None:
    with Book(tmp_path / "talk", mixed_plan(output={"format": "parquet"})) as book:
        fill(book)
        facts = finished(book, tmp_path / "out").metadata["files"]
        shards = [(book.ledger.folder / shard.path).read_bytes() for _, shard in book.history.shards()]
    parts = sorted((tmp_path / "out" / "data").iterdir())
    assert [facts[f"data/{path.name}"]["rows"] for path in parts] == [3, 4, 4, 2, 2]
    assert [parts[1].read_bytes(), parts[3].read_bytes()] == shards
    assert len({str(parquet.read_schema(path).remove_metadata()) for path in parts}) == 1


def test_the_split_keeps_what_is_alike_together(tmp_path: Path) -> None:
    plan = mixed_plan(split={"test": 0.3}, output={"format": "parquet"})
    with Book(tmp_path / "talk", plan) as book:
        for n in range(8):
            batch = book.begin(0, 2)
            texts = [text_of("chat", 2 * n + i) for i in range(2)]
            prints = Fingerprints(prints_of(texts).exact, np.array([n % 4, n % 4], np.uint64))
            book.commit(batch, [StoredRecord(2 * n + i, 1.0, text) for i, text in enumerate(texts)], prints=prints)
        book.large(3, 4)
        told = finished(book, tmp_path / "out").metadata
    rows = parquet.read_table(tmp_path / "out" / "data").to_pylist()
    assert told["split"]["train"] + told["split"]["test"] == len(rows) == 20
    sides: dict[int, set[str]] = {}
    for row in rows[:16]:
        sides.setdefault(int(row["id"].split("-")[1]) // 2 % 4, set()).add(row["split"])
    assert all(len(side) == 1 for side in sides.values())
    assert {side for found in sides.values() for side in found} == {"train", "test"}


def test_records_are_structs_where_all_share_a_schema(tmp_path: Path) -> None:
    plan = chat_plan(output={"format": "parquet"}, record_schema=RECORD)
    misfit = '{"inputs":{"text":"x"},"expectations":{"number":123456789012345678901234567890}}'
    with Book(tmp_path / "talk", plan) as book:
        book.small(0, 2)
        finished(book, tmp_path / "out")
        table = parquet.read_table(tmp_path / "out" / "data")
        assert table["record"].to_pylist() == [json.loads(text_of("chat", number)) for number in (0, 1)]
        book.commit(book.begin(0, 1), [StoredRecord(2, 1.0, misfit)])
        finished(book, tmp_path / "out")
    assert parquet.read_table(tmp_path / "out" / "data")["record"].to_pylist()[2] == misfit


@pytest.mark.parametrize("is_fit", [True, False])
def test_records_take_the_shape_of_the_shards_if_they_can(tmp_path: Path, is_fit: bool) -> None:
    with Book(tmp_path / "talk", mixed_plan(output={"format": "parquet"})) as book:
        expected = fill(book, structs=True)
        if not is_fit:
            book.commit(book.begin(0, 1), [StoredRecord(50, 1.0, '{"other":1}')])
            expected.append("chat-50")
        finished(book, tmp_path / "out")
    table = parquet.read_table(tmp_path / "out" / "data")
    assert table["id"].to_pylist() == expected
    assert pa.types.is_struct(table["record"].type) == is_fit
    records = table["record"].to_pylist()[:9]
    assert [record if is_fit else json.loads(record) for record in records][3] == json.loads(text_of("forms", 0))


def test_records_have_no_prompt_where_others_have_one(tmp_path: Path) -> None:
    with Book(tmp_path / "talk", mixed_plan(output={"format": "parquet"})) as book:
        fill(book, prompts=True)
        finished(book, tmp_path / "out")
    prompts = parquet.read_table(tmp_path / "out" / "data")["prompt"].to_pylist()
    assert prompts[:5] == [None, None, None, "Number 0, please", "Number 1, please"]


FORMATS = {"jsonl": 15, "parquet": 15, "csv": 16, "openai-chat": 15, "alpaca": 15, "sharegpt": 15, "mlflow-eval": 15}


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_has_every_record(tmp_path: Path, form: str) -> None:
    with Book(tmp_path / "talk", mixed_plan()) as book:
        expected = fill(book)
        told = export("talk", form, tmp_path / "file", tmp_path)  # while a run has the ledger open
    assert "not finished: 15 of 80 records" in told[0]
    if form == "parquet":
        assert parquet.read_table(tmp_path / "file")["id"].to_pylist() == expected
    else:
        assert len((tmp_path / "file").read_text().splitlines()) == FORMATS[form]
    if form == "csv":
        with (tmp_path / "file").open(newline="") as file:
            assert [row["id"] for row in csv.DictReader(file)] == expected


def test_sides_and_hub_folders(tmp_path: Path) -> None:
    with Book(tmp_path / "talk", mixed_plan(split={"test": 0.4})) as book:
        fill(book)
    export("talk", "hf", tmp_path / "hub", tmp_path)
    sides = {path.stem: parquet.read_metadata(path).num_rows for path in (tmp_path / "hub" / "data").iterdir()}
    assert sides.keys() == {"train", "test"}
    for side, rows in sides.items():
        export("talk", "jsonl", tmp_path / side, tmp_path, side)
        assert len(lines(tmp_path / side)) == rows


# ---- one record, and all figures ----------------------------------------------------------------------------


def test_the_life_of_a_record_that_a_model_wrote(tmp_path: Path) -> None:
    with Book(tmp_path / "talk", chat_plan()) as book:
        book.small(2, 1)
        batch = book.small(0, 2, refused=1, quality=0.5)
        book.call(batch.number, "small", "timeout")
        book.call(batch.number, "large", cost=0.75)
        life = explain("talk", "chat-2", tmp_path)
        refused = explain("talk", "chat-0", tmp_path)
    assert life["batch"] == {
        "number": 1, "start": 0, "size": 2, "attempt": 1, "accepted": 2, "rejected": 1, "cost_usd": 1.0
    }  # fmt: skip
    assert life["brief"] == {"wanted": 2, "attributes": {"style": "s1"}}
    assert life["prompts"] == [{"name": "batch", "sha256": PROMPT}]
    assert [(call["turn"], call["model"], call["outcome"], call["cost_usd"]) for call in life["calls"]] == [
        (0, "small", "answered", 0.25), (1, "small", "timeout", 0.0), (2, "large", "answered", 0.75)
    ]  # fmt: skip
    assert life["calls"][0].keys() >= {"tokens_in", "tokens_out", "latency_ms", "prompt_sha256"}
    assert (life["verdict"], life["cost_usd"], life["quality"], life["golden"]) == ("accepted", 0.5, 0.5, False)
    assert (life["id"], life["tier"], life["record"]) == ("chat-2", "easy", json.loads(text_of("chat", 2)))
    assert (refused["verdict"], refused["reason"], refused["cost_usd"]) == ("refused", "duplicate", 0.0)
    assert refused["record"] == json.loads(text_of("chat", 0))
    assert refused["batch"] == life["batch"]


def test_the_life_of_a_record_in_a_shard(tmp_path: Path) -> None:
    with Book(tmp_path / "talk", mixed_plan()) as book:
        fill(book)
    life = explain("talk", "forms-5", tmp_path)
    assert (life["verdict"], life["shard"], life["calls"], life["cost_usd"]) == (
        "accepted", "shards/part-00005.parquet", [], 0.0,
    )  # fmt: skip
    assert "brief" not in life


@pytest.mark.parametrize("name", ["chat-99", "chat-01", "chat-", "chat", "chat-x", "other-1", "chat-" + "9" * 40, "-1"])
def test_records_that_are_not_there(tmp_path: Path, name: str) -> None:
    with Book(tmp_path / "talk", chat_plan()) as book:
        book.small(0, 2)
    with pytest.raises(InputError, match="has no record"):
        explain("talk", name, tmp_path)


def test_status_tells_what_calls_took(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Book(tmp_path / "talk", chat_plan()) as book:
        book.call(None, "planner")
        batch = book.small(0, 2)
        book.call(batch.number, "small", "server_error")
        book.small(2, 1)
    state = status("talk", tmp_path)
    usage = state["usage"]
    assert (usage["calls"], usage["failed_calls"], usage["cost_usd"]) == (3, 1, 0.75)
    assert [(row["model"], row["calls"], row["failed_calls"]) for row in usage["by_model"]] == [
        ("planner", 1, 0), ("small", 2, 1)
    ]  # fmt: skip
    assert [(row["category"], row["tier"], row["tokens_out"]) for row in usage["by_stratum"]] == [
        (None, None, 50), ("chat", "easy", 50), ("notes", None, 50)
    ]  # fmt: skip
    print_status(state)
    told = capsys.readouterr().out
    assert "3 model calls and 1 that failed, 0.75 USD" in told
    assert [line.split() for line in told.splitlines() if line.startswith("small")] == [
        ["small", "2", "1", "200", "30", "100", "0.50", "USD"]
    ]  # fmt: skip


def test_status_without_calls_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Book(tmp_path / "talk", mixed_plan()) as book:
        book.large(3, 2)
        print_outcome(finished(book, tmp_path / "out"), to_stdout=True)
    print_status(status("talk", tmp_path))
    told = capsys.readouterr().out
    assert "0 model calls, 0.00 USD; checkpoint" in told
    assert "tokens" not in told


# ---- resuming and recovering --------------------------------------------------------------------------------


def test_a_ledger_that_lost_records_is_refused(tmp_path: Path) -> None:
    plan = chat_plan()
    with Book(tmp_path / "talk", plan) as book:
        book.small(0, 2)
    open_ledger(tmp_path / "talk", plan, {}, fresh=False).close()
    connection = sqlite3.connect(tmp_path / "talk" / LEDGER_FILE)
    connection.execute("DELETE FROM records WHERE number = 0")
    connection.commit()
    connection.close()
    with pytest.raises(CheckpointError, match="does not hold the records of 1 batches, such as number 0"):
        open_ledger(tmp_path / "talk", plan, {}, fresh=False)


def test_records_in_the_ledger_take_any_shape_and_shards_do_not(tmp_path: Path) -> None:
    with Book(tmp_path / "talk", mixed_plan()) as book:
        book.small(0, 2)
        for shape in (None, pa.struct([("n", pa.int64())])):
            refuse_other_shape(book.history, shape, has_prompts=False)
        book.large(3, 2)
        refuse_other_shape(book.history, None, has_prompts=False)
        number = pa.struct([("n", pa.int64())])
        for shape, prompts, twins in ((None, True, False), (None, False, True), (number, False, False)):
            with pytest.raises(CheckpointError, match="have a shape"):
                refuse_other_shape(book.history, shape, has_prompts=prompts, has_twins=twins)


def test_a_lost_checkpoint_comes_back_with_what_was_paid(tmp_path: Path) -> None:
    uri = f"sqlite:///{tmp_path}/mlflow.db"
    plan = mixed_plan(mlflow={"tracking_uri": uri}, diversity={"method": "structural"})
    with Book(tmp_path / "old" / "talk", plan) as book:
        fill(book)
        batch = book.begin(1, 3)
        book.call(batch.number, "large", "truncated")
        book.commit(batch, [], [Rejection(77, "parse", "cut", '"..."')])
        key = book.history.key()
        Courier(LedgerOutbox(book.ledger), uri, lambda: MlflowStore(uri), plan, book.history.strata(), key).deliver()
        before = finished(book, tmp_path / "before").metadata
        lives = [explain("talk", name, tmp_path / "old") for name in ("chat-2", "chat-77", "forms-4")]
    recover_checkpoint(tmp_path / "new" / "talk", plan, Settings())
    with open_ledger(tmp_path / "new" / "talk", plan, {}, fresh=False) as ledger:
        grounds = Grounds(plan, {})
        after = finish(ledger.history, plan, tmp_path / "after", "incomplete", None, NoSink(), grounds).metadata
        assert ledger.history.key() == key
        prints = list(ledger.history.fingerprints())
        assert [len(found.exact) for _, found in prints] == [2, 1, 4, 1, 3, 2, 2]
        assert all(found.structural is not None for _, found in prints)
    assert after["files"] == before["files"]
    assert after["counts"] == before["counts"]
    assert after["usage"] == before["usage"]
    for old in lives:
        new = explain("talk", old["id"], tmp_path / "new")
        assert {**new, "prompts": None} == {**old, "prompts": None}


def test_the_memory_does_not_grow_with_the_records(tmp_path: Path) -> None:
    text = json.dumps({"inputs": {"text": "x" * 2000}})

    def peak(book: Book) -> float:
        tracemalloc.start()
        finished(book, tmp_path / "out")
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found / 1e6

    with Book(tmp_path / "talk", chat_plan(100_000)) as book:
        peaks = []
        for first in (0, 4_000):
            for start in range(first, 4 * first + 4_000, 500):
                records = [StoredRecord(start + n, 1.0, text) for n in range(500)]
                book.commit(
                    book.begin(0, 500), records, prints=Fingerprints(np.arange(start, start + 500, dtype=np.uint64))
                )
            peaks.append(peak(book))
    assert peaks[1] < peaks[0] * 1.3 + 1, f"{peaks} MB for 4,000 and 20,000 records"
