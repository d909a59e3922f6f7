import hashlib
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataset_agent.errors import SourceError
from dataset_agent.tools.sources import Table, column, distinct, json_values, read_table

WHERE = "plan.json: $.sources.facts"


def read(folder: Path, name: str, content: bytes, format: str | None = None) -> Table:
    path = folder / name
    path.write_bytes(content)
    return read_table(path, format, where=WHERE)


def refused(folder: Path, name: str, content: bytes) -> str:
    with pytest.raises(SourceError) as caught:
        read(folder, name, content)
    message = str(caught.value)
    assert message.startswith(f"{WHERE}: {folder / name}")
    return message


def test_csv_columns_are_text_without_surrounding_blanks(tmp_path):
    content = (
        b"\xef\xbb\xbfzip, name , note\r\n"
        b'00501, Holtsville ,"-1, 1"\r\n'
        b'\r\n02134, "All, ston","two\nlines, ""so"""\r\n'
        b"  ,\xc3\x85s,\r\n"
    )
    table = read(tmp_path, "towns.csv", content)
    assert table.columns.to_pydict() == {
        "zip": ["00501", "02134", ""],
        "name": ["Holtsville", "All, ston", "Ås"],
        "note": ["-1, 1", 'two\nlines, "so"', ""],
    }
    assert (table.rows, table.bytes, table.sha256) == (3, len(content), hashlib.sha256(content).hexdigest())


def test_tsv_and_a_format_that_the_ending_does_not_say(tmp_path):
    assert read(tmp_path, "a.TSV", b"a\tb\n1\t2,3\n").columns.to_pylist() == [{"a": "1", "b": "2,3"}]
    assert read(tmp_path, "a.txt", b"a,b\n1,2\n", "csv").columns.to_pylist() == [{"a": "1", "b": "2"}]


def test_csv_of_more_rows_than_are_read_at_once_and_of_long_fields(tmp_path):
    long = "x" * 300_000
    content = "n,text\n" + "".join(f"{n},{long if n == 20_001 else n}\n" for n in range(45_000))
    table = read(tmp_path, "long.csv", content.encode())
    assert table.columns["n"].to_pylist() == [str(n) for n in range(45_000)]
    assert table.columns["text"][20_001].as_py() == long


def test_json_lines_keep_types(tmp_path):
    content = b'{"a": 1, "b": "00501", "d": "2024-01-02"}\n\n{"b": null, "c": [true], "a": 2}\r\n'
    table = read(tmp_path, "facts.jsonl", content)
    assert table.columns.to_pylist() == [
        {"a": 1, "b": "00501", "d": "2024-01-02", "c": None},
        {"a": 2, "b": None, "d": None, "c": [True]},
    ]


