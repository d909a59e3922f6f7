"""ICD-10-CM: a release's files, found by name, as a table of codes."""

from __future__ import annotations

import codecs
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Literal

import pyarrow as pa

from ...errors import SourceError
from .archives import is_archive, open_archive
from .documents import digest_of
from .icd10cm_order import read_order
from .icd10cm_rows import Code, codes_table
from .icd10cm_xml import Tabular, read_tabular
from .reading import read_raw
from .table import Table

Role = Literal["tabular", "order"]

_NO_CODES = ("addend", "pcs", "index", "drug", "neoplasm", "eindex")


def read_release(path: Path, year: int | None, place: str) -> pa.Table:
    """The codes of a release, as `codes_table` has them, in its tabular list, its order file or an archive of these.

    Where there are both, codes, descriptions and what is billable are the order file's, chapters and sections the
    tabular list's. Of several files of a kind, the one of the `year` is taken. Raises SourceError where none is found,
    or several, where one is broken, and where the tabular list is of another year; `place` is the file, for messages.
    """
    if not is_archive(path.name):
        return parse_release({"": read_raw(path, place)}, year, place)
    archive = open_archive(path, place)
    chosen = _chosen([archive.names()], year, place)
    return parse_release(dict(archive.read(chosen)), year, place)


def read_release_folder(folder: Path, year: int | None, where: str) -> Table:
    """The codes of a release in a folder of its files, or of archives of these; otherwise as `read_release`.

    `sha256` and `bytes` are of the files that were taken, as `documents.digest_of` has them.
    """
    place = f"{where}: {folder}"
    plain: list[str] = []
    packed: dict[str, Path] = {}
    for parent, _, files in os.walk(folder):
        for name in files:
            path = Path(parent, name)
            relative = path.relative_to(folder).as_posix()
            if is_archive(name):
                packed |= {f"{relative}/{member}": path for member in open_archive(path, f"{place}/{relative}").names()}
            else:
                plain.append(relative)
    chosen = _chosen([sorted(plain), sorted(packed)], year, place)
    contents = {name: _content(folder, name, packed.get(name), place) for name in chosen}
    size = sum(map(len, contents.values()))
    return Table(folder, parse_release(contents, year, place), digest_of(contents), size)


def parse_release(contents: Mapping[str, bytes], year: int | None, place: str) -> pa.Table:
    """The codes in the bytes of a tabular list, an order file or both, by the paths they have in `place`.

    A path is '' where `place` is the file. Otherwise as `read_release`.
    """
    codes: Iterable[Code] = ()
    tabular = None
    for name, raw in contents.items():
        inner = f"{place}/{name}" if name else place
        if _is_xml(raw):
            tabular = _of_year(read_tabular(raw, inner), year, inner)
        else:
            codes = tuple(read_order(raw, inner))
    if tabular is None:
        return codes_table(codes, {}, place)
    return codes_table(codes or tabular.codes, tabular.places, place)


def holds_release(names: Sequence[str]) -> bool:
    """Whether there is a file among these that could be a release's tabular list."""
    return any(_role(name) == "tabular" for name in names)


def _content(folder: Path, name: str, archive: Path | None, place: str) -> bytes:
    if archive is None:
        return read_raw(folder / name, f"{place}/{name}")
    relative = archive.relative_to(folder).as_posix()
    member = name.removeprefix(f"{relative}/")
    return dict(open_archive(archive, f"{place}/{relative}").read([member]))[member]


def _role(name: str) -> Role | None:
    """What a file of the release holds, by its name."""
    path = PurePosixPath(name)
    low = path.name.lower()
    if low.startswith(".") or "__MACOSX" in path.parts or any(word in low for word in _NO_CODES):
        return None
    if path.suffix.lower() == ".xml" and "tabular" in low:
        return "tabular"
    return "order" if path.suffix.lower() == ".txt" and "order" in low else None


def _is_xml(raw: bytes) -> bool:
    return raw.removeprefix(codecs.BOM_UTF8).lstrip()[:1] == b"<"


def _chosen(groups: Sequence[Sequence[str]], year: int | None, place: str) -> list[str]:
    """The file of each kind, from the first of the groups that has any; at least one."""
    chosen = []
    for role in ("order", "tabular"):
        some = next(filter(None, ([name for name in names if _role(name) == role] for names in groups)), [])
        if len(some) > 1:
            some = [name for name in some if str(year) in PurePosixPath(name).name] or some
        if len(some) > 1:
            raise SourceError.at(place, f"holds several files of one kind: {', '.join(some)}", "give the `path` of one")
        chosen += some
    if not chosen:
        what = "holds neither ICD-10-CM's tabular list nor its order file"
        raise SourceError.at(place, what, "they are named like icd10cm-tabular-2026.xml and icd10cm-order-2026.txt")
    return chosen


def _of_year(tabular: Tabular, year: int | None, place: str) -> Tabular:
    if year is not None and tabular.year.isdecimal() and int(tabular.year) != year:
        raise SourceError.at(place, f"is the release of {tabular.year}, not of {year}", f'"icd10cm": {tabular.year}')
    return tabular
