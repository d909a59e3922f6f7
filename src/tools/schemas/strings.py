"""Columns of texts: by format, by pattern, else free; always within their lengths."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterable, Iterator

import numpy as np
import pyarrow as pa

from ...records import Json, UInt64Array
from . import contents, examples, formats, lengths, words
from .checking import Checked
from .fitting import MAX_LENGTH
from .forms import Dead, Form
from .free import free_texts, longest_of, maker_for, may_repeat, told
from .matching import patterns_of
from .mending import Judge
from .names import Hint
from .nodes import Leaf, Node, Nothing
from .patterns import Pattern
from .pools import Draw, Maker
from .rows import Rows, step_of
from .texts import maker_of, styles

_TRIAL = 64
_BEHIND = step_of("behind")
_FEW = 4
"""A maker of which at least one text in so many fits is drawn again until one does."""

_MOMENTS = frozenset({"date", "time", "date-time"})


def string_node(form: Form, hint: Hint, judge: Callable[[], Judge]) -> Node:
    """Texts of a form. `judge` compiles the validator of the value, if it takes one."""
    longest = longest_of(form)
    if form.shortest > longest:
        why = f"no text has at least {form.shortest} and at most {form.longest} characters"
        if form.longest is None or form.longest > MAX_LENGTH:
            why = f"texts of {form.shortest} characters and more are not made; the most is {MAX_LENGTH}"
        return Nothing(Dead("minLength", "#", why))
    known = [name for name in form.formats if name in formats.KNOWN]
    if form.patterns:
        return _by_pattern(form, hint, known, judge)
    if known:
        return _by_format(form, hint, known, longest, judge)
    if form.contents:
        held = contents.maker(frozenset(form.contents))
        fits = form.shortest <= held.shortest and held.longest <= longest
        return _leaf(held.draw) if fits else Checked(_leaf(held.draw), judge())
    return _leaf(free_texts(form, hint, longest))


def _leaf(draw: Draw) -> Node:
    return Leaf(draw, pa.string())


def _by_format(form: Form, hint: Hint, known: list[str], longest: int, judge: Callable[[], Judge]) -> Node:
    """Texts of a standard format; the schema's own among them, but for moments, which have to agree."""
    maker = _sized_format(_of_format(form, hint, known[0]), known[0], form.shortest, longest)
    fits = form.shortest <= maker.shortest and maker.longest <= longest and len(known) == 1
    draw = maker.draw
    samples = [] if known[0] in _MOMENTS else examples.usable(form.samples, form.shortest, longest)
    validator = judge() if samples or not fits else None
    if samples and validator is not None and not ("email" in known[0] and "many people" in hint.beside):
        valid = [text for text in samples if validator.is_valid(text)]
        draw = examples.seasoned(draw, valid) if valid else draw
    node = _leaf(draw)
    return node if fits or validator is None else Checked(node, validator)


def _sized_format(usual: Maker, name: str, low: int, high: int) -> Maker:
    """The usual maker of a format where some of its texts have the length, else one that is made to measure."""
    if low <= usual.shortest and usual.longest <= high:
        return usual
    fitting = sum(low <= len(text) <= high for text in usual.draw(_trial_rows()))
    return usual if fitting * _FEW >= _TRIAL else formats.sized(name, low, high) or usual


def _of_format(form: Form, hint: Hint, name: str) -> Maker:
    """The maker of a format; of the field's own kind where that has the same format (`avatar_url` is a picture)."""
    one = told(form, hint) if name in ("uri", "email") else None
    if (
        one is not None
        and one.entry in ("image url", "repository", "email")
        and (one.entry == "email") == (name == "email")
    ):
        return maker_of(one, hint.words)
    return formats.maker(name, frozenset(hint.words))


def _trial_rows() -> Rows:
    counters: UInt64Array = np.arange(_TRIAL, dtype=np.uint64)
    return Rows(0, counters, 1, 1)


