"""A table of facts from a Neo4j server, read once by a Cypher query, through the official driver."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from ...errors import InputError, SourceError
from ...plan.sources import Source
from .queried import PATIENCE_S, PORTION, Row, collect, database_url, said, variable
from .statement import writing
from .table import Table

if TYPE_CHECKING:
    from neo4j import Driver, Result, Session

_CAST = "give the column one type in the query, with toString() or toFloat()"

_SCHEMES = ("bolt", "bolt+s", "bolt+ssc", "neo4j", "neo4j+s", "neo4j+ssc")
_DEFAULT_PORT = 7687
_DEFAULT_USER = "neo4j"
_READS = "r"

_QUIET = logging.NullHandler()
"""Keeps the driver's log off the screen: what it says there stands in the error that it raises."""


@dataclass(frozen=True, slots=True)
class _Server:
    """Where a Neo4j server is: what the driver is given, and `title`, which says so in messages."""

    url: str
    title: str
    name: str | None
    login: tuple[str, str] | None = field(repr=False)
    key: str

    @property
    def secrets(self) -> tuple[str, ...]:
        return self.login[1:] if self.login else ()


def read_cypher(source: Source, base: Path, where: str, variables: Mapping[str, str]) -> Table:
    """The rows of the source's query. `where` is the source in the plan, for messages; `base` says nothing here.

    The URL may name a database after the host (`bolt://host:7687/movies`). Dates stay dates; other temporal values
    become ISO 8601 text. The query runs once, in a transaction for reading, after the server has said that it only
    reads; nothing is tried again. The SHA-256 is of the rows in the order they came: without ORDER BY it may vary.
    Raises SourceError for a query that writes, fails, returns nothing or returns nodes, relationships or paths instead
    of their properties, and for a server that cannot be reached.
    """
    server = _server(source, where, variables)
    at = f"{where}.cypher"
    try:
        import neo4j
    except ImportError as error:
        what = f"the driver of Neo4j cannot be used: {said(error)}"
        raise SourceError.at(server.key, what, "install the extra: pip install 'dataset-agent[neo4j]'") from None
    with _driver(server) as driver:
        with driver.session(database=server.name, default_access_mode=neo4j.READ_ACCESS) as session:
            return _answer(session, source.cypher or "", server, at)


def _server(source: Source, where: str, variables: Mapping[str, str]) -> _Server:
    key = f"{where}.{'database' if source.database_env is None else 'database_env'}"
    try:
        url = urlsplit(database_url(source, variables, where))
        host, port = url.hostname, url.port or _DEFAULT_PORT
    except ValueError:  # its message may hold a part of the password
        host, port, url = None, 0, urlsplit("")
    if not host or url.scheme not in _SCHEMES:
        mend = f"such as bolt://localhost:7687 or neo4j://host:7687; known: {', '.join(_SCHEMES)}"
        raise SourceError.at(key, "is not the URL of a Neo4j server", mend)
    shown = f"[{host}]" if ":" in host else host
    query = f"?{url.query}" if url.query else ""
    return _Server(
        url=f"{url.scheme}://{shown}:{port}{query}",
        title=f"neo4j:{shown}:{port}{url.path.rstrip('/')}",
        name=unquote(url.path.strip("/")) or None,
        login=_login(source, where, variables) or _login_in_url(url.username, url.password),
        key=key,
    )


def _login(source: Source, where: str, variables: Mapping[str, str]) -> tuple[str, str] | None:
    if source.password_env is None:
        if source.user_env is not None:
            raise SourceError.at(f"{where}.user_env", "goes with `password_env`", "name the password's variable too")
        return None
    password = variable(source.password_env, variables, f"{where}.password_env")
    user = _DEFAULT_USER if source.user_env is None else variable(source.user_env, variables, f"{where}.user_env")
    return user, password


def _login_in_url(user: str | None, password: str | None) -> tuple[str, str] | None:
    return (unquote(user or _DEFAULT_USER), unquote(password)) if password else None


def _driver(server: _Server) -> Driver:
    from neo4j import GraphDatabase
    from neo4j.exceptions import DriverError

    logging.getLogger("neo4j").addHandler(_QUIET)
    try:
        return GraphDatabase.driver(
            server.url,
            auth=server.login,
            connection_timeout=PATIENCE_S,
            connection_acquisition_timeout=PATIENCE_S,
            max_transaction_retry_time=0,
            fetch_size=PORTION,
            telemetry_disabled=True,
            notifications_min_severity="OFF",
        )
    except (DriverError, ValueError) as error:
        raise SourceError.at(server.key, f"{server.title}: {said(error, server.secrets)}") from None


def _answer(session: Session, query: str, server: _Server, where: str) -> Table:
    """The query's rows, in one transaction for reading that is never committed."""
    from neo4j.exceptions import DriverError, Neo4jError

    try:
        with session.begin_transaction() as transaction:
            _refuse_writing(transaction.run(f"EXPLAIN {query}"), where)
            result = transaction.run(query)
            table = collect(result.keys(), _portions(result, where), title=server.title, where=where, cast=_CAST)
            transaction.rollback()
    except (DriverError, Neo4jError) as error:
        raise _explained(error, server, where) from None
    return table


def _explained(error: Exception, server: _Server, where: str) -> InputError:
    """What the server or its driver says, as an error of the plan's query or of its database."""
    code = getattr(error, "code", None) or ""  # the driver's own errors have none
    message = said(Exception(getattr(error, "message", None) or str(error)), server.secrets)
    if code == "Neo.ClientError.Statement.AccessMode":
        return writing(where, f"the server says: {message}")
    if code.startswith(("Neo.ClientError.Statement.", "Neo.ClientError.Procedure.")):
        return SourceError.at(where, f"{server.title} says: {message}", "correct the query")
    mend = "start the server, or correct host, port, database, user and password"
    if code:
        return SourceError.at(server.key, f"{server.title} refuses: {message}", mend)
    return SourceError.at(server.key, f"{server.title} cannot be reached: {message}", mend)


def _refuse_writing(explained: Result, where: str) -> None:
    kind = explained.consume().query_type
    if kind != _READS:
        raise writing(where, f"the server says that it is of the kind {kind!r}, not {_READS!r}")


def _portions(result: Result, where: str) -> Iterator[list[Row]]:
    names = result.keys()
    records = enumerate(result, 1)
    while portion := list(islice(records, PORTION)):
        yield [
            [_plain(value, name, f"row {row:,}", where) for name, value in zip(names, record.values(), strict=True)]
            for row, record in portion
        ]


def _plain(value: object, name: str, row: str, where: str) -> object:
    """A value as a table has it. Raises SourceError for what has no form there."""
    if value is None or isinstance(value, bool | int | float | str | bytes):
        return value
    if type(value) is list:
        return [_plain(item, name, row, where) for item in value]
    if type(value) is dict:
        return {key: _plain(item, name, row, where) for key, item in value.items()}
    return _temporal(value, name, row, where)


def _temporal(value: Any, name: str, row: str, where: str) -> object:
    from neo4j.graph import Relationship
    from neo4j.time import Date, DateTime, Duration, Time

    if isinstance(value, Date) and not isinstance(value, DateTime):
        return value.to_native()
    if isinstance(value, DateTime | Time | Duration):
        return value.iso_format()
    kind = "Relationship" if isinstance(value, Relationship) else type(value).__name__  # each type has a class
    what = f"column {name!r} holds a {kind} in {row}, which a table has no form for"
    raise SourceError.at(where, what, "return properties, such as n.name")
