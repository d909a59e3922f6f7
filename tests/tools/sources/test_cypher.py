import socket
import sys
from datetime import date
from pathlib import Path

import pytest
from bolt_server import NO_SYNTAX, WRITES, Answer, BoltServer
from packstream import Structure

from dataset_agent.errors import SourceError
from dataset_agent.plan.sources import Source
from dataset_agent.tools.sources import Table
from dataset_agent.tools.sources.cypher import read_cypher

pytest.importorskip("neo4j", reason="the extra `neo4j` is not installed")

WHERE = "plan.json: $.sources.drugs"
QUERY = "MATCH (d:Drug)-[:CAUSES]->(e:Effect) RETURN d.name AS drug, e.name AS effect"
PASSWORD = "pa/ss@word"
NODE = Structure(0x4E, (1, ["Drug"], {"name": "Aspirin"}, "4:x:1"))


def read(server: BoltServer | int, query: str = QUERY, *, scheme: str = "bolt", path: str = "", **more: str) -> Table:
    port = server if isinstance(server, int) else server.port
    source = Source(cypher=query, database=f"{scheme}://127.0.0.1:{port}{path}", **more)
    return read_cypher(source, Path(), WHERE, {"GRAPH_USER": "reader", "GRAPH_PASSWORD": PASSWORD})


def refused(server: BoltServer | int, query: str = QUERY, **more: str) -> str:
    with pytest.raises(SourceError) as caught:
        read(server, query, **more)
    assert PASSWORD not in str(caught.value)
    return str(caught.value)


def test_rows_come_by_a_transaction_that_only_reads():
    rows = [["Aspirin", "Nausea"], ["Ibuprofen", None]]
    with BoltServer({QUERY: Answer(["drug", "effect"], rows)}, login=("reader", PASSWORD)) as server:
        table = read(server, user_env="GRAPH_USER", password_env="GRAPH_PASSWORD")
    assert table.columns.to_pydict() == {"drug": ["Aspirin", "Ibuprofen"], "effect": ["Nausea", None]}
    assert str(table.path) == f"neo4j:127.0.0.1:{server.port}"
    assert [begun["mode"] for (begun,) in server.named("BEGIN")] == ["r"]
    assert [fields[0] for fields in server.named("RUN")] == [f"EXPLAIN {QUERY}", QUERY]
    assert [name for name, _ in server.messages if name in ("COMMIT", "ROLLBACK")] == ["ROLLBACK"]
    (told,) = server.named("LOGON")[0]
    assert (told["scheme"], told["principal"], told["credentials"]) == ("basic", "reader", PASSWORD)
    assert not server.named("TELEMETRY")


def test_a_database_of_the_server_and_a_cluster_s_routing():
    answers = {QUERY: Answer(["drug"], [["Aspirin"]])}
    with BoltServer(answers) as server:
        assert read(server, path="/movies").columns.to_pydict() == {"drug": ["Aspirin"]}
    assert [begun["db"] for (begun,) in server.named("BEGIN")] == ["movies"]
    with BoltServer(answers) as server:
        assert read(server, scheme="neo4j").rows == 1
    assert server.named("ROUTE")
    assert [begun["mode"] for (begun,) in server.named("BEGIN")] == ["r"]


def test_many_rows_come_in_portions():
    rows = [[number, f"name {number}"] for number in range(12_001)]
    with BoltServer({QUERY: Answer(["id", "name"], rows)}) as server:
        table = read(server)
        again = read(server)
    assert table.columns.to_pylist() == [{"id": number, "name": name} for number, name in rows]
    assert len(server.named("PULL")) >= 2 * (1 + 3)
    assert (table.sha256, table.bytes) == (again.sha256, again.bytes)


def test_temporal_values_lists_and_maps():
    row = [
        Structure(0x44, (19_000,)),
        Structure(0x49, (1_700_000_000, 5, 3600)),
        Structure(0x45, (14, 3, 60, 0)),
        ["a", "b"],
        {"dose": 1.5, "since": Structure(0x44, (0,))},
    ]
    with BoltServer({QUERY: Answer(["day", "moment", "while", "tags", "more"], [row])}) as server:
        (found,) = read(server).columns.to_pylist()
    assert found == {
        "day": date(2022, 1, 8),
        "moment": "2023-11-14T23:13:20.000000005+01:00",
        "while": "P1Y2M3DT1M",
        "tags": ["a", "b"],
        "more": {"dose": 1.5, "since": date(1970, 1, 1)},
    }


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (NODE, "Node"),
        ([NODE], "Node"),
        ({"of": NODE}, "Node"),
        (Structure(0x52, (1, 2, 3, "CAUSES", {}, "5:x:1", "4:x:2", "4:x:3")), "Relationship"),
        (Structure(0x58, (4326, 1.0, 2.0)), "WGS84Point"),
    ],
)
def test_nodes_relationships_and_points_are_no_values_of_a_table(value, kind):
    with BoltServer({QUERY: Answer(["x", "n"], [[1, 1], [2, value]])}) as server:
        message = refused(server)
    assert message.startswith(f"{WHERE}.cypher: column 'n' holds a {kind} in row 2")
    assert "return properties, such as n.name" in message