def _by_pattern(form: Form, hint: Hint, known: list[str], judge: Callable[[], Judge]) -> Node:
    """Texts that match every pattern: by the field's name where its texts do, else from a pattern's tree."""
    validator = judge()
    check = validator.is_valid
    trial, few = _trial_rows(), _trial_rows().take(np.arange(_FEW))
    for maker in _candidates(form, hint, known):
        if all(map(check, maker.draw(few))) and all(map(check, maker.draw(trial))):
            draw = _with_own(form, hint, maker.draw, check)
            return Checked(_leaf(_with_edges(draw, lambda: next(_ways(form, hint, known), None))), validator)
    best, most, is_sure = None, 0, False
    for pattern in _ways(form, hint, known):
        passed = sum(map(check, pattern.draw(trial)))
        if passed > most:
            is_sure = pattern.is_exact and not known and passed == _TRIAL
            best, most = pattern, passed
        if passed == _TRIAL:
            break
    if best is not None:
        node = _leaf(_with_own(form, hint, best.draw, check))
        return node if is_sure else Checked(node, validator)
    return _last_resort(form, hint, check, trial)


def _with_edges(usual: Draw, pattern: Callable[[], Pattern | None]) -> Draw:
    """The usual texts; for rows at an edge those of the pattern, which knows its bounds."""
    compiled = functools.cache(pattern)

    def draw(rows: Rows) -> list[str]:
        edges = compiled() if rows.edge is not None else None
        return usual(rows) if edges is None else edges.draw(rows)

    return draw


def _with_own(form: Form, hint: Hint, draw: Draw, check: Callable[[Json], bool]) -> Draw:
    """The schema's own texts among others, where they match as well."""
    if not form.samples or not may_repeat(told(form, hint), hint):
        return draw
    own = [text for text in examples.usable(form.samples, form.shortest, longest_of(form)) if check(text)]
    return examples.seasoned(draw, own) if own else draw


def _ways(form: Form, hint: Hint, known: list[str]) -> Iterator[Pattern]:
    """Ways to write texts of the patterns; where there is a format, also behind texts of it: a URI that ends so."""
    yield from patterns_of(form.patterns, form.shortest, form.longest)
    if known:
        head = formats.maker(known[0], frozenset(hint.words))
        for way in patterns_of(form.patterns, 0, form.longest):
            yield Pattern(_behind(head, way), False)


def _behind(head: Maker, way: Pattern) -> Draw:
    return lambda rows: list(map(operator.add, head.draw(rows), way.draw(rows.beside(_BEHIND))))


def _candidates(form: Form, hint: Hint, known: list[str]) -> Iterable[Maker]:
    """Makers whose texts may match: of the format or the field's name, in the forms in which its texts are written."""
    if known:
        yield formats.maker(known[0], frozenset(hint.words))
        return
    like = examples.alike(examples.usable(form.samples, form.shortest, longest_of(form)))
    named = maker_for(form, hint)
    yield from [maker for maker in (like, named) if maker is not None]
    one = told(form, hint)
    if one is not None:
        yield from styles(one, hint.words)


def _last_resort(form: Form, hint: Hint, check: Callable[[Json], bool], trial: Rows) -> Node:
    """Where no tree gives a text that passes: the schema's examples, or any text that happens to."""
    samples = [text for text in form.samples if isinstance(text, str) and check(text)]
    longest = longest_of(form)
    if not samples:
        draws = (lengths.sized(form.shortest, longest), words.slug.draw, words.word.draw)
        samples = [text for draw in draws for text in draw(trial) if check(text)]
    if not samples:
        text = f"text of {form.shortest} to {longest} characters" if form.shortest or form.longest else "text"
        matched = " and ".join(map(repr, form.patterns))
        return Nothing(Dead("pattern", "#", f"no {text} was found that matches {matched}"))
    array = np.array(samples, dtype=object)
    return _leaf(lambda rows: array.take(rows.below(len(array))).tolist())
