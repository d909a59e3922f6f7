import pytest

from dataset_agent.errors import SourceError
from dataset_agent.tools.sources.statement import refuse_writing


@pytest.mark.parametrize(
    "query",
    [
        "SELECT 1",
        "  select * from t ; ",
        "(SELECT 1) UNION (SELECT 2);",
        "VALUES (1), (2)",
        "TABLE facts",
        "-- all; of it\nSELECT ';' AS \"a;b\", `c;d` /* ; DROP TABLE t */ FROM t -- the end;",
        "WITH RECURSIVE n(i) AS (VALUES (1) UNION SELECT i + 1 FROM n) SELECT i FROM n",
        "WITH x AS (SELECT replace(a, 'b', 'c') FROM t) SELECT updated, deleted FROM x",
        "SELECT 'it''s into; it', $$; DROP$$, $t$ ; $$ $t$, E'\\'; INSERT INTO t'",
    ],
)
def test_queries_that_read(query):
    refuse_writing(query, "here")


@pytest.mark.parametrize(
    ("query", "what"),
    [
        ("INSERT INTO t VALUES (1)", "a query that writes is refused (it has INSERT)"),
        ("/* SELECT */ delete from t", "it has DELETE"),
        ("WITH x AS (SELECT 1) UPDATE t SET a = 1", "it has UPDATE"),
        ("WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x", "it has INSERT"),
        ("SELECT * INTO copy FROM t", "it has INTO"),
        ("SELECT * FROM t INTO OUTFILE '/tmp/x'", "it has INTO"),
        ("DROP TABLE t", "it has DROP"),
        ("/*! DELETE FROM t */", "it has DELETE"),
        ("SELECT 1; SELECT 2", "holds several statements"),
        ("SELECT 1; DELETE FROM t", "holds several statements"),
        ("SELECT 'a' -- '\n; COMMIT", "holds several statements"),
        ("SELECT 'open ; DELETE FROM t", "holds several statements"),
        ("SET TRANSACTION READ WRITE", "begins with SET: only SELECT, WITH, VALUES, TABLE are run"),
        ("PRAGMA query_only = OFF", "begins with PRAGMA"),
        (" -- nothing\n;", "holds no statement"),
    ],
)
def test_all_else_is_refused(query, what):
    with pytest.raises(SourceError) as caught:
        refuse_writing(query, "here")
    assert str(caught.value).startswith("here: ")
    assert what in str(caught.value)


def test_a_backslash_escapes_a_quote_where_the_database_reads_it_so():
    query = r"SELECT 'it\'s; here' FROM t"
    refuse_writing(query, "here", backslashes=True)
    with pytest.raises(SourceError, match="several statements"):
        refuse_writing(query, "here")
    with pytest.raises(SourceError, match="several statements"):
        refuse_writing(r"SELECT 'a\\'; DELETE FROM t", "here", backslashes=True)
