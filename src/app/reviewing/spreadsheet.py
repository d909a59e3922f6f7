"""A sample as a table that is filled in elsewhere: CSV that spreadsheets open, and read back."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ...errors import InputError, Problem
from ...state.reviews import Review, Verdict
from ...tools.export import atomic_file
from .items import Item

COLUMNS = ("id", "category", "tier", "quality", "prompt", "invalid", "record", "verdict", "reason", "reviewer")

WORDS: dict[str, Verdict] = {
    **dict.fromkeys(("accept", "accepted", "a", "yes", "y", "1"), "accept"),
    **dict.fromkeys(("reject", "rejected", "r", "no", "n", "0"), "reject"),
    **dict.fromkeys(("skip", "skipped", "s"), "skip"),
}
"""What a person may write for a verdict, whatever the case."""

MOST_PROBLEMS = 100
"""Lines that are wrong are told one by one, up to so many."""

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
_DELIMITERS = ",;\t"


@dataclass(frozen=True, slots=True)
class Line:
    """A row with a verdict; `line` is where it begins in the file, from 1."""

    line: int
    id: str
    verdict: Verdict
    reason: str
    reviewer: str


@dataclass(frozen=True, slots=True)
class Filled:
    """What was read from a table: rows with verdicts in their order, and how many rows had a reason and no verdict."""

    lines: list[Line]
    only_reasons: int


def guarded(text: str) -> str:
    """A text as a cell that no spreadsheet takes for a formula: with an apostrophe before it where one might."""
    return f"'{text}" if text.lstrip("'").startswith(_FORMULA_STARTS) else text


def unguarded(cell: str) -> str:
    """The text of a cell that `guarded` made; others are what they are."""
    return cell[1:] if cell.startswith("'") and cell.lstrip("'").startswith(_FORMULA_STARTS) else cell


def write_sheet(path: Path, rows: Iterable[tuple[Item, Review | None]]) -> int:
    """Write records with the verdicts they have; gives how many. Raises OutputError.

    The text is UTF-8 with a mark at its start, by which spreadsheets know it. `quality` is the worker's own.
    """
    with atomic_file(path) as file:
        file.write("\ufeff".encode())
        file.write(_text(COLUMNS))
        for item, review in rows:
            about = (
                item.id,
                item.category,
                item.tier or "",
                f"{item.quality:g}",
                item.prompt or "",
                item.invalid or "",
                item.text,
            )
            given = (review.verdict, review.reason, review.reviewer) if review else ("", "", "")
            file.write(_text(map(guarded, (*about, *given))))
            file.rows += 1
    return file.rows


def _text(cells: Iterable[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerow(list(cells))
    return text.getvalue().encode("utf-8", "replace")


def read_sheet(path: Path) -> Filled:
    """The rows of a table that have a verdict. Columns other than id, verdict, reason and reviewer are not looked at.

    Fields are parted by commas, semicolons or tabs, whichever the header has. Raises InputError for a file that is no
    such table, and for every line with an unknown word for a verdict, or an id that has another verdict elsewhere.
    """
    rows = _rows(path, _read(path))
    at, header = next(rows, (1, {}))
    if missing := [name for name in ("id", "verdict") if name not in header]:
        mend = "take the table that --export wrote, and keep its first row"
        raise InputError.at(f"{path}:{at}", f"has no column {', '.join(missing)}", mend)
    lines: dict[str, Line] = {}
    problems: list[Problem] = []
    only_reasons = 0
    for at, row in rows:
        word, name = row["verdict"].strip().lower(), unguarded(row["id"].strip())
        if not word:
            only_reasons += bool(row.get("reason", "").strip())
            continue
        if word not in WORDS:
            known = "accept, reject or skip; a, r, yes, no, 1, 0; empty: not reviewed"
            problems.append(Problem(f"{path}:{at}", f"{row['verdict']!r:.80} is no verdict", known))
            continue
        told = (unguarded(row.get(column, "").strip()) for column in ("reason", "reviewer"))
        line = Line(at, name, WORDS[word], *told)
        before = lines.get(name)
        if before is not None and before.verdict != line.verdict:
            what = f"{name!r:.80} has {line.verdict} here and {before.verdict} in line {before.line}"
            problems.append(Problem(f"{path}:{at}", what, "keep one of them"))
            continue
        lines[name] = line
    refuse(path, problems)
    return Filled(list(lines.values()), only_reasons)


def refuse(path: Path, problems: list[Problem]) -> None:
    """Raises InputError where there are problems; the first hundred are told."""
    more = len(problems) - MOST_PROBLEMS
    if more > 0:
        problems = [*problems[:MOST_PROBLEMS], Problem(str(path), f"has {more:,} more problems like these")]
    if problems:
        raise InputError(problems)


def _read(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InputError.at(path, f"cannot be read: {error.strerror}", "is the path right?") from None
    encoding = "utf-16" if raw.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise InputError.at(f"{path}:{line}", "is not UTF-8", "save it as CSV UTF-8") from None


def _rows(path: Path, text: str) -> Iterator[tuple[int, Mapping[str, str]]]:
    """The header, by its names, then each row that is not blank, by them; with the line each begins on."""
    csv.field_size_limit(max(csv.field_size_limit(), len(text)))  # the process's: it is only ever raised
    header, end = text.partition("\n")[0], 0
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(_DELIMITERS, key=header.count), strict=True)
    names: list[str] | None = None
    try:
        for row in reader:
            line, end = end + 1, reader.line_num
            if not any(cell.strip() for cell in row):
                continue
            if names is None:
                names = [cell.strip().lower() for cell in row]
                yield line, {name: name for name in names}
                continue
            # Spreadsheets leave empty cells at a row's end out.
            yield line, dict(zip(names, row + [""] * (len(names) - len(row)), strict=False))
    except csv.Error as error:
        mend = 'a quote inside a quoted field is written twice: ""'
        raise InputError.at(f"{path}:{end + 1}", f"the row that begins here is broken: {error}", mend) from None
