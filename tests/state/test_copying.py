"""A copy of a ledger, as a pilot goes on from."""

from pathlib import Path

import pytest

from dataset_agent.errors import CheckpointError
from dataset_agent.plan import Plan, strata_of
from dataset_agent.state.copying import copy_ledger
from dataset_agent.state.history import History
from dataset_agent.state.ledger import Ledger


def plan() -> Plan:
    category = {"name": "say", "count": 3, "templates": ["Say {word}."], "slots": {"word": ["a", "b", "c"]}}
    return Plan.model_validate({"dataset_name": "words", "categories": [category]})


def test_a_ledger_is_copied_while_it_is_written(tmp_path: Path) -> None:
    into = tmp_path / "copy"
    into.mkdir()
    with Ledger(tmp_path / "own") as ledger:
        ledger.adopt(plan(), strata_of(plan()), {})
        ledger.note_pace("m", 23, 5)
        copy_ledger(tmp_path / "own", into)
        ledger.note_pace("m", 24, 5)
        with Ledger(into) as other:
            assert other.history.learned_pace() == {"m": (23, 5)}
            assert [str(stratum) for stratum in other.history.strata()] == ["say"]
            other.note_pace("m", 1, 1)
    with History(tmp_path / "own") as history:
        assert history.learned_pace() == {"m": (24, 5)}, "each goes its own way"


def test_what_is_no_ledger_is_not_copied(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_bytes(b"garbage" * 1000)
    (tmp_path / "copy").mkdir()
    with pytest.raises(CheckpointError, match="cannot be read"):
        copy_ledger(tmp_path, tmp_path / "copy")
