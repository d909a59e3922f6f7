import hashlib
import json
import socket
import sqlite3
import sys
import tracemalloc
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pytest

from dataset_agent.errors import SourceError
from dataset_agent.plan.sources import Source
from dataset_agent.tools.sources import Table
from dataset_agent.tools.sources.sql import read_sql

WHERE = "plan.json: $.sources.drugs"
PASSWORD = "s3cr/t@pw"


@pytest.fixture
def base(tmp_path: Path) -> Path:
    with closing(sqlite3.connect(tmp_path / "facts.db")) as connection, connection:
        connection.execute("CREATE TABLE facts (drug TEXT, effect TEXT, patients INTEGER, share REAL)")
        rows = [("Aspirin", "Nausea", 12, 0.5), ("Aspirin", "Rash 5%", None, 1), ("Ibuprofen", "Nausea", 3, None)]
        connection.executemany("INSERT INTO facts VALUES (?, ?, ?, ?)", rows)
    return tmp_path


def read(base: Path, query: str, database: str = "sqlite:///facts.db", **variables: str) -> Table:
    return read_sql(Source(sql=query, database=database), base, WHERE, variables)


def refused(base: Path, query: str, database: str = "sqlite:///facts.db") -> str:
    with pytest.raises(SourceError) as caught:
        read(base, query, database)
    assert PASSWORD not in str(caught.value)
    assert "s3cr" not in str(caught.value)
    return str(caught.value)


def test_rows_keep_their_types(base):
    table = read(base, "SELECT * FROM facts WHERE effect LIKE 'N%' OR effect LIKE '%\\%%' ESCAPE '\\' ORDER BY rowid")
    assert table.columns.to_pydict() == {
        "drug": ["Aspirin", "Aspirin", "Ibuprofen"],
        "effect": ["Nausea", "Rash 5%", "Nausea"],
        "patients": [12, None, 3],
        "share": [0.5, 1.0, None],
    }
    assert table.columns.schema.field("patients").type == pa.int64()
    assert str(table.path) == "sqlite:facts.db"


def test_the_sum_is_of_names_and_rows_in_their_order(base):
    table = read(base, "SELECT drug, patients FROM facts ORDER BY drug, effect")
    lines = [["drug", "patients"], ["Aspirin", 12], ["Aspirin", None], ["Ibuprofen", 3]]
    content = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines).encode()
    assert (table.sha256, table.bytes) == (hashlib.sha256(content).hexdigest(), len(content))
    other = read(base, "SELECT drug, patients FROM facts ORDER BY drug DESC, effect")
    assert other.sha256 != table.sha256


def test_a_colon_and_a_per_cent_sign_are_no_parameters(base):
    assert read(base, "SELECT ':name %s %(x)s' AS said").columns.to_pylist() == [{"said": ":name %s %(x)s"}]


def test_the_database_by_absolute_path_and_from_the_environment(base):
    absolute = f"sqlite:///{base}/facts.db"
    assert read(Path("/"), "SELECT 1 AS one", absolute).rows == 1
    source = Source(sql="SELECT 1 AS one", database_env="FACTS")
    assert read_sql(source, Path("/"), WHERE, {"FACTS": absolute}).rows == 1
    with pytest.raises(SourceError, match=r"\.database_env: the environment variable FACTS is not set"):
        read_sql(source, base, WHERE, {})


def test_a_file_s_name_may_have_any_characters(base):
    (base / "facts.db").rename(base / "facts 100%?#.db")
    assert read(base, "SELECT drug FROM facts", "sqlite:///facts 100%25%3F%23.db").rows == 3


@pytest.mark.parametrize("database", ["sqlite:///none.db", "sqlite:///folder", "sqlite:///file:none.db?uri=true"])
def test_a_file_that_does_not_exist_is_not_made(base, database):
    (base / "folder").mkdir()
    assert "does not exist (paths are relative to the plan)" in refused(base, "SELECT 1", database)
    assert sorted(path.name for path in base.iterdir()) == ["facts.db", "folder"]


@pytest.mark.parametrize("database", ["sqlite://", "sqlite:///:memory:"])
def test_a_database_in_memory_holds_nothing(base, database):
    assert f"{WHERE}.database: names no SQLite file" in refused(base, "SELECT 1", database)


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM facts",
        "INSERT INTO facts (drug) VALUES ('x') RETURNING drug",
        "WITH x AS (SELECT 1) DELETE FROM facts",
        "CREATE TABLE more (a)",
        "ATTACH 'more.db' AS more",
    ],
)
def test_a_query_that_writes_is_refused(base, query):
    before = (base / "facts.db").read_bytes()
    assert f"{WHERE}.sql: a query that writes is refused" in refused(base, query)
    assert (base / "facts.db").read_bytes() == before
    assert [path.name for path in base.iterdir()] == ["facts.db"]


