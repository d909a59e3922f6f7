from __future__ import annotations

import sqlite3
from importlib import resources
from pathlib import Path

import numpy as np
import orjson
import pytest
from ledgers import PROMPT, Book, chat_plan, text_of

from dataset_agent.errors import CheckpointError
from dataset_agent.plan import Plan, plan_bytes, sha256_of_plan
from dataset_agent.records import Fingerprints, Rejection, StoredRecord, Stratum, Usage
from dataset_agent.state.history import LEDGER_FILE, History
from dataset_agent.state.ledger import Ledger
from dataset_agent.state.paid import UsageRow


def test_records_come_in_the_order_of_commits(tmp_path: Path) -> None:
    with Book(tmp_path, chat_plan()) as book:
        late = book.begin(1, 2)
        book.small(0, 3, refused=1)
        book.large(2, 4)
        book.small(2, 2, quality=0.5)
        book.commit(late, [StoredRecord(40, 0.75, text_of("chat", 40)), StoredRecord(41, 0.25, text_of("chat", 41))])
        history = book.history
        ids = ["chat-1", "chat-2", "chat-3", "notes-0", "notes-1", "chat-40", "chat-41"]
        assert [record.id for record in history.records()] == ids
        assert [record.tier for record in history.records()] == ["easy"] * 3 + [None] * 2 + ["hard"] * 2
        assert [record.id for record in history.records(1, 3)] == ids[3:5]
        assert history.qualities().tolist() == [1.0, 1.0, 1.0, 0.5, 0.5, 0.75, 0.25]
        assert history.qualities(3).tolist() == [0.75, 0.25]
        assert [position for position, _ in history.shards()] == [2]
        assert history.records_of(late.number)[1] == StoredRecord(41, 0.25, text_of("chat", 41))
        assert history.record(late.number, 40) == StoredRecord(40, 0.75, text_of("chat", 40))
        assert history.record(late.number, 42) is None
        assert [progress.accepted for progress in history.progress()] == [3, 2, 6]
        assert history.lacking() == []


def test_a_candidate_is_found_by_its_number(tmp_path: Path) -> None:
    with Book(tmp_path, chat_plan()) as book:
        first, shard = book.small(0, 3, refused=1), book.large(2, 4)
        second = book.small(1, 2, refused=2)
        found = {(name, n): book.history.batch_of(name, n) for name in ("chat", "notes") for n in range(10)}
        batches = {key: committed.batch for key, committed in found.items() if committed}
        assert batches == (
            {("chat", n): first for n in range(4)}
            | {("chat", n): second for n in range(4, 8)}
            | {("notes", n): shard for n in range(4)}
        )


def test_what_is_missing_is_noticed(tmp_path: Path) -> None:
    with Book(tmp_path, chat_plan()) as book:
        book.large(2, 4)
        batch = book.small(0, 3)
    connection = sqlite3.connect(tmp_path / LEDGER_FILE)
    connection.execute("DELETE FROM records WHERE number = 1")
    connection.commit()
    connection.close()
    with History(tmp_path) as history:
        assert history.lacking() == [batch.number]


