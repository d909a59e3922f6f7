import csv
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_agent.errors import PlanError, SourceError
from dataset_agent.plan import Category, Tier
from dataset_agent.tools.grounding.folding import fold
from dataset_agent.tools.grounding.reverse.queries import ReverseQueries
from dataset_agent.tools.sources import Table, read_table

Rows = list[tuple[str, str]]


def table_of(folder: Path, rows: Rows) -> Table:
    file = folder / "facts.csv"
    with file.open("w", encoding="utf-8", newline="") as opened:
        csv.writer(opened).writerows([("drug", "effect"), *rows])
    return read_table(file, where="plan.json: $.sources.facts")


def category_of(**keys: Any) -> Category:
    said = {
        "name": "effects", "count": 1, "task": "reverse_query", "source": "facts", "subject": "drug",
        "object": "effect", "query": "Which cause {object}?", "negative_query": "Does {subject} cause {object}?",
    }  # fmt: skip
    return Category.model_validate({**said, **keys})


def queries_of(folder: Path, rows: Rows, tiers: list[Tier] | None = None, seed: int = 1, **keys: Any) -> ReverseQueries:
    return ReverseQueries(category_of(**keys), table_of(folder, rows), tiers, np.uint64(seed), "plan.json: $")


def all_records(queries: ReverseQueries) -> list[Any]:
    return [record for lane in queries.lanes for record in queries.records(np.array(lane.numbers, np.int64))]


names = st.sampled_from(["A", "a ", "B", "b", "C", "D  d", "d D", "E", "Ü", "ü"])
facts = st.lists(st.tuples(names, names), min_size=1, max_size=60)


@given(facts, st.integers(0, 4), st.floats(0, 1), st.integers(0, 5))
@settings(derandomize=True, max_examples=150)
def test_every_record_is_true_and_no_question_comes_twice(
    tmp_path_factory: pytest.TempPathFactory, rows: Rows, negatives: int, hard: float, seed: int
) -> None:
    folder = tmp_path_factory.mktemp("facts")
    queries = queries_of(folder, rows, seed=seed, negatives=negatives, hard_negatives=hard)
    truth = {(fold(s), fold(o)) for s, o in rows}
    subjects: dict[str, set[str]] = defaultdict(set)
    for subject, object in truth:
        subjects[object].add(subject)
    records = all_records(queries)
    for record in records:
        object = fold(record["object"])
        if record["answer"] == "YES":
            given = [fold(subject) for subject in record["subjects"]]
            assert sorted(given) == sorted(subjects[object])
            assert record["subject_count"] == record["expected_count"] == len(given)
        else:
            assert (fold(record["subject"]), object) not in truth
            assert (fold(record["subject"]), fold(record["true_object"])) in truth
        assert all(check.refuse(record, None) is None for check in queries.checks)
    assert len({fold(record["query"]) for record in records}) == len(records)
    (lane,) = queries.lanes
    assert lane.objects == len(subjects)
    answers = Counter(record["answer"] for record in records)
    absent = len(subjects) * len({s for s, _ in truth}) - len(truth)
    assert answers["YES"] == len(subjects) if absent >= negatives * len(subjects) else answers["NO"] == absent


@given(facts, st.integers(1, 3), st.integers(0, 5))
@settings(derandomize=True, max_examples=60)
def test_each_beginning_has_its_negatives_for_each_positive(
    tmp_path_factory: pytest.TempPathFactory, rows: Rows, negatives: int, seed: int
) -> None:
    records = all_records(queries_of(tmp_path_factory.mktemp("facts"), rows, seed=seed, negatives=negatives))
    for end in range(len(records) + 1):
        answers = Counter(record["answer"] for record in records[:end])
        assert 0 <= negatives * answers["YES"] - answers["NO"] <= negatives


def test_a_number_gives_the_same_record_whoever_asked_before(tmp_path: Path) -> None:
    rows = [(f"s{s}", f"o{o}") for s in range(12) for o in range(9) if (s * o + s) % 4]
    first, second = (queries_of(tmp_path, rows, negatives=3, hard_negatives=0.5) for _ in range(2))
    numbers = list(first.lanes[0].numbers)
    forward = [first.record(number) for number in numbers]
    assert [second.record(number) for number in reversed(numbers)] == forward[::-1]


