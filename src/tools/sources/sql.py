"""A table of facts from a SQL database, read once by a query, through SQLAlchemy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

from ...errors import SourceError
from ...plan.sources import Source
from .queried import PATIENCE_S, PORTION, collect, database_url, said
from .statement import refuse_writing, writing
from .table import Table

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine
    from sqlalchemy.exc import DBAPIError

_CAST = "give the column one type in the query, with CAST"

_DRIVERS = {"sqlite": "pysqlite", "postgresql": "psycopg", "mysql": "pymysql", "mariadb": "pymysql"}
"""The one driver for each database whose connections are made read-only: each of them takes one statement at a time."""

_SAME = {"postgres": "postgresql"}
_EXTRAS = {"psycopg": "postgres", "pymysql": "mysql"}

_BEFORE = {
    "sqlite": ("PRAGMA query_only = ON",),
    "mysql": ("SET SESSION TRANSACTION READ ONLY",),
    "mariadb": ("SET SESSION TRANSACTION READ ONLY",),
}
"""What is said on a new connection, before its transaction; PostgreSQL's begins with BEGIN READ ONLY."""

_SECRET = ("pass", "pwd", "secret", "token", "key", "odbc_connect")
_READ_ONLY_SQLSTATE = "25006"
_READ_ONLY_MYSQL = 1792


@dataclass(frozen=True, slots=True)
class _Database:
    """Where a database is. `title` says so without user and password; `key` is where the plan has the URL."""

    url: URL
    title: str
    key: str
    secrets: tuple[str, ...]

    @property
    def backend(self) -> str:
        return self.url.get_backend_name()

    @property
    def options(self) -> dict[str, Any]:
        """What its driver is told: to give up on a server that does not answer."""
        known = self.backend in ("postgresql", "mysql", "mariadb") and "connect_timeout" not in self.url.query
        return {"connect_timeout": PATIENCE_S} if known else {}


def read_sql(source: Source, base: Path, where: str, variables: Mapping[str, str]) -> Table:
    """The rows of the source's query. `base` is the plan's folder; `where` the source in the plan, for messages.

    `variables` are the environment's. The connection is read-only, and what it began is rolled back. The SHA-256 is of
    the rows in the order they came: a query without ORDER BY may give the same rows another one.
    Raises SourceError for a query that writes, fails or returns nothing, and for a database that cannot be reached.
    """
    query, at = source.sql or "", f"{where}.sql"
    database = _database(source, base, where, variables)
    refuse_writing(query, at, backslashes=database.backend in ("mysql", "mariadb"))
    engine = _engine(database)
    try:
        with _connected(engine, database) as connection, _explained(database, at):
            for statement in _BEFORE.get(database.backend, ()):
                connection.exec_driver_sql(statement)
            connection.rollback()
            result = connection.execution_options(**_options(database)).exec_driver_sql(query)
            if not result.returns_rows:
                raise SourceError.at(at, "the query gives no table", "write a SELECT")
            portions = result.partitions(PORTION)
            return collect(list(result.keys()), portions, title=database.title, where=at, cast=_CAST)
    finally:
        engine.dispose()


def _database(source: Source, base: Path, where: str, variables: Mapping[str, str]) -> _Database:
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    key = f"{where}.{'database' if source.database_env is None else 'database_env'}"
    try:
        url = make_url(database_url(source, variables, where))
    except (ArgumentError, ValueError):  # their messages may hold a part of the password
        mend = "such as sqlite:///facts.db or postgresql://user@host:5432/name; quote special characters as %40"
        raise SourceError.at(key, "is not the URL of a database", mend) from None
    backend, _, driver = url.drivername.partition("+")
    backend = _SAME.get(backend, backend)
    only = _DRIVERS.get(backend)
    if only is not None:
        if driver not in ("", only):
            what = f"the driver {driver!r} is not one that {backend} is read with"
            raise SourceError.at(key, what, f"write {backend}+{only}:")
        url = url.set(drivername=f"{backend}+{only}")
    if backend == "sqlite":
        return _sqlite(url, base, key)
    return _Database(url, _title(url), key, _secrets(url))