def test_parquet_keeps_types(tmp_path):
    columns = pa.table(
        {
            "n": pa.array([1, 2], pa.int16()),
            "kind": pa.array(["x", "y"]).dictionary_encode(),
            "view": pa.array(["x", None], pa.string_view()),
            "day": pa.array([date(2024, 1, 2), None]),
        }
    )
    pq.write_table(columns, tmp_path / "facts.parquet")
    table = read_table(tmp_path / "facts.parquet", where=WHERE)
    assert table.columns.to_pylist() == columns.to_pylist()
    assert distinct(table.columns["kind"]).to_pylist() == ["x", "y"]
    assert distinct(table.columns["view"]).to_pylist() == ["x"]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("facts.csv", b"", "is empty"),
        ("facts.csv", b"\xef\xbb\xbf \n", "is empty"),
        ("facts.csv", b"drug,effect\n", "has no rows"),
        ("facts.csv", b'""\n\n', "has no rows"),
        ("facts.csv", b"drug,effect\nA,b\nC,caf\xe9\n", "facts.csv:3: is not UTF-8 at byte 21"),
        ("facts.csv", b"a, b,b \n1,2,3\n", "columns of the same name: 'b'"),
        ("facts.csv", b'a,b\n"1\n2",3\n4,5,6\n', "facts.csv:4: number of fields: 3, in the header: 2"),
        ("facts.csv", b"a,b\n1,2\n3\n", "facts.csv:3: number of fields: 1, in the header: 2"),
        ("facts.csv", b'a,b\n1,2\n3,"4\n5,6\n', "facts.csv:3: the row that begins here is broken"),
        ("facts.csv", b'a,b\n"1"2,3\n', "facts.csv:2: the row that begins here is broken"),
        ("facts.tsv", b"a\tb\n1\n", "facts.tsv:2: number of fields: 1, in the header: 2"),
        ("facts.jsonl", b"\n \n", "is empty"),
        ("facts.jsonl", b'{"a": 1}\n{"a": \n', "facts.jsonl:2: is not JSON"),
        ("facts.jsonl", b'{"a": 1}\n\n[1]\n', "facts.jsonl:3: is a JSON list, not an object"),
        ("facts.jsonl", b'{"a": null}\n{"a": 1}\n{"a": "x"}\n', "facts.jsonl:3: 'a' is a text here, a number before"),
        ("facts.jsonl", b'{"a": [1]}\n{"a": ["x"]}\n', "'a' does not fit one type"),
        ("facts.parquet", b"drug,effect\nA,b\n", "is not a Parquet file"),
        ("facts.xlsx", b"PK", "known endings: .csv, .tsv, .jsonl, .parquet"),
        ("facts", b"a,b", "what format is 'facts'?"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_place(tmp_path, name, content, said):
    assert said in refused(tmp_path, name, content)


def test_a_missing_file_and_a_folder(tmp_path):
    for path, why in ((tmp_path / "none.csv", "No such file"), (tmp_path, "Is a directory")):
        with pytest.raises(SourceError, match=f"cannot be read: {why}"):
            read_table(path, "csv", where=WHERE)


def test_a_parquet_file_with_two_columns_of_one_name_or_no_rows(tmp_path):
    path = tmp_path / "facts.parquet"
    pq.write_table(pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"]), path)
    with pytest.raises(SourceError, match="same name: 'a'"):
        read_table(path, where=WHERE)
    pq.write_table(pa.table({"a": pa.array([], pa.int64())}), path)
    with pytest.raises(SourceError, match="has no rows"):
        read_table(path, where=WHERE)


def test_column_names_what_was_meant_and_what_there_is(tmp_path):
    table = read(tmp_path, "facts.csv", b"drug,effect\nA,b\nC,d\n")
    assert column(table, "effect", WHERE).to_pylist() == ["b", "d"]
    with pytest.raises(SourceError) as caught:
        column(table, "efect", "plan.json: $.categories[0].object")
    assert str(caught.value) == (
        f"plan.json: $.categories[0].object: {table.path} has no column 'efect' "
        "(did you mean 'effect'? known: drug, effect)"
    )


def test_distinct_values_come_in_order_of_first_occurrence():
    assert distinct(pa.chunked_array([["b", None, " "], ["a", "b", ""]])).to_pylist() == ["b", "a"]
    assert distinct(pa.chunked_array([[2, 1, 2, None]])).to_pylist() == [2, 1]
    assert distinct(pa.chunked_array([[["x"], ["y"]], [None, ["x"]]])).to_pylist() == [["x"], ["y"]]
    assert distinct(pa.chunked_array([pa.nulls(3)])).to_pylist() == []


def test_json_values_of_every_type():
    moment = datetime(2024, 1, 2, 3, 4, 5)  # noqa: DTZ001 -- a table may have times without a zone
    for values, expected in [
        (pa.array([9.99, None], pa.float32()), [9.99, None]),
        (pa.array([0.1, float("nan"), float("inf")]), [0.1, None, None]),
        (pa.array([Decimal("1.50")]), [1.5]),
        (pa.array([date(2024, 1, 2)]), ["2024-01-02"]),
        (pa.array([{"day": date(2024, 1, 2)}]), [{"day": "2024-01-02"}]),
        (pa.array([True, None]), [True, None]),
    ]:
        assert json_values(values, WHERE) == expected
    assert datetime.fromisoformat(json_values(pa.array([moment]), WHERE)[0]) == moment
    with pytest.raises(SourceError, match="binary has no JSON form"):
        json_values(pa.array([b"x"]), WHERE)
