"""Local copies of sources: one Parquet file each, that knows where its rows come from."""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from ...plan import Source
from .table import Table

_FACTS = b"dataset_agent"


@dataclass(frozen=True, slots=True)
class Facts:
    """What a copy says of its source.

    origin: where it was read, for a person. sha256, bytes: of what was read. read_at: when, ISO 8601 in UTC.
    """

    origin: str
    sha256: str
    bytes: int
    read_at: str


class SourceCache:
    """Copies in a folder, by what a plan says of a source and where that plan lies."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def file(self, source: Source, base: Path) -> Path:
        """Where the copy of a source lies, or would lie; `base` is the plan's folder."""
        said = source.model_dump(
            mode="json", exclude_none=True, exclude={"sha256", "where", "user_env", "password_env"}
        )
        is_local = source.path is not None or "sqlite" in (source.database or "")
        said["base"] = str(base.absolute()) if is_local else None
        return (
            self.folder / f"{hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()[:32]}.parquet"
        )

    def sha256(self, source: Source, base: Path) -> str | None:
        """That of what the copy was made of, without reading its rows; None where there is no copy."""
        try:
            metadata = pq.read_schema(self.file(source, base)).metadata or {}
            return Facts(**orjson.loads(metadata[_FACTS])).sha256
        except (OSError, pa.ArrowException, KeyError, TypeError, ValueError):
            return None

    def get(self, source: Source, base: Path) -> Table | None:
        """The copy, None where there is none that can be read."""
        try:
            columns = pq.read_table(self.file(source, base), memory_map=True)
            facts = Facts(**orjson.loads(columns.schema.metadata[_FACTS]))
        except (OSError, pa.ArrowException, KeyError, TypeError, ValueError):
            return None  # as good as absent: it is read again where it comes from
        origin = facts.origin if source.is_remote else None
        columns = columns.replace_schema_metadata()
        return Table(Path(facts.origin), columns, facts.sha256, facts.bytes, facts.read_at, origin)

    def put(self, source: Source, base: Path, table: Table) -> None:
        """Keep a copy, in place of an earlier one. Raises OSError where it cannot be written."""
        self.folder.mkdir(parents=True, exist_ok=True)
        facts = Facts(table.named, table.sha256, table.bytes, table.read_at)
        told = table.columns.replace_schema_metadata({_FACTS: orjson.dumps(asdict(facts))})
        handle, name = tempfile.mkstemp(suffix=".new", dir=self.folder)
        os.close(handle)
        try:
            pq.write_table(told, name, compression="zstd")
            os.replace(name, self.file(source, base))
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
