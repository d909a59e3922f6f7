"""Documents, in a folder or an archive, as a table with a row for each."""

from __future__ import annotations

import codecs
import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path, PurePosixPath

import pyarrow as pa

from ...errors import SourceError
from .html_text import html_text
from .reading import check_utf8, read_raw
from .table import Table

_HTML = (".html", ".htm")
_MARKDOWN = ".md"
_RST = ".rst"
ENDINGS = (".txt", _MARKDOWN, _RST, *_HTML)
"""What documents' names end in."""

_ATX = re.compile(r" {0,3}#{1,6}[ \t]+(.*?)[ \t]*#*[ \t]*")
_SETEXT = re.compile(r" {0,3}(=+|-{2,})[ \t]*")
_FENCE = re.compile(r" {0,3}(```+|~~~+)")
_RST_LINE = re.compile(r"([!-/:-@\[-`{-~])\1+[ \t]*")
_FRONT_MATTER = "---"
_BLANK_LINES = re.compile(r"\A(?:\s*\n)?")


def is_document(name: str) -> bool:
    """Whether the file at a relative POSIX path is a document: by its ending, and not hidden."""
    path = PurePosixPath(name)
    hidden = any(part.startswith((".", "__MACOSX")) for part in path.parts)
    return path.suffix.lower() in ENDINGS and not hidden


def read_documents(folder: Path, where: str) -> Table:
    """The documents in a folder and its folders, as `documents_table` has them.

    `sha256` is of the sorted relative paths with the SHA-256 of each, `bytes` the sum; both of documents alone, empty
    ones included. Raises SourceError where there is none with text, or one cannot be read.
    """
    place = f"{where}: {folder}"
    names = sorted(name for name in _files(folder, place) if is_document(name))
    contents = {name: read_raw(folder / name, f"{place}/{name}") for name in names}
    columns = documents_table(contents.items(), place)
    return Table(folder, columns, digest_of(contents), sum(map(len, contents.values())))


def documents_table(contents: Iterable[tuple[str, bytes]], place: str, *, alone: bool = False) -> pa.Table:
    """A table with the columns `id` (relative POSIX path), `title` and `text` from the paths and bytes of documents.

    The title is the first heading or the name without its ending; the text of an HTML page is a line a paragraph,
    that of others as it is. Documents without text are left out, the others sorted by path. Raises SourceError for a
    document that is not UTF-8, and where none has text; `place` is the folder or archive, or the document `alone`.
    """
    rows = []
    for name, raw in sorted(contents):
        check_utf8(raw, place if alone else f"{place}/{name}")
        title, text = _read(PurePosixPath(name), raw.removeprefix(codecs.BOM_UTF8).decode())
        if text:
            rows.append((name, title, text))
    if not rows:
        raise SourceError.at(place, "holds no document with text", f"documents end in {', '.join(ENDINGS)}")
    ids, titles, texts = zip(*rows, strict=True)
    kind = pa.string()
    return pa.table({"id": pa.array(ids, kind), "title": pa.array(titles, kind), "text": pa.array(texts, kind)})


def digest_of(contents: dict[str, bytes]) -> str:
    """The SHA-256 (hex) of files: of a line for each, sorted by path, with its own SHA-256 and its path."""
    lines = (f"{hashlib.sha256(raw).hexdigest()}  {name}\n" for name, raw in sorted(contents.items()))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _files(folder: Path, place: str) -> Iterator[str]:
    """The relative POSIX paths of the files in a folder and its folders, links to folders not followed."""

    def refuse(error: OSError) -> None:
        raise SourceError.at(place, f"cannot be read: {error.strerror}: {error.filename}") from None

    for parent, _, names in os.walk(folder, onerror=refuse):
        for name in names:
            path = Path(parent, name)
            relative = path.relative_to(folder).as_posix()
            if not path.is_file():
                continue
            try:
                relative.encode()
            except UnicodeEncodeError:
                raise SourceError.at(place, f"the name of {relative!r} is not UTF-8", "rename it") from None
            yield relative


def _read(path: PurePosixPath, written: str) -> tuple[str, str]:
    """The title and the text of a document."""
    # The first line keeps its indent: it tells code from a heading.
    text = _BLANK_LINES.sub("", written.replace("\r\n", "\n").replace("\r", "\n")).rstrip()
    ending, title = path.suffix.lower(), ""
    if ending in _HTML:
        title, text = html_text(text)
    elif ending == _MARKDOWN:
        title = _markdown_heading(text.split("\n"))
    elif ending == _RST:
        title = _rst_heading(text.split("\n"))
    return title or path.stem, text


def _markdown_heading(lines: list[str]) -> str:
    """The first heading outside of code, or ''."""
    fence, before = "", ""
    for line in lines[_front_matter(lines) :]:
        if mark := _FENCE.match(line):
            if not fence:
                fence = mark[1]
            elif mark[1].startswith(fence):
                fence = ""
            before = ""
            continue
        if fence:
            continue
        if (heading := _ATX.fullmatch(line)) and heading[1]:
            return heading[1]
        if before and _SETEXT.fullmatch(line):
            return before
        before = line.strip()
    return ""


def _front_matter(lines: list[str]) -> int:
    """How many lines metadata before the text takes."""
    if lines[0].rstrip() == _FRONT_MATTER:
        for number, line in enumerate(lines[1:], 2):
            if line.rstrip() == _FRONT_MATTER:
                return number
    return 0


def _rst_heading(lines: list[str]) -> str:
    """The first line that is underlined for at least its length, or ''."""
    for above, below in pairwise(lines):
        title = above.strip()
        if (
            title
            and not _RST_LINE.fullmatch(above)
            and _RST_LINE.fullmatch(below)
            and len(below.rstrip()) >= len(title)
        ):
            return title
    return ""
