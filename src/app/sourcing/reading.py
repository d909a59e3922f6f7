"""From what a plan says of its sources to tables: local copies where they are good, else read and kept."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from ...errors import InputError, PlanError, Problem, SourceError
from ...plan import Plan, Source
from ...settings import Settings
from ...tools.sources import Table, rows_where
from ...tools.sources.cache import SourceCache
from ...tools.sources.cypher import read_cypher
from ...tools.sources.download_names import masked
from ...tools.sources.files import local_file, read_files
from ...tools.sources.sql import read_sql

CACHE = ".sources"
"""The folder of the copies, in that of the checkpoints: no dataset's name begins with a dot."""


class Sources:
    """The sources of one plan, and their copies."""

    def __init__(self, plan: Plan, path: Path, settings: Settings | None, checkpoint_dir: Path | None = None) -> None:
        """`path` is the plan's file. Without settings and folder nothing is kept, and no variable is known."""
        self._sources, self._path, self._base = plan.sources, path, path.parent
        self._variables: Mapping[str, str] = settings.variables if settings else {}
        folder = checkpoint_dir or (settings.checkpoint_dir if settings else None)
        self._cache = SourceCache(folder / CACHE) if folder is not None else None
        self._whole: dict[str, Table] = {}
        self.notes: list[str] = []

    def tables(self) -> dict[str, Table]:
        """All of them, by name, with the rows that the plan means. Raises PlanError with the problems of all.

        What is asked of other machines is asked once, and then kept; files here are read again where they changed.
        """
        tables: dict[str, Table] = {}
        problems: list[Problem] = []
        for name, source in self._sources.items():
            try:
                tables[name] = self._whole[name] = self._copy(name, source) or self.read(name)
                if source.is_remote:
                    with suppress(SourceError):  # told where a run keeps them
                        self.keep([name])
                if source.where:
                    tables[name] = rows_where(tables[name], source.where, f"{self._path}: $.sources.{name}.where")
            except InputError as error:
                problems.extend(error.problems)
        if problems:
            raise PlanError(problems)
        return tables

    def read(self, name: str) -> Table:
        """A source read where it comes from, whatever copies there are. Raises SourceError."""
        self._whole[name] = self._read(self._sources[name], f"{self._path}: $.sources.{name}")
        return self._whole[name]

    def _read(self, source: Source, where: str) -> Table:
        if source.origin == "sql":
            return read_sql(source, self._base, where, self._variables)
        if source.origin == "cypher":
            return read_cypher(source, self._base, where, self._variables)
        with tempfile.TemporaryDirectory(prefix="dataset-agent-source-") as scratch:
            table = read_files(source, self._base, where, Path(scratch))
            if source.url is None:
                return table
            member = f" ({source.member})" if source.member else ""
            return replace(table, origin=f"{masked(source.url)}{member}")

    def copy(self, name: str) -> Table | None:
        """The copy of a source as it is kept; None where there is none."""
        return self._cache.get(*self._key(name)) if self._cache else None

    def keep(self, names: Iterable[str] | None = None, *, anew: bool = False) -> None:
        """Keep copies of what was read, where there are none of the same content, or `anew`.

        Raises SourceError if that fails.
        """
        for name in self._whole if names is None else names:
            table = self._whole[name]
            if self._cache is None or (self._cache.sha256(*self._key(name)) == table.sha256 and not anew):
                continue
            try:
                self._cache.put(*self._key(name), table)
            except pa.ArrowException as error:  # such as objects without a member, which Parquet has no form for
                if self._sources[name].is_remote:
                    what = f"the source {name!r} cannot be kept as Parquet: {str(error).partition(chr(10))[0]}"
                    raise SourceError.at(self._path, what, "leave the column out of the query") from None
            except OSError as error:
                what = f"the copy of the source {name!r} cannot be written: {error.strerror}"
                raise SourceError.at(self._cache.folder, what, "choose another --checkpoint-dir") from None

    def _key(self, name: str) -> tuple[Source, Path]:
        """By what a copy is found: the source, its database named outright, and the plan's folder."""
        source = self._sources[name]
        if source.database_env is not None:
            named = {"database": self._variables.get(source.database_env), "database_env": None}
            source = source.model_copy(update=named)
        return source, self._base

    def _copy(self, name: str, source: Source) -> Table | None:
        """The copy, if it may stand for the source: of other machines always, of files here unless they changed."""
        kept = self.copy(name)
        if kept is None or source.sha256 not in (None, kept.sha256):
            return None
        file = local_file(*self._key(name))
        if file is None or not file.exists():
            self.notes.append(f"source {name!r}: its copy of {kept.read_at} is used")
            return kept
        is_same = file.is_file() and not source.sql and _sha256(file) == kept.sha256
        return kept if is_same else None


def _sha256(file: Path) -> str | None:
    try:
        with file.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError:
        return None
