"""The names that an answer states, against the rows it is about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .about import names
from .labels import values_of_labels
from .stated import Answer, Stated
from .structured import shown
from .words import LISTED, REPLIES, columns_of, form, in_column

_LONGEST_LIST = 200


def wrong_names(stated: Stated, answer: Answer) -> Iterator[str]:
    """The values of text columns in an answer that the rows don't have, each with what they have.

    Names are, wherever they stand; any value, however short, where it follows its column's name, or where the answer is
    nothing but values. What the question says may be repeated, but not as the value of a column.
    """
    words = answer.words
    for column, mention in values_of_labels(stated.index, words, answer.labels, answer.own):
        if not _is_in(stated, mention.form, column):
            yield _wrong(stated, [column], words.raw(mention.start, mention.stop))
    yield from _wrong_in_list(stated, answer)
    for mention in names(stated.index.lexicon, words):
        if not stated.says(mention.form):
            yield _wrong(stated, columns_of(mention.code), words.raw(mention.start, mention.stop))


def _is_in(stated: Stated, known: str, column: int) -> bool:
    """Whether a row has a name in this column, as a whole or within; also where no row has anything there."""
    cells = [form(str(cell)) for row in stated.rows for cell in row.cells.get(column, ())]
    return not cells or any(f" {known} " in f" {cell} " for cell in cells)


def _wrong_in_list(stated: Stated, answer: Answer) -> Iterator[str]:
    """What is wrong where a whole text is a value, or a list of values."""
    text = answer.words.text
    if len(text) > _LONGEST_LIST or stated.asked.compares:
        return
    codes = stated.index.lexicon.codes
    for group in ([text], LISTED.split(text)):
        parts = {form(part): part.strip(" .!\"'") for part in group if part.strip(" .!\"'")}
        if not parts or not all(known in codes and known not in REPLIES for known in parts):
            continue
        for known, part in parts.items():
            columns = [column for column in stated.wanted if in_column(codes[known], column)]
            if not any(row.says(known) for row in stated.rows):
                yield _wrong(stated, columns or columns_of(codes[known]), part)
            elif stated.wanted and not any(known == form(row.name) for row in stated.rows):
                if not any(_is_in(stated, known, column) for column in stated.wanted):
                    yield _wrong(stated, stated.wanted, part)
        return


def _wrong(stated: Stated, columns: Sequence[int], raw: str) -> str:
    index = stated.index
    if index.key in columns:
        return f'says "{raw}" ({index.names[index.key]}), the record is about "{stated.rows[0].name}"'
    row = next((row for row in stated.rows if any(row.cells.get(column) for column in columns)), stated.rows[0])
    column = next((column for column in columns if row.cells.get(column)), columns[0])
    cells = row.cells.get(column)
    has = shown(cells[0]) if cells else "nothing there"
    return f'says "{raw}" ({index.names[column]}), the row of "{row.name}" has {has}'