def test_values_of_two_kinds_in_one_column():
    with BoltServer({QUERY: Answer(["n"], [[1], [2.5], ["three"]])}) as server:
        assert "column 'n' holds a text in row 3, a number before (give the column one type" in refused(server)


def test_a_query_that_writes_is_refused_before_it_runs():
    query = "CREATE (n:Drug) RETURN n.name AS name"
    with BoltServer({query: Answer(["name"], [["x"]], kind="rw")}) as server:
        message = refused(server, query)
    assert "a query that writes is refused" in message
    assert "'rw'" in message
    assert [fields[0] for fields in server.named("RUN")] == [f"EXPLAIN {query}"]


@pytest.mark.parametrize("early", [True, False])
def test_a_write_that_the_server_refuses(early):
    with BoltServer({QUERY: Answer(["name"], failure=WRITES, fails_early=early)}) as server:
        message = refused(server)
    assert message.startswith(f"{WHERE}.cypher: a query that writes is refused (the server says: Writing in read")


def test_a_query_that_is_not_cypher():
    with BoltServer({"MACH (n)": Answer(failure=NO_SYNTAX, fails_early=True)}) as server:
        message = refused(server, "MACH (n)")
    assert message.startswith(f"{WHERE}.cypher: neo4j:127.0.0.1:{server.port} says: Invalid input 'MACH'")


def test_no_rows_and_names_twice():
    with BoltServer({QUERY: Answer(["drug"]), "twice": Answer(["n", "n"], [[1, 2]])}) as server:
        assert "the query returned no rows" in refused(server)
        assert "several columns named 'n'" in refused(server, "twice")


def test_a_password_that_is_wrong():
    with BoltServer(login=("reader", "another")) as server:
        message = refused(server, user_env="GRAPH_USER", password_env="GRAPH_PASSWORD")
    assert message.startswith(f"{WHERE}.database: neo4j:127.0.0.1:{server.port} refuses: The client is unauthorized")
    assert len(server.named("LOGON")) == 1


def test_a_login_in_the_url_stays_out_of_messages():
    source = Source(cypher=QUERY, database_env="GRAPH")
    with BoltServer({QUERY: Answer(["n"], [[1]])}, login=("reader", PASSWORD)) as server:
        variables = {"GRAPH": f"bolt://reader:pa%2Fss%40word@127.0.0.1:{server.port}"}
        table = read_cypher(source, Path(), WHERE, variables)
    assert str(table.path) == f"neo4j:127.0.0.1:{server.port}"


@pytest.mark.parametrize("scheme", ["bolt", "neo4j"])
def test_a_server_that_is_down(scheme):
    with socket.socket() as bound:  # bound and never listening: connections are refused
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        message = refused(port, scheme=scheme)
    assert message.startswith(f"{WHERE}.database: neo4j:127.0.0.1:{port} cannot be reached: ")
    assert "start the server" in message


def test_a_server_that_never_answers(monkeypatch):
    monkeypatch.setattr("dataset_agent.tools.sources.cypher.PATIENCE_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert "cannot be reached" in refused(silent.getsockname()[1])


def test_variables_that_are_not_set_and_urls_that_are_none():
    source = Source(cypher=QUERY, database="bolt://localhost", password_env="NOT_SET")
    with pytest.raises(SourceError, match=r"\.password_env: the environment variable NOT_SET is not set"):
        read_cypher(source, Path(), WHERE, {})
    source = Source(cypher=QUERY, database_env="NOT_SET")
    with pytest.raises(SourceError, match=r"\.database_env: the environment variable NOT_SET is not set"):
        read_cypher(source, Path(), WHERE, {"NOT_SET": ""})
    source = Source(cypher=QUERY, database="bolt://localhost", user_env="GRAPH_USER")
    with pytest.raises(SourceError, match=r"\.user_env: goes with `password_env`"):
        read_cypher(source, Path(), WHERE, {})
    for url in ("http://localhost:7474", "localhost:7687", "bolt://x:port", "bolt://", "bolt://[", "bolt://u:pa/ss@x"):
        with pytest.raises(SourceError) as caught:
            read_cypher(Source(cypher=QUERY, database=url), Path(), WHERE, {})
        assert "$.sources.drugs.database: is not the URL of a Neo4j server" in str(caught.value)


def test_without_the_driver_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "neo4j", None)
    assert "pip install 'dataset-agent[neo4j]'" in refused(1)
