import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pytest
from pyarrow import parquet

from dataset_agent.errors import InputError
from dataset_agent.tools.export.chat import Exchange, exchange
from dataset_agent.tools.export.evaluation import evaluation
from dataset_agent.tools.export.formats import FORMATS, export
from dataset_agent.tools.export.shards import Row, divided

MakeShard = Callable[..., pa.Table]
YES = {"query": "Which drugs cause rash?", "object": "rash", "answer": "YES", "subjects": ["a", "b"], "recall": 1.0}
NO = {"query": "Does c cause rash?", "subject": "c", "object": "rash", "answer": "NO", "true_object": "fever"}


def lines(path: Path) -> list[Any]:
    return [orjson.loads(line) for line in path.read_bytes().splitlines()]


def row(record: Any, prompt: str | None = None) -> Row:
    return Row("r-1", "c", None, 1.0, True, None, record, prompt)


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_has_all_records(orders: list[pa.Table], tmp_path: Path, format: str) -> None:
    out = tmp_path / "exported"
    facts = export(lambda: iter(orders), format, out)
    assert sum(known.rows for known in facts.values()) == 10
    folder = out if format == "hf" else tmp_path
    assert all((folder / name).stat().st_size == known.bytes for name, known in facts.items())


@pytest.mark.parametrize("format", FORMATS)
def test_a_folder_gets_a_file_named_after_the_format(orders: list[pa.Table], tmp_path: Path, format: str) -> None:
    facts = export(lambda: iter(orders), format, tmp_path)
    assert all((tmp_path / name).is_file() for name in facts)
    assert facts.keys() == {"data/train.parquet"} if format == "hf" else {Path(name).stem for name in facts} == {format}


def test_an_unknown_format(orders: list[pa.Table], tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"'xml' is not a format \(known: jsonl, parquet, csv, .*, hf\)"):
        export(lambda: iter(orders), "xml", tmp_path / "a.xml")


# ---- chat ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "question", "answer"),
    [
        (row({"a": 1}, "Bill of 1"), "Bill of 1", '{"a":1}'),
        (row({"inputs": {"text": "Hi", "lang": "en"}, "expectations": {"answer": "Ho"}}), "Hi", "Ho"),
        (row({"inputs": {"q": "Hi"}, "expectations": {"topic": "returns"}}), "Hi", "returns"),
        (row({"inputs": {"q": "Hi", "k": 2}, "expectations": {"a": True}}), '{"q":"Hi","k":2}', '{"a":true}'),
        (row({"inputs": {"n": 1}, "expectations": {"answer": [1], "x": 2}}), '{"n":1}', "[1]"),
        (row({"inputs": {"text": "Hi"}, "expectations": {"a": "b", "c": "d"}}), "Hi", '{"a":"b","c":"d"}'),
        (row(YES), "Which drugs cause rash?", '["a","b"]'),
        (row(NO), "Does c cause rash?", "NO"),
        (row({"text": "a rash", "codes": ["L50"], "quality": 1.0}), "a rash", '["L50"]'),
        (row({"question": "Who?", "answer": "Ada", "evidence": "Ada.", "document_id": "d"}), "Who?", "Ada"),
        (row({"text": "Nice", "sentiment": "good", "score": 1}), "Nice", '{"sentiment":"good","score":1}'),
    ],
)
def test_a_record_as_an_exchange(asked: Row, question: str, answer: str) -> None:
    assert exchange(asked) == Exchange(question, answer)


@pytest.mark.parametrize("record", [{"name": "Ada"}, {"text": 1}, ["a"], "a", {"inputs": {"a": 1}}, {"text": "alone"}])
def test_a_record_that_is_no_exchange(record: Any) -> None:
    assert not isinstance(exchange(row(record)), Exchange)


def test_chat_formats(shard: MakeShard, tmp_path: Path) -> None:
    table = shard([{"inputs": {"text": "Hi"}, "expectations": {"answer": "Ho"}}])
    due = {
        "openai-chat": {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho"}]},
        "alpaca": {"instruction": "Hi", "input": "", "output": "Ho"},
        "sharegpt": {"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Ho"}]},
    }
    for format, line in due.items():
        export(lambda: iter([table]), format, tmp_path / format)
        assert lines(tmp_path / format) == [line]


