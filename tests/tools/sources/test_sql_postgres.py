from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from postgres_server import PASSWORD, binaries, postgres

from dataset_agent.errors import SourceError
from dataset_agent.plan.sources import Source
from dataset_agent.tools.sources import Table
from dataset_agent.tools.sources.sql import read_sql

psycopg = pytest.importorskip("psycopg", reason="the extra `postgres` is not installed")
pytestmark = pytest.mark.skipif(binaries() is None, reason="there is no initdb on this machine")

WHERE = "plan.json: $.sources.drugs"
SET_UP = """
CREATE TABLE facts (id int PRIMARY KEY, drug text, dose numeric(6, 2), approved date, seen timestamptz);
INSERT INTO facts VALUES
    (1, 'Aspirin', 0.50, '1899-03-06', '2024-06-01 12:00:00+02'), (2, 'Ibuprofen', 400, NULL, NULL);
CREATE SEQUENCE numbers;
CREATE FUNCTION forget() RETURNS int LANGUAGE plpgsql AS $$ BEGIN DELETE FROM facts; RETURN 1; END $$;
"""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with postgres() as port:
        with connected(port) as connection:
            connection.execute(SET_UP)
        yield port


def connected(port: int) -> Any:
    return psycopg.connect(host="127.0.0.1", port=port, user="tester", password=PASSWORD, dbname="postgres")


def count(port: int) -> int:
    with connected(port) as connection:
        return int(connection.execute("SELECT count(*) FROM facts").fetchone()[0])


def read(port: int, query: str, password: str = PASSWORD, scheme: str = "postgresql", name: str = "postgres") -> Table:
    url = f"{scheme}://tester:{quote(password, safe='')}@127.0.0.1:{port}/{name}"
    return read_sql(Source(sql=query, database_env="FACTS"), Path(), WHERE, {"FACTS": url})


def refused(port: int, query: str, **more: str) -> str:
    with pytest.raises(SourceError) as caught:
        read(port, query, **more)
    assert PASSWORD not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_rows_keep_their_types(port, scheme):
    table = read(port, "SELECT * FROM facts WHERE drug NOT LIKE '%x%' ORDER BY id;", scheme=scheme)
    assert table.columns.to_pylist() == [
        {
            "id": 1,
            "drug": "Aspirin",
            "dose": Decimal("0.50"),
            "approved": date(1899, 3, 6),
            "seen": datetime(2024, 6, 1, 10, tzinfo=UTC),
        },
        {"id": 2, "drug": "Ibuprofen", "dose": Decimal("400.00"), "approved": None, "seen": None},
    ]
    assert str(table.path) == f"postgresql:127.0.0.1:{port}/postgres"


def test_other_types(port):
    table = read(
        port,
        "SELECT true AS b, ARRAY['x', 'y'] AS l, '{\"a\": [1]}'::jsonb AS j, '\\x00ff'::bytea AS r, time '12:30' AS t,"
        " 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid AS u, 0.5::float4 AS f",
    )
    assert table.columns.to_pylist() == [
        {
            "b": True,
            "l": ["x", "y"],
            "j": {"a": [1]},
            "r": b"\x00\xff",
            "t": time(12, 30),
            "u": "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
            "f": 0.5,
        }
    ]
    assert "column 'i' holds a IPv4Address in row 1" in refused(port, "SELECT inet '10.0.0.1' AS i")


def test_many_rows_come_in_portions(port):
    table = read(port, "SELECT i, 'name ' || i AS name FROM generate_series(1, 30000) AS i ORDER BY i")
    assert table.columns.to_pydict()["name"][-1] == "name 30000"
    assert table.sha256 == read(port, "SELECT i, concat('name ', i) AS name FROM generate_series(1, 30000) AS i").sha256


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM facts",
        "WITH gone AS (DELETE FROM facts RETURNING id) SELECT * FROM gone",
        "SELECT forget()",
        "SELECT nextval('numbers')",
        "SELECT * INTO more FROM facts",
        "SELECT * FROM facts FOR UPDATE",
        "COPY facts TO '/tmp/facts.csv'",
    ],
)
def test_a_query_that_writes_is_refused(port, query):
    assert f"{WHERE}.sql: a query that writes is refused" in refused(port, query)
    assert count(port) == 2


@pytest.mark.parametrize(
    "query",
    [
        "SELECT 1; COMMIT; DELETE FROM facts",
        "DELETE FROM facts RETURNING id",
        "SELECT set_config('transaction_read_only', 'off', false), forget()",
        "SELECT set_config('default_transaction_read_only', 'off', false), forget()",
    ],
)
def test_the_connection_itself_writes_nothing(port, query, monkeypatch):
    monkeypatch.setattr("dataset_agent.tools.sources.sql.refuse_writing", lambda *_, **__: None)
    refused(port, query)
    assert count(port) == 2


@pytest.mark.parametrize(
    ("query", "what"),
    [
        ("SELECT * FROM fact", 'relation "fact" does not exist'),
        ("SELECT drugs FROM facts", 'column "drugs" does not exist'),
        ("SELECT * FORM facts", "syntax error"),
        ("SELECT 1 / (id - 2) FROM facts ORDER BY id", "division by zero"),
        ("SELECT * FROM facts WHERE false", "the query returned no rows"),
        ("SELECT 'NaN'::numeric AS n", "column 'n' does not fit one type"),
    ],
)
def test_queries_that_fail(port, query, what):
    message = refused(port, query)
    assert message.startswith(f"{WHERE}.sql: ")
    assert what in message


def test_a_wrong_password_and_a_database_that_is_not_there(port):
    message = refused(port, "SELECT 1", password="not/it@all")
    assert message.startswith(f"{WHERE}.database_env: postgresql:127.0.0.1:{port}/postgres cannot be reached: ")
    assert "password authentication failed" in message
    assert "not/it" not in message
    assert 'database "none" does not exist' in refused(port, "SELECT 1", name="none")