def test_the_connection_itself_writes_nothing(base, monkeypatch):
    monkeypatch.setattr("dataset_agent.tools.sources.sql.refuse_writing", lambda *_, **__: None)
    before = (base / "facts.db").read_bytes()
    for query in ("DELETE FROM facts", "DROP TABLE facts", "WITH x AS (SELECT 1) INSERT INTO facts (drug) VALUES (1)"):
        message = refused(base, query)
        assert "a query that writes is refused (the database says: attempt to write a readonly database)" in message
    assert "one statement at a time" in refused(base, "SELECT 1; DELETE FROM facts")
    assert (base / "facts.db").read_bytes() == before


@pytest.mark.parametrize(
    ("query", "what"),
    [
        ("SELECT * FROM fact", "sqlite:facts.db says: no such table: fact (correct the query)"),
        ("SELECT drugs FROM facts", "no such column: drugs"),
        ("SELECT FROM facts", "syntax error"),
        ("SELECT * FROM facts WHERE drug = 'x'", "the query returned no rows"),
        ("SELECT drug, effect AS drug FROM facts", "the query gives several columns named 'drug' (name each with AS)"),
        ("SELECT 1 AS a; SELECT 2", "holds several statements"),
        ("PRAGMA table_info(facts)", "begins with PRAGMA"),
        ("SELECT 9223372036854775807 AS n UNION ALL SELECT 0.5", "column 'n' does not fit one type: Integer value"),
    ],
)
def test_queries_that_fail(base, query, what):
    message = refused(base, query)
    assert message.startswith(f"{WHERE}.sql: ")
    assert what in message


def test_values_of_two_kinds_are_told_by_row(base):
    many = "WITH n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 7000) "
    message = refused(base, many + "SELECT CASE WHEN i < 6500 THEN i ELSE 'x' END AS code FROM n")
    assert "column 'code' holds a text in row 6,500, a number before (give the column one type in the query" in message
    assert "CAST" in message
    # Nulls come first for more than a portion, whole numbers before fractions: neither is a kind of its own.
    table = read(
        base, many + "SELECT CASE WHEN i > 6000 THEN 'x' END AS a, CASE WHEN i > 6000 THEN 0.5 ELSE i END AS b FROM n"
    )
    assert table.columns.schema.types == [pa.string(), pa.float64()]
    assert table.columns.column("a").null_count == 6000


def test_rows_are_fetched_in_portions(base):
    query = (
        "WITH n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 60000) SELECT i, 'name ' || i AS name FROM n"
    )
    read(base, query + " LIMIT 1")  # imports
    tracemalloc.start()
    table = read(base, query)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert table.rows == 60_000
    assert peak < 6e6, "Python objects of more than a few portions were alive at once"  # all rows take 14 MB


def test_a_file_that_is_no_database(base):
    (base / "facts.csv").write_text("drug,effect\n" * 200)
    assert "sqlite:facts.csv says: file is not a database" in refused(
        base, "SELECT * FROM facts", "sqlite:///facts.csv"
    )


@pytest.mark.parametrize(
    ("database", "what"),
    [
        ("facts.db", "is not the URL of a database"),
        (f"postgresql://me:{PASSWORD}@host:port/facts", "is not the URL of a database"),
        ("nonsuch://me:s3cr%2Ft%40pw@host/facts", "Can't load plugin: sqlalchemy.dialects:nonsuch"),
        ("sqlite+aiosqlite:///facts.db", "the driver 'aiosqlite' is not one that sqlite is read with"),
        ("postgresql+psycopg2://host/facts", "(write postgresql+psycopg:)"),
    ],
)
def test_urls_that_lead_nowhere(base, database, what):
    message = refused(base, "SELECT 1", database)
    assert message.startswith(f"{WHERE}.database: ")
    assert what in message


@pytest.mark.parametrize(
    ("driver", "scheme", "mend"),
    [
        ("psycopg", "postgresql", "install the extra: pip install 'dataset-agent[postgres]'"),
        ("pymysql", "mariadb", "install the extra: pip install 'dataset-agent[mysql]'"),
        ("pyodbc", "mssql+pyodbc", "install the database's driver"),
    ],
)
def test_without_the_driver_the_extra_is_named(base, monkeypatch, driver, scheme, mend):
    monkeypatch.setitem(sys.modules, driver, None)
    message = refused(base, "SELECT 1", f"{scheme}://me:s3cr%2Ft%40pw@localhost/facts")
    assert message.startswith(f"{WHERE}.database: the driver of {scheme.partition('+')[0]} cannot be used")
    assert mend in message


def test_a_server_that_is_down(base):
    pytest.importorskip("psycopg", reason="the extra `postgres` is not installed")
    with socket.socket() as bound:  # bound and never listening: connections are refused
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        message = refused(base, "SELECT 1", f"postgres://me:s3cr%2Ft%40pw@127.0.0.1:{port}/facts")
    assert message.startswith(f"{WHERE}.database: postgresql:127.0.0.1:{port}/facts cannot be reached: ")
    assert "start the database" in message