def test_categories_without_exchanges_are_named_all_at_once(shard: MakeShard, tmp_path: Path) -> None:
    fine = shard([{"text": "a", "label": "b"}], category="fine")
    silent = shard([{"inputs": {"text": "Hi"}, "expectations": {}}] * 2, category="silent")
    bare = shard([{"name": "Ada"}], category="bare")
    with pytest.raises(InputError) as refused:
        export(lambda: iter([fine, silent, bare]), "alpaca", tmp_path / "a.jsonl")
    told = [str(problem) for problem in refused.value.problems]
    assert told == [
        "category 'silent', record 'silent-0': expects nothing, so there is no answer "
        "(write `expectations`, or export as jsonl)",
        "category 'bare', record 'bare-0': has neither a prompt, nor inputs, nor a question "
        '(set "render": "prompt" in the category, or export as jsonl)',
    ]
    assert list(tmp_path.iterdir()) == []


# ---- MLflow -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "inputs", "expectations"),
    [
        (row({"a": 1}, "Bill of 1"), {"prompt": "Bill of 1"}, {"a": 1}),
        (row([1], "Bill of 1"), {"prompt": "Bill of 1"}, {"record": [1]}),
        (row({"inputs": {"text": "Hi"}, "expectations": {"x": None}}), {"text": "Hi"}, {"x": None}),
        (row({"inputs": "Hi"}), {"record": "Hi"}, None),
        (row(NO), {"query": NO["query"]}, {key: value for key, value in NO.items() if key != "query"}),
        (row({"name": "Ada"}), {"name": "Ada"}, None),
        (row("Ada"), {"record": "Ada"}, None),
    ],
)
def test_a_record_as_mlflow_takes_it(asked: Row, inputs: Any, expectations: Any) -> None:
    line = evaluation(asked)
    assert line["inputs"] == inputs
    assert line.get("expectations") == expectations
    assert line["tags"] == {"id": "r-1", "category": "c", "quality": "1.0"}


# ---- CSV ----------------------------------------------------------------------------------------------------


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_csv_has_a_column_for_each_leaf(shard: MakeShard, tmp_path: Path) -> None:
    records = [
        {"a": {"b": 1.5, "c.d": "x\ny"}, "list": [1, {"k": "v"}], "none": None, "empty": {}},
        {"a": {"b": 2}, "late": True, "a.b": "another"},
        ["no object"],
    ]
    export(lambda: iter([shard(records, prompts=["p", None, None])]), "csv", tmp_path / "a.csv")
    first, second, third = read_csv(tmp_path / "a.csv")
    assert list(first) == [
        "id", "category", "tier", "quality", "golden", "split", "prompt", "record.a.b", "record.a.c\\.d",
        "record.list", "record.none", "record.empty", "record.late", "record.a\\.b", "record",
    ]  # fmt: skip
    assert (first["record.a.b"], first["record.a.c\\.d"]) == ("1.5", "x\ny")
    assert (first["record.list"], first["record.none"], first["record.empty"]) == ('[1,{"k":"v"}]', "", "{}")
    assert (second["record.late"], second["record.a.b"], second["record.a\\.b"]) == ("true", "2", "another")
    assert (third["record"], third["golden"], third["tier"], third["quality"]) == ('["no object"]', "true", "", "1.0")


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+49 30 1", "'+49 30 1"),
        ("-x", "'-x"),
        ("@sum", "'@sum"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("-3.5", "-3.5"),
        ("+1e-9", "+1e-9"),
        ("-.5", "-.5"),
        ("-1-1", "'-1-1"),
        ("a=1", "a=1"),
        ("", ""),
    ],
)
def test_csv_holds_no_formula(shard: MakeShard, tmp_path: Path, text: str, cell: str) -> None:
    export(lambda: iter([shard([{"a": text, "=key": -3.5}])]), "csv", tmp_path / "a.csv")
    (line,) = read_csv(tmp_path / "a.csv")
    assert line["record.a"] == cell
    assert line["record.=key"] == "-3.5"


# ---- Parquet ------------------------------------------------------------------------------------------------


def test_hf_has_a_file_for_each_side(orders: list[pa.Table], tmp_path: Path) -> None:
    sides = np.array([0, 1, 0, 0, 0, 1, 0, 0], np.int8)
    facts = export(lambda: divided(orders, sides), "hf", tmp_path)
    assert {name: known.rows for name, known in facts.items()} == {"data/train.parquet": 6, "data/test.parquet": 2}
    assert parquet.read_table(tmp_path / "data/test.parquet")["split"].to_pylist() == ["test", "test"]
    export(lambda: iter(orders), "hf", tmp_path)
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["train.parquet"]


@pytest.mark.parametrize("format", ["parquet", "hf"])
def test_parquet_without_records_is_refused(tmp_path: Path, format: str) -> None:
    with pytest.raises(InputError, match="there is no record to write"):
        export(lambda: iter(()), format, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []
