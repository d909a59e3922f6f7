"""Columns of texts: by format, by pattern, by the field's name, else phrases; always within their lengths."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa

from ...records import Json, UInt64Array
from . import contents, formats, words
from .checking import Checked
from .forms import Dead, Form
from .mending import Judge
from .names import Hint, has_form, text_maker, words_of
from .nodes import Leaf, Node, Nothing
from .patterns import MAX_LENGTH, compile_pattern
from .pools import Draw, Maker
from .regexes import matches
from .rows import Edge, Rows

_TRIAL = 64
_FEW = 4
"""A maker of which at least one text in so many fits is drawn again until one does."""

_REDRAWS = 4
"""How often a text that does not fit is drawn again before one without a meaning takes its place."""

_UNFIT = ("example", "john doe", "jane doe", "lorem", "todo", "test@", "xxx", "<", "foo", "tbd", "your", "changeme")


def string_node(form: Form, hint: Hint, judge: Callable[[], Judge]) -> Node:
    """Texts of a form. `judge` compiles the validator of the value, if it takes one."""
    longest = MAX_LENGTH if form.longest is None else min(form.longest, MAX_LENGTH)
    if form.shortest > longest:
        why = f"no text has at least {form.shortest} and at most {form.longest} characters"
        if form.longest is None or form.longest > MAX_LENGTH:
            why = f"texts of {form.shortest} characters and more are not made; the most is {MAX_LENGTH}"
        return Nothing(Dead("minLength", "#", why))
    known = [name for name in form.formats if name in formats.KNOWN]
    if form.patterns:
        return _by_pattern(form, hint, known, judge)
    if known:
        maker = _sized_format(known[0], hint, form.shortest, longest)
        fits = form.shortest <= maker.shortest and maker.longest <= longest
        node: Node = _leaf(maker.draw)
        return node if fits and len(known) == 1 else Checked(node, judge())
    if form.contents:
        held = contents.maker(frozenset(form.contents))
        fits = form.shortest <= held.shortest and held.longest <= longest
        return _leaf(held.draw) if fits else Checked(_leaf(held.draw), judge())
    return _leaf(_free(form, hint, longest))


def _leaf(draw: Draw) -> Node:
    return Leaf(draw, pa.string())


def _sized_format(name: str, hint: Hint, low: int, high: int) -> Maker:
    """The usual maker of a format where some of its texts have the length, else one that is made to measure."""
    usual = formats.maker(name, frozenset(hint.words))
    if low <= usual.shortest and usual.longest <= high:
        return usual
    fitting = sum(low <= len(text) <= high for text in usual.draw(_trial_rows()))
    return usual if fitting * _FEW >= _TRIAL else formats.sized(name, low, high) or usual


def _by_name(form: Form, hint: Hint) -> Maker | None:
    named = text_maker(hint)
    if named is None and form.formats:
        return text_maker(Hint(hint.kind, words_of(form.formats[0])))
    return named


def _free(form: Form, hint: Hint, longest: int) -> Draw:
    """Texts that only their lengths bound."""
    maker = _by_name(form, hint) or words.phrase
    low, sized = form.shortest, words.sized(form.shortest, longest)
    samples = _usable(form, low, longest)
    fits = low <= maker.shortest and maker.longest <= longest
    has_edges = not (fits and has_form(hint))

    def draw(rows: Rows) -> list[str]:
        if rows.edge is not None and has_edges:
            return _at_edge(rows, maker.draw, low, longest)
        texts = maker.draw(rows)
        if not fits:
            others = [maker.draw(rows.beside(step)) for step in range(2, 2 + _REDRAWS)]
            spare = _shorter(texts) if has_form(hint) else []
            for column in [*others, *spare, sized(rows.beside(1))]:
                texts = [text if low <= len(text) <= longest else one for text, one in zip(texts, column, strict=True)]
        return _seasoned(rows, texts, samples) if samples else texts

    return draw


def _shorter(texts: list[str]) -> list[list[str]]:
    """Contacts in shorter forms: phone numbers without blanks, addresses without their path."""
    return [[text.replace(" ", "") for text in texts], ["/".join(text.split("/")[:3]) for text in texts]]


def _at_edge(rows: Rows, usual: Draw, low: int, longest: int) -> list[str]:
    texts, ends = usual(rows), words.edge_text(rows, low, longest)
    if rows.edge is Edge.LOWEST and low == 0:
        ends = [""] * len(rows)
    inside = (rows.below(4, 5) == 0).tolist()
    return [
        text if keep and low <= len(text) <= longest else end
        for text, end, keep in zip(texts, ends, inside, strict=True)
    ]


def _usable(form: Form, low: int, longest: int) -> list[str]:
    """The schema's own examples, but for those that stand for nothing."""
    texts = (text for text in form.samples if isinstance(text, str) and max(low, 1) <= len(text) <= longest)
    return [text for text in texts if not any(unfit in text.lower() for unfit in _UNFIT)]


