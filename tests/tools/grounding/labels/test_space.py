"""Labels over a source: every candidate is a text with its true labels, in the lane of its label's frequency."""

import csv
import pickle
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_agent.errors import SourceError
from dataset_agent.plan import Category, Tier
from dataset_agent.tools.grounding.folding import fold
from dataset_agent.tools.grounding.labels.quality import label_form
from dataset_agent.tools.grounding.labels.space import MOST_SHOWN, Labels
from dataset_agent.tools.sources import Table, read_table

Rows = list[tuple[str, ...]]
DIABETES: Rows = [
    ("Type 2 diabetes", "E11.9", "4"),
    ("type 2  DIABETES", "e119", "4"),
    ("Cholera", "A00", "1"),
    ("Cholera", "A00.9", "1"),
    ("", "A01", "1"),
    ("Typhoid", "", "1"),
    ("Typhoid fever", "A01.0", ""),
]


def table_of(folder: Path, rows: Rows) -> Table:
    file = folder / "codes.csv"
    with file.open("w", encoding="utf-8", newline="") as opened:
        csv.writer(opened).writerows([("description", "code", "chapter")[: len(rows[0])], *rows])
    return read_table(file, where="plan.json: $.sources.icd")


def category_of(**keys: Any) -> Category:
    said = {"name": "c", "count": 1, "task": "label", "source": "icd", "text": "description", "label": "code"}
    return Category.model_validate({**said, **keys})


def labels_of(table: Table, tiers: list[Tier] | None = None, seed: int = 1, **keys: Any) -> Labels:
    return Labels(category_of(**keys), table, tiers, np.uint64(seed), "plan.json: $.categories[0]")


def all_records(labels: Labels) -> list[Any]:
    return [record for lane in labels.lanes for record in labels.records(np.array(lane.numbers, np.int64))]


texts = st.sampled_from(["A", "a ", "B", "b", "C c", "c  C", "D", "Ü", "ü", " "])
codes = st.sampled_from(["E11.9", "e119", "E119", "A00", "a00", "card_lost", "", "X"])
rows_of = st.lists(st.tuples(texts, codes), min_size=1, max_size=40).filter(
    lambda rows: any(text.strip() and code for text, code in rows)
)
TIERS = [
    Tier(name="rare", share=0.2, max_frequency=1),
    Tier(name="some", share=0.3, min_frequency=2, max_frequency=3),
    Tier(name="many", share=0.5, min_frequency=4),
]


@given(rows_of, st.integers(0, 5))
@settings(derandomize=True, max_examples=150)
def test_every_record_is_true_and_every_text_is_in_the_lane_of_its_label(
    tmp_path_factory: pytest.TempPathFactory, rows: Rows, seed: int
) -> None:
    labels = labels_of(table_of(tmp_path_factory.mktemp("codes"), rows), TIERS, seed)
    truth: dict[str, list[str]] = defaultdict(list)
    of_label: dict[str, set[str]] = defaultdict(set)
    for text, code in rows:
        if text.strip() and code:
            of_label[label_form(code)].add(fold(text))
            if label_form(code) not in truth[fold(text)]:
                truth[fold(text)].append(label_form(code))
    records = all_records(labels)
    assert sorted(fold(record["text"]) for record in records) == sorted(truth)
    for record in records:
        assert [label_form(code) for code in record["codes"]] == truth[fold(record["text"])]
        assert record["source_code"] == record["codes"][0] and record["quality"] == 1.0
        assert all(check.refuse(record, None) is None for check in labels.checks)
    for lane, (low, high) in zip(labels.lanes, [(1, 1), (2, 3), (4, 99)], strict=True):
        about = {label_form(labels.truth(number)[0]) for number in lane.numbers}
        assert lane.objects == len(about) == len({labels.object_of(number) for number in lane.numbers})
        assert all(low <= len(of_label[label]) <= high for label in about)
    assert [number for lane in labels.lanes for number in lane.numbers] == list(range(len(truth)))


