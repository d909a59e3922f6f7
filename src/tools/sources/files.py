"""The front door to sources that are files: here or over HTTP, packed or not; tables, documents, ICD-10-CM."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pyarrow as pa

from ...errors import SourceError
from ...hints import nearest
from ...plan.sources import Source
from .archives import is_archive, open_archive
from .documents import ENDINGS, documents_table, is_document, read_documents
from .icd10cm import holds_release, parse_release, read_release, read_release_folder
from .reading import TABLE_FORMATS, parse_table, read_raw
from .table import Table

_SHOWN = 10


@dataclass(frozen=True, slots=True)
class _Fetched:
    """A source's file or folder on this machine; `place` is what messages call it."""

    path: Path
    place: str


def read_files(source: Source, base: Path, where: str, scratch: Path) -> Table:
    """The table of a source with a `path` (relative to `base`, the plan's folder), a `url`, or `icd10cm`.

    Tables as `read_table` has them, documents as `documents_table`, ICD-10-CM as `icd10cm.read_release`; the format is
    that of the ending where the source does not say it. Downloads go into a folder of their own in `scratch`. `path`
    says where the table lies, `sha256` and `bytes` are of the file as it was found, an archive's if it lies in one.
    Raises SourceError, which begins with `where`, for what cannot be fetched or read, and for another SHA-256 than the
    source's.
    """
    fetched = _fetch(source, base, where, scratch)
    if fetched.path.is_dir():
        table = _read_folder(fetched, source, where)
        _check_sum(table.sha256, source, fetched.place)
        return table
    sha256, size = _sum(fetched)
    _check_sum(sha256, source, fetched.place)
    inner, columns = _read_file(fetched, source)
    return Table(fetched.path / inner, columns, sha256, size)


def local_file(source: Source, base: Path) -> Path | None:
    """The file or folder on this machine that a source is read from, be it there or not; None where it is elsewhere.

    `base` is the plan's folder, which relative paths start from; so do those of SQLite's databases.
    """
    if source.path is not None:
        return base / Path(source.path).expanduser()
    scheme, slashes, file = (source.database or "").partition(":///")
    return base / file.partition("?")[0] if slashes and scheme.startswith("sqlite") and file else None


def _fetch(source: Source, base: Path, where: str, scratch: Path) -> _Fetched:
    if source.path is not None:
        path = local_file(source, base)
        assert path is not None
        return _Fetched(path, f"{where}: {path}")
    # Only who downloads pays for the client.
    from .download import download
    from .download_names import masked
    from .icd10cm_fetching import fetch_release

    scratch.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="download-", dir=scratch))
    if source.icd10cm is not None:
        path = fetch_release(source.icd10cm, source.url, folder, where)
        return _Fetched(path, f"{where}: {path.name}")
    url = source.url or ""
    return _Fetched(download(url, folder, where), f"{where}: {masked(url)}")


def _sum(fetched: _Fetched) -> tuple[str, int]:
    """A file's SHA-256 and its bytes."""
    try:
        with fetched.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest(), file.tell()
    except OSError as error:
        raise SourceError.at(fetched.place, f"cannot be read: {error.strerror}", "is the path right?") from None


def _check_sum(sha256: str, source: Source, place: str) -> None:
    if source.sha256 and source.sha256.lower() != sha256:
        what = f"its SHA-256 is {sha256}, not {source.sha256.lower()}"
        raise SourceError.at(place, what, "is it the file that was meant? if so, write its sum as `sha256`")


def _read_folder(fetched: _Fetched, source: Source, where: str) -> Table:
    if source.icd10cm is not None or source.format == "icd10cm":
        return read_release_folder(fetched.path, source.icd10cm, where)
    if source.member is not None:
        raise SourceError.at(fetched.place, "is a folder, not an archive", "write the file's `path`, without `member`")
    if source.format not in (None, "documents"):
        raise SourceError.at(fetched.place, f"is a folder, not a {source.format} file", "write the file's `path`")
    return read_documents(fetched.path, where)


def _read_file(fetched: _Fetched, source: Source) -> tuple[str, pa.Table]:
    """Where in the file the table lies ('' where it is the file), and the table."""
    name = fetched.path.name
    if source.icd10cm is not None:
        return "", read_release(fetched.path, source.icd10cm, fetched.place)
    if is_archive(name):
        return _read_archive(fetched, source)
    if source.member is not None:
        raise SourceError.at(fetched.place, "is no archive", "leave `member` out")
    format = source.format or _format_of(name, fetched.place)
    raw = read_raw(fetched.path, fetched.place)
    if format == "documents":
        return "", documents_table([(name, raw)], fetched.place, alone=True)
    return "", _parse_one(raw, format, fetched.place)


def _read_archive(fetched: _Fetched, source: Source) -> tuple[str, pa.Table]:
    archive = open_archive(fetched.path, fetched.place)
    names = archive.names()
    visible = [name for name in names if not _is_hidden(name)]
    if source.member is not None:
        member = str(PurePosixPath(source.member))
        if member not in names:
            raise SourceError.at(fetched.place, f"has no member {source.member!r}", nearest(member, visible))
        chosen, format = [member], source.format or _format_of(member, fetched.place)
    else:
        chosen, format = _choose(visible, source.format, fetched.place)
    if format == "icd10cm" and source.member is None:
        return "", read_release(fetched.path, None, fetched.place)
    contents = dict(archive.read(chosen))
    if format == "documents":
        return "", documents_table(contents.items(), fetched.place)
    name, raw = contents.popitem()
    return name, _parse_one(raw, format, f"{fetched.place}/{name}")


def _choose(names: Sequence[str], format: str | None, place: str) -> tuple[list[str], str]:
    """The members to read, and as what."""
    documents = [name for name in names if is_document(name)]
    if format == "documents":
        return documents or list(names), format
    if format == "icd10cm":
        return list(names), format
    endings = TABLE_FORMATS if format is None else (format,)
    tables = [name for name in names if _ending(name) in endings]
    if not tables and format is None:
        if documents:
            return documents, "documents"
        if holds_release(names):
            return list(names), "icd10cm"
    if not tables and format is not None and len(names) == 1:
        return list(names), format
    if len(tables) == 1:
        return tables, format or _ending(tables[0])
    some = tables or names
    listed = ", ".join(some[:_SHOWN]) + (f" and {len(some) - _SHOWN} more" if len(some) > _SHOWN else "")
    what = f"has several files that can be read: {listed}" if tables else f"has no file that can be read: {listed}"
    raise SourceError.at(place, what, "name one as `member`" + ("" if tables else ", with its `format`"))


def _parse_one(raw: bytes, format: str, place: str) -> pa.Table:
    if format == "icd10cm":
        return parse_release({"": raw}, None, place)
    return parse_table(raw, format, place)


def _format_of(name: str, place: str) -> str:
    """The format that a file's ending says."""
    ending = _ending(name)
    if ending in TABLE_FORMATS:
        return ending
    if f".{ending}" in ENDINGS:
        return "documents"
    if ending == "xml":
        return "icd10cm"
    known = ", ".join((*(f".{known}" for known in TABLE_FORMATS), *ENDINGS, ".xml (ICD-10-CM)", ".zip", ".tar", ".gz"))
    mend = f"write its `format`; known endings: {known}"
    raise SourceError.at(place, f"what format is {PurePosixPath(name).suffix or name!r}?", mend)


def _ending(name: str) -> str:
    return PurePosixPath(name).suffix.lower().removeprefix(".")


def _is_hidden(name: str) -> bool:
    return any(part.startswith((".", "__MACOSX")) for part in name.split("/"))