def _seasoned(rows: Rows, texts: list[str], samples: list[str]) -> list[str]:
    """An example of the schema in every fourth row."""
    picked = rows.below(4 * len(samples), 6).tolist()
    return [samples[at] if at < len(samples) else text for text, at in zip(texts, picked, strict=True)]


def _trial_rows() -> Rows:
    counters: UInt64Array = np.arange(_TRIAL, dtype=np.uint64)
    return Rows(0, counters, 1, 1)


def _by_pattern(form: Form, hint: Hint, known: list[str], judge: Callable[[], Judge]) -> Node:
    """Texts that match every pattern: by the field's name where its texts do, else from a pattern's tree."""
    validator = judge()
    check = validator.is_valid
    trial = _trial_rows()
    maker = formats.maker(known[0], frozenset(hint.words)) if known else _by_name(form, hint)
    if maker is not None and all(map(check, maker.draw(trial))):
        return Checked(_leaf(maker.draw), validator)
    best, most, is_sure = None, 0, False
    for pattern in form.patterns:
        compiled = compile_pattern(pattern, form.shortest, form.longest)
        if compiled is None:
            continue
        passed = sum(map(check, compiled.draw(trial)))
        if passed > most:
            is_sure = compiled.is_exact and len(form.patterns) == 1 and not known and passed == _TRIAL
            best, most = compiled, passed
    if best is not None:
        return _leaf(best.draw) if is_sure else Checked(_leaf(best.draw), validator)
    return _last_resort(form, hint, check, trial)


def _last_resort(form: Form, hint: Hint, check: Callable[[Json], bool], trial: Rows) -> Node:
    """Where no tree gives a text that passes: the schema's examples, or any text that happens to."""
    samples = [text for text in form.samples if isinstance(text, str) and check(text)]
    longest = MAX_LENGTH if form.longest is None else min(form.longest, MAX_LENGTH)
    if not samples:
        draws = (words.sized(form.shortest, longest), words.slug.draw, words.word.draw)
        samples = [text for draw in draws for text in draw(trial) if check(text)]
    if not samples:
        return Nothing(Dead("pattern", "#", f"no text was found that matches {' and '.join(map(repr, form.patterns))}"))
    array = np.array(samples, dtype=object)
    return _leaf(lambda rows: array.take(rows.below(len(array))).tolist())


def fitting_names(form: Form, hint: Hint, wanted: int, matching: str | None = None) -> list[str]:
    """Distinct names for properties that a schema does not name; `matching` is a pattern they have."""
    rows = Rows(0x9A3E, np.arange(4 * wanted, dtype=np.uint64), 1, 1)
    longest = 64 if form.longest is None else min(form.longest, 1_024)
    if matching is None and not form.patterns:
        draw = words.sized(form.shortest, longest) if form.shortest or form.longest else words.word.draw
        texts = words.identifier.draw(rows) if hint.words else draw(rows)
        return list(dict.fromkeys(text for text in texts if form.shortest <= len(text) <= longest))
    pattern = matching if matching is not None else form.patterns[0]
    by_word = words.word.draw(rows)
    if not all(matches(pattern, text) and form.shortest <= len(text) <= longest for text in by_word):
        compiled = compile_pattern(pattern, form.shortest, form.longest)
        by_word = [] if compiled is None else compiled.draw(rows)
    return list(dict.fromkeys(text for text in by_word if matches(pattern, text)))