def test_a_source_is_cleaned_and_says_so(tmp_path: Path) -> None:
    labels = labels_of(table_of(tmp_path, DIABETES), group="chapter")
    by_text = {record["text"]: record for record in all_records(labels)}
    assert by_text == {
        "Type 2 diabetes": {"text": "Type 2 diabetes", "codes": ["E11.9"], "quality": 1.0, "source_code": "E11.9"},
        "Cholera": {"text": "Cholera", "codes": ["A00", "A00.9"], "quality": 1.0, "source_code": "A00"},
        "Typhoid fever": {"text": "Typhoid fever", "codes": ["A01.0"], "quality": 1.0, "source_code": "A01.0"},
    }
    assert labels.notes == [
        "source 'icd': 2 rows have an empty cell and are left out",
        "source 'icd': 1 spellings of labels differ from another in case, white space or dots alone and are taken "
        "together",
        "source 'icd': 1 rows repeat a text with its label and count once",
        "source 'icd': 1 texts have more than one label: each of them is right, and the first is their `source_code`",
    ]
    assert labels.closed_set == ["A00", "A00.9", "A01.0", "E11.9"] and labels.label_count == 4 and labels.entries == 3
    assert labels.groups == {"e11.9": "4", "a00": "1", "a01.0": ""}
    assert (labels.group_of("E119"), labels.group_of("a01.0"), labels.group_of("Z")) == ("4", None, None)
    assert labels_of(table_of(tmp_path, DIABETES)).groups == {}


def test_a_label_is_spelled_as_the_source_spells_it(tmp_path: Path) -> None:
    rows: Rows = [
        ("a", "card_lost"),
        ("b", "Card_Lost"),
        ("c", "Card_Lost"),
        ("d", "E11.9"),
        ("e", "x_y"),
        ("f", "x-y"),
    ]
    labels = labels_of(table_of(tmp_path, rows))
    assert [labels.spelling(code) for code in ("CARD_lost", "card lost", "e119", "x_y", "x y", "no", "")] == [
        "Card_Lost", "Card_Lost", "E11.9", "x_y", None, None, None,
    ]  # fmt: skip


def test_what_is_wrong_is_refused(tmp_path: Path) -> None:
    labels = labels_of(table_of(tmp_path, DIABETES))
    (check,) = labels.checks
    right = {"text": "cholera", "codes": ["A01", "A009"], "quality": 0.9, "source_code": "a00.9"}
    assert check.reason == "facts" and check.refuse(right, None) is None
    wrong = [
        ({"text": "Plague"}, "text: the source has no 'Plague'"),
        ({"source_code": "A01.0"}, "source_code: 'A01.0', by the source 'A00' or 'A00.9'"),
        ({"quality": 1.0}, "quality: 1.0, by the source 0.9"),
        ({"codes": ["E11.9"]}, "quality: 0.9, by the source 0.0"),
    ]
    for changed, told in wrong:
        assert check.refuse({**right, **changed}, None) == told


def test_the_order_is_shuffled_by_the_key_and_whoever_asks_gets_the_same(tmp_path: Path) -> None:
    table = table_of(tmp_path, [(f"text {number}", f"L{number % 7}") for number in range(200)])
    first, second, other = labels_of(table), labels_of(table), labels_of(table, seed=2)
    assert all_records(first) == all_records(second) == all_records(pickle.loads(pickle.dumps(first)))
    assert all_records(first) != all_records(other)
    assert [record["text"] for record in all_records(first)] != [f"text {number}" for number in range(200)]
    numbers = np.array([150, 3, 77], np.int64)
    assert [record["text"] for record in first.records(numbers)] == [second.text(int(number)) for number in numbers]


def test_numbers_are_texts(tmp_path: Path) -> None:
    columns = pa.table({"description": [1, 2, None], "code": [10, 20, 30]})
    labels = labels_of(Table(tmp_path / "t.parquet", columns, "", 0))
    assert sorted((record["text"], record["source_code"]) for record in all_records(labels)) == [
        ("1", "10"),
        ("2", "20"),
    ]


@pytest.mark.parametrize("key", ["text", "label", "group"])
def test_a_missing_column_is_named_with_those_there_are(tmp_path: Path, key: str) -> None:
    with pytest.raises(SourceError) as raised:
        labels_of(table_of(tmp_path, DIABETES), **{key: "chaptre"})
    told = str(raised.value)
    assert f"$.categories[0].{key}" in told and "'chaptre'" in told and "chapter" in told


def test_a_table_without_a_labelled_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"no row of .* has both 'description' and 'code'"):
        labels_of(table_of(tmp_path, [("a", ""), (" ", "b")]))


def test_a_hundred_thousand_rows_are_no_matter(tmp_path: Path) -> None:
    count = 100_000
    columns = pa.table(
        {
            "description": [f"Disease number {number} of the list, unspecified" for number in range(count)],
            "code": [f"{chr(65 + number % 26)}{number % 100:02}.{number:04}" for number in range(count)],
        }
    )
    labels = labels_of(Table(tmp_path / "t.parquet", columns, "", 0))
    assert len(labels.lanes[0].numbers) == count > MOST_SHOWN
    assert labels.closed_set == []