def test_an_easy_negative_has_a_true_object_without_common_subjects(tmp_path: Path) -> None:
    rows = [(f"s{s}", f"o{o}") for o in range(20) for s in range(5 * (o // 2), 5 * (o // 2) + 5)]
    queries = queries_of(tmp_path, rows, negatives=4)
    subjects: dict[str, set[str]] = defaultdict(set)
    for subject, object in rows:
        subjects[object].add(subject)
    for record in all_records(queries):
        if record["answer"] == "NO":
            assert not subjects[record["object"]] & subjects[record["true_object"]]


def test_a_hard_negative_has_a_true_object_that_often_occurs_together(tmp_path: Path) -> None:
    together = [(f"s{s}", object) for s in range(10) for object in ("pain", "ache")]
    rows = [*together, ("s10", "ache"), *((f"t{n}", f"other{n}") for n in range(50))]
    queries = queries_of(
        tmp_path, rows, [Tier(name="t", count=2, min_frequency=10, max_frequency=10)], hard_negatives=1
    )
    yes, no = all_records(queries)
    assert (yes["object"], no["object"], no["true_object"], no["subject"]) == ("pain", "pain", "ache", "s10")


def test_the_share_of_hard_negatives_is_exact(tmp_path: Path) -> None:
    groups = [(f"g{g}s{s}", f"g{g}o{o}") for g in range(6) for s in range(8) for o in range(5) if s != o]
    queries = queries_of(tmp_path, groups, negatives=2, hard_negatives=0.25)
    negatives = [record for record in all_records(queries) if record["answer"] == "NO"]
    hard = [record for record in negatives if record["object"][:2] == record["true_object"][:2]]
    assert len(hard) * 4 == len(negatives)


def test_tiers_take_the_objects_within_their_bounds(tmp_path: Path) -> None:
    rows = [(f"s{s}", f"o{o}") for o in range(1, 31) for s in range(o)] + [("last", "o1")]
    tiers = [Tier(name="rare", count=1, max_frequency=4), Tier(name="common", count=1, min_frequency=20)]
    queries = queries_of(tmp_path, rows, tiers, negatives=1)
    rare, common = queries.lanes
    assert (rare.objects, common.objects) == (4, 11)
    assert {record["object"] for record in queries.records(np.array(rare.numbers))} == {"o1", "o2", "o3", "o4"}
    for record in queries.records(np.array(common.numbers)):
        assert int(record["object"][1:]) >= 20


def test_tiers_that_overlap_are_refused(tmp_path: Path) -> None:
    tiers = [Tier(name="a", count=1, min_frequency=2, max_frequency=9), Tier(name="b", count=1, min_frequency=9)]
    with pytest.raises(PlanError, match=r"'a' \(2 to 9\) and 'b' \(9 or more\) overlap"):
        queries_of(tmp_path, [("s", "o")], tiers)


def test_what_is_folded_is_counted(tmp_path: Path) -> None:
    rows = [("Aspirin", "Pain"), ("ASPIRIN ", "pain"), ("Ibuprofen", "pain"), ("", "pain"), ("x", " ")]
    queries = queries_of(tmp_path, rows, negatives=0)
    (record,) = all_records(queries)
    assert (record["object"], record["subjects"]) == ("pain", ["Aspirin", "Ibuprofen"])
    told = " ".join(queries.notes)
    assert "empty cell are left out: 2" in told and "folded: 2" in told and "repeat a pair count once: 1" in told


def test_missing_columns_name_those_that_exist(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"no column 'efect'.*effect"):
        queries_of(tmp_path, [("s", "o")], object="efect")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"subjects": ["s1"], "subject_count": 1, "recall": 1.0}, "recall: 1.0, by the source 0.5"),
        ({"subjects": ["s1", "S1"]}, "named twice"),
        ({"object": "o9", "query": "Which cause o9?"}, "no 'o9'"),
        ({"expected_count": 3}, "expected_count: 3, by the source 2"),
        ({"query": "Which cause o1!"}, "query"),
    ],
)
def test_a_positive_that_says_otherwise_is_refused(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    queries = queries_of(tmp_path, [("s1", "o1"), ("s2", "o1"), ("s3", "o2")])
    record = next(record for record in all_records(queries) if record["object"] == "o1" and record["answer"] == "YES")
    told = queries.checks[0].refuse({**record, **change}, None)
    assert told is not None and said in told


def test_a_false_negative_is_refused(tmp_path: Path) -> None:
    queries = queries_of(tmp_path, [("s1", "o1"), ("s2", "o2")])
    false = {"query": "Does S1 cause o1?", "subject": "S1", "object": "o1", "answer": "NO", "true_object": "o1"}
    told = queries.checks[0].refuse(false, None)
    assert told is not None and "the source has 'S1' with 'o1'" in told


def test_names_with_braces_stay_as_they_are(tmp_path: Path) -> None:
    queries = queries_of(tmp_path, [("{object}", "x"), ("s", "{subject}")])
    assert {record["query"] for record in all_records(queries)} >= {"Does {object} cause {subject}?", "Which cause x?"}