def _sqlite(url: URL, base: Path, key: str) -> _Database:
    """The file of a SQLite database, by an address with which SQLite neither creates nor writes it."""
    written = (url.database or "").removeprefix("file:")
    if written in ("", ":memory:"):
        raise SourceError.at(key, "names no SQLite file", "write sqlite:///facts.db, relative to the plan")
    path = base / written
    if not path.is_file():
        raise SourceError.at(key, f"the SQLite file {path} does not exist", "paths are relative to the plan")
    options = {**url.query, "uri": "true", "mode": "ro"}
    return _Database(url.set(database=path.resolve().as_uri(), query=options), f"sqlite:{written}", key, ())


def _title(url: URL) -> str:
    """`postgresql:host:5432/facts`."""
    host = url.host or url.query.get("host") or "this machine"
    port = url.port or url.query.get("port")
    where = host if isinstance(host, str) else ",".join(host)
    return f"{url.get_backend_name()}:{where}{f':{port}' if port else ''}/{url.database or ''}"


def _secrets(url: URL) -> tuple[str, ...]:
    """What must not stand in a message, as it is and as URLs quote it."""
    values = [url.password or ""]
    for name, value in url.query.items():
        if any(part in name.lower() for part in _SECRET):
            values += [value] if isinstance(value, str) else value
    return tuple({form for value in values if value for form in (value, quote(value, safe=""), quote_plus(value))})


def _engine(database: _Database) -> Engine:
    from sqlalchemy import create_engine
    from sqlalchemy.exc import ArgumentError, NoSuchModuleError
    from sqlalchemy.pool import NullPool

    try:
        engine = create_engine(database.url, poolclass=NullPool, connect_args=database.options, hide_parameters=True)
    except (NoSuchModuleError, ArgumentError) as error:
        raise SourceError.at(database.key, said(error, database.secrets)) from None
    except ImportError as error:
        driver = (error.name or "").partition(".")[0]
        extra = _EXTRAS.get(driver)
        mend = f"install the extra: pip install 'dataset-agent[{extra}]'" if extra else "install the database's driver"
        what = f"the driver of {database.backend} cannot be used: {said(error)}"
        raise SourceError.at(database.key, what, mend) from None
    if engine.dialect.is_async:
        raise SourceError.at(database.key, f"the driver {engine.dialect.driver!r} is for asynchronous programs")
    return engine


@contextmanager
def _connected(engine: Engine, database: _Database) -> Iterator[Connection]:
    """A read-only connection; what was begun on it is rolled back in the end."""
    from sqlalchemy.exc import DBAPIError

    try:
        connection = engine.connect()
    except DBAPIError as error:
        what = f"{database.title} cannot be reached: {said(error.orig or error, database.secrets)}"
        mend = "start the database, or correct host, port, name, user and password"
        raise SourceError.at(database.key, what, mend) from None
    with connection:
        yield connection


def _options(database: _Database) -> dict[str, Any]:
    """How the query is run: as it is written, fetched in portions, in PostgreSQL by a cursor of the server's."""
    read_only = {"postgresql_readonly": True} if database.backend == "postgresql" else {}
    return {"no_parameters": True, "yield_per": PORTION, **read_only}


@contextmanager
def _explained(database: _Database, where: str) -> Iterator[None]:
    """Turns what the database says of the query into a SourceError."""
    from sqlalchemy.exc import DBAPIError, SQLAlchemyError

    try:
        yield
    except DBAPIError as error:
        message = said(error.orig or error, database.secrets)
        if _is_writing(error):
            raise writing(where, f"the database says: {message}") from None
        raise SourceError.at(where, f"{database.title} says: {message}", "correct the query") from None
    except SQLAlchemyError as error:
        raise SourceError.at(where, f"{database.title}: {said(error, database.secrets)}") from None


def _is_writing(error: DBAPIError) -> bool:
    """Whether it is what a read-only connection answers to a query that writes."""
    original: Any = error.orig
    if getattr(original, "sqlstate", None) == _READ_ONLY_SQLSTATE or "data-modifying" in str(original):
        return True
    if str(getattr(original, "sqlite_errorname", "")).startswith("SQLITE_READONLY"):
        return True
    return tuple(getattr(original, "args", ()))[:1] == (_READ_ONLY_MYSQL,)
