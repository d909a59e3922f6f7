"""Verdicts of people in the ledger."""

from __future__ import annotations

import sqlite3
from importlib import resources
from pathlib import Path

import pytest
from ledgers import Book, chat_plan

from dataset_agent.plan import plan_bytes, sha256_of_plan
from dataset_agent.state.history import LEDGER_FILE, History
from dataset_agent.state.ledger import Ledger
from dataset_agent.state.reviews import Given


def told(history: History) -> list[tuple[str, str, str, str]]:
    return [(review.id, review.verdict, review.reason, review.reviewer) for review in history.reviews()]


def test_the_last_verdict_of_a_record_counts_and_every_one_is_kept(tmp_path: Path) -> None:
    with Book(tmp_path, chat_plan()) as book:
        first, second = book.small(0, 3), book.small(2, 2)
        book.ledger.note_reviews(
            [Given(first.number, 1, "accept", "", "ann"), Given(second.number, 0, "skip", "", "ann")]
        )
        book.ledger.note_reviews([Given(first.number, 1, "reject", "wrong", "bob")])
    with History(tmp_path) as history:
        assert told(history) == [("chat-1", "reject", "wrong", "bob"), ("notes-0", "skip", "", "ann")]
        every = history.reviews_of(first.number, 1)
        assert [(review.verdict, review.quality) for review in every] == [("accept", 1.0), ("reject", 0.0)]
        assert all(review.reviewed_at.endswith("+00:00") for review in every)
        assert history.decided() == {1: {"chat-1": 0.0}}
        assert history.reviews_of(first.number, 2) == []


def test_a_skip_takes_a_verdict_back(tmp_path: Path) -> None:
    with Book(tmp_path, chat_plan()) as book:
        batch = book.small(0, 2)
        for verdict in ("reject", "skip"):
            book.ledger.note_reviews([Given(batch.number, 0, verdict, "", "ann")])
        assert book.history.decided() == {}
        assert list(book.history.decided_rows(0, None)) == []


def test_decided_rows_are_rows_of_the_qualities(tmp_path: Path) -> None:
    with Book(tmp_path, chat_plan()) as book:
        batches = [book.small(stratum, size, refused=1) for stratum, size in ((0, 3), (2, 2), (1, 4))]
        ids = [record.id for record in book.history.records()]
        for batch, number, verdict in ((batches[0], 2, "accept"), (batches[2], 7, "reject"), (batches[1], 1, "reject")):
            book.ledger.note_reviews([Given(batch.number, number, verdict, "", "ann")])
        rows = {ids[row]: quality for row, quality in book.history.decided_rows(0, None)}
        assert rows == {"chat-2": 1.0, "chat-7": 0.0, "notes-1": 0.0}
        later = [record.id for record in book.history.records(1, 2)]
        assert {later[row]: quality for row, quality in book.history.decided_rows(1, 2)} == {"notes-1": 0.0}


def test_verdicts_are_kept_together_or_not_at_all(tmp_path: Path) -> None:
    with Book(tmp_path, chat_plan()) as book:
        batch = book.small(0, 2)
        for bad in (Given(batch.number, 1, "perhaps", "", "ann"), Given(99, 1, "accept", "", "ann")):  # type: ignore[arg-type]
            with pytest.raises(sqlite3.IntegrityError):
                book.ledger.note_reviews([Given(batch.number, 0, "accept", "", "ann"), bad])
        assert book.history.reviews() == []


def test_a_ledger_from_before_reviews_is_read_as_it_is_and_migrated_by_the_first_verdict(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / LEDGER_FILE)
    for number, name in ((1, "0001_initial.sql"), (2, "0002_agents.sql")):
        script = resources.files("dataset_agent.state.migrations").joinpath(name).read_text()
        connection.executescript(f"{script}; PRAGMA user_version = {number}")
    plan = chat_plan()
    row = (plan_bytes(plan), sha256_of_plan(plan), "2026-01-02T03:04:05.000+00:00")
    connection.execute("INSERT INTO plans (plan, sha256, adopted_at) VALUES (?, ?, ?)", row)
    connection.execute("INSERT INTO strata (id, category, tier, planned) VALUES (0, 'chat', 'easy', 3)")
    connection.execute("INSERT INTO batches VALUES (0, 0, 0, 3, 1, NULL, 1, 1, 0, 1, 0.5, 1700000000000)")
    connection.execute("INSERT INTO records VALUES (0, 0, 0.5, '{}')")
    connection.commit()
    connection.close()
    with History(tmp_path) as history:
        history.freeze()
        assert (history.reviews(), history.reviews_of(0, 0), history.decided()) == ([], [], {})
    with Ledger(tmp_path) as ledger:
        ledger.note_reviews([Given(0, 0, "accept", "fine", "ann")])
        assert told(ledger.history) == [("chat-0", "accept", "fine", "ann")]
