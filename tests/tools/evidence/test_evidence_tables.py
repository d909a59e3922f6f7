"""Evidence by name: rows of a table, in its order, whatever the spelling."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_agent.errors import SourceError
from dataset_agent.tools.evidence import Piece, SourceRows, TableEvidence
from dataset_agent.tools.grounding.folding import fold
from dataset_agent.tools.sources import Table


def table(**columns: list[Any]) -> Table:
    return Table(Path("facts.csv"), pa.table(columns), "0" * 64, 1)


def test_rows_that_name_the_object_are_read_in_their_order() -> None:
    labels = table(
        effect=["Nausea", "rash", "  NAUSEA ", None, "Dry\u00a0Mouth", "nausea"],
        text=["Of aspirin.", "Of iron.", "Of zinc.", "Of none.", "Of salt.", "  "],
    )
    found = TableEvidence(labels, "text", "effect", "plan")
    assert found.pieces("nausea", "?") == [Piece("0", "Of aspirin."), Piece("2", "Of zinc.")]
    assert found.pieces("dry mouth", "?") == [Piece("4", "Of salt.")]
    assert found.pieces("fever", "?") == found.pieces("", "?") == []
    found.close()


@given(st.lists(st.sampled_from(["a", "A", " a", "b", "B ", "", None, "ß", "SS"]), min_size=1, max_size=30))
def test_each_row_is_found_under_its_name_alone(names: list[str | None]) -> None:
    if not any(name and name.strip() for name in names):
        return
    texts = [f"row {number}" for number in range(len(names))]
    found = TableEvidence(table(name=names, text=texts), "text", "name", "plan")
    for asked in ("a", "b", "ss"):
        rows = [n for n, name in enumerate(names) if name and fold(name) == fold(asked)]
        assert found.pieces(asked, "?") == [Piece(str(row), texts[row]) for row in rows]


def test_the_sources_rows_are_lines_with_subject_and_object_first() -> None:
    facts = table(
        dose=[100, None, 5],
        effect=["Nausea", "Nausea", "Rash"],
        drug=["Aspirin\n forte", "Zinc", "Iron"],
        brands=[["A", "B"], None, []],
        mild=[True, False, None],
    )
    found = SourceRows(facts, "drug", "effect", "plan")
    assert [piece.text for piece in found.pieces("NAUSEA", "?")] == [
        'drug: Aspirin forte; effect: Nausea; dose: 100; brands: ["A","B"]; mild: true',
        "drug: Zinc; effect: Nausea; mild: false",
    ]
    assert found.pieces("rash", "?") == [Piece("2", "drug: Iron; effect: Rash; dose: 5; brands: []")]
    assert found.pieces("fever", "?") == []


def test_columns_of_numbers_are_named_by_their_digits() -> None:
    found = SourceRows(table(year=[1999, 2000, 1999], name=["a", "b", "c"]), "name", "year", "plan")
    assert [piece.text for piece in found.pieces("1999", "?")] == ["name: a; year: 1999", "name: c; year: 1999"]


def test_missing_and_empty_columns_are_told() -> None:
    facts = table(drug=["a"], effect=["b"], nothing=["  "])
    with pytest.raises(SourceError, match=r"plan\.text: facts\.csv has no column 'texts'.*drug"):
        TableEvidence(facts, "texts", "effect", "plan")
    with pytest.raises(SourceError, match=r"plan\.match: the column 'nothing' of facts\.csv is empty"):
        TableEvidence(facts, "drug", "nothing", "plan")
    with pytest.raises(SourceError, match=r"plan\.subject: facts\.csv has no column 'Drug' \(did you mean 'drug'"):
        SourceRows(facts, "Drug", "effect", "plan")
    with pytest.raises(SourceError, match=r"plan\.object: facts\.csv has no column 'effects'"):
        SourceRows(facts, "drug", "effects", "plan")