def test_fingerprints_come_back_as_they_were(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    prints = Fingerprints(
        rng.integers(0, 2**63, 3, np.uint64),
        rng.integers(0, 2**63, 3, np.uint64),
        rng.integers(0, 2**32, (3, 128), np.uint32),
        rng.normal(size=(3, 7)).astype(np.float16),
        rng.integers(0, 2**63, 3, np.uint64),
    )
    with Book(tmp_path, chat_plan()) as book:
        batch = book.begin(1, 3)
        book.commit(batch, [StoredRecord(n, 1.0, "{}") for n in range(3)], prints=prints)
        empty = book.begin(1, 3)
        book.commit(empty, [], [Rejection(3, "schema", "bad", "{}")])
        book.small(2, 2)
        (one, found), (other, plain) = book.history.fingerprints()
        assert (one, other) == (1, 2)
        for name in ("exact", "structural", "signatures", "embeddings", "senses"):
            column = getattr(prints, name)
            assert np.array_equal(getattr(found, name), column) and getattr(found, name).dtype == column.dtype
        assert (plain.structural, plain.embeddings, plain.senses) == (None, None, None)
        likenesses = list(book.history.likenesses())
        assert [likeness.stratum for likeness in likenesses] == [1, 2]
        assert np.array_equal(likenesses[0].group, prints.structural)
        assert np.array_equal(likenesses[1].group, plain.exact)


def test_calls_are_counted_by_model_and_stratum(tmp_path: Path) -> None:
    with Book(tmp_path, chat_plan()) as book:
        book.call(None, "planner")
        first = book.small(0, 2)
        book.call(first.number, "small", "rate_limited")
        book.call(first.number, "large", "refused")
        book.small(2, 1)
        history = book.history
        assert history.usage() == Usage(4, 300, 50, 150, 0.75, 1)
        assert history.usage_rows() == [
            UsageRow("planner", None, None, Usage(1, 100, 10, 50, 0.25, 0)),
            UsageRow("large", "chat", "easy", Usage(1, 0, 10, 0, 0.0, 0)),
            UsageRow("small", "chat", "easy", Usage(1, 100, 20, 50, 0.25, 1)),
            UsageRow("small", "notes", None, Usage(1, 100, 10, 50, 0.25, 0)),
        ]
        assert [(call.turn, call.model, call.outcome, call.answer) for call in history.calls_of(first.number)] == [
            (0, "small", "answered", None),
            (1, "small", "rate_limited", None),
            (2, "large", "refused", None),
        ]
        assert orjson.loads(history.brief_of(first.number) or "")["wanted"] == 2
        assert (history.brief_of(99), history.prompt_name(PROMPT), history.prompt_name("no")) == (None, "batch", None)
        book.ledger.note_approval("ann", "start", "40 records", at="2026-01-02T03:04:05.000+00:00")
        assert [(found.who, found.what, found.detail) for found in history.approvals()] == [
            ("ann", "start", "40 records")
        ]


PLAN = Plan.model_validate({"dataset_name": "old", "categories": [{"name": "a", "count": 3}]})


@pytest.fixture
def first_version(tmp_path: Path) -> Path:
    """A ledger as the first version of the program wrote it, with one committed batch."""
    script = resources.files("dataset_agent.state.migrations").joinpath("0001_initial.sql").read_text()
    connection = sqlite3.connect(tmp_path / LEDGER_FILE)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.executescript(f"{script}; PRAGMA user_version = 1")
    connection.execute("INSERT INTO dataset VALUES ('key')")
    row = (plan_bytes(PLAN), sha256_of_plan(PLAN), "2026-01-02T03:04:05.000+00:00")
    connection.execute("INSERT INTO plans (plan, sha256, adopted_at) VALUES (?, ?, ?)", row)
    connection.execute("INSERT INTO runs (revision, started_at, versions) VALUES (1, '2026-01-02', '{}')")
    connection.execute("INSERT INTO strata (id, category, tier, planned) VALUES (0, 'a', NULL, 3)")
    connection.execute("INSERT INTO batches VALUES (0, 0, 0, 3, 1, 1, 1, 2, 1, 3, 0.5, 1700000000000)")
    connection.execute("INSERT INTO shards VALUES (0, 'shards/part-00000.parquet', 2, 10, '00')")
    connection.execute("INSERT INTO rejections VALUES (0, 1, 'duplicate', 'as before', '{}')")
    exact = np.array([7, 8], np.uint64).tobytes()
    connection.execute("INSERT INTO fingerprints VALUES (0, ?, NULL, NULL)", [exact])
    connection.commit()
    connection.close()
    return tmp_path


def check(history: History) -> None:
    assert history.strata() == [Stratum(0, "a", None, 3)]
    assert [(progress.accepted, progress.rejected) for progress in history.progress()] == [(2, {"duplicate": 1})]
    assert [shard.rows for _, shard in history.shards()] == [2]
    assert list(history.records()) == []
    assert (history.usage(), history.usage_rows(), history.calls_of(0)) == (Usage(), [], [])
    assert (history.brief_of(0), history.prompt_name(""), history.approvals()) == (None, None, [])
    ((stratum, prints),) = history.fingerprints()
    assert (stratum, prints.exact.tolist(), prints.embeddings, prints.senses) == (0, [7, 8], None, None)
    assert history.batch_of("a", 1) == history.batch_of("a", 2) == history.committed()[0]
    assert history.lacking() == []


def test_a_ledger_of_the_first_version_is_read_as_it_is(first_version: Path) -> None:
    with History(first_version) as history:
        history.freeze()
        check(history)
    assert sqlite3.connect(first_version / LEDGER_FILE).execute("PRAGMA user_version").fetchone() == (1,)


def test_a_ledger_of_the_first_version_is_migrated_and_goes_on(first_version: Path) -> None:
    with Ledger(first_version) as ledger:
        check(ledger.history)
    with Book(first_version, PLAN) as book:
        book.small(0, 1)
        assert [record.id for record in book.history.records()] == ["a-2"]


def test_what_is_no_ledger_is_named(tmp_path: Path) -> None:
    (tmp_path / LEDGER_FILE).write_bytes(b"no database at all" * 100)
    with pytest.raises(CheckpointError, match="cannot be read"):
        History(tmp_path)
