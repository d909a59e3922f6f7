"""Free texts: by what name, description and examples say of them, else words; always within their lengths."""

from __future__ import annotations

from . import descriptions, examples, lengths, moments, prose
from .fitting import MAX_LENGTH
from .forms import Form
from .names import Hint, words_of
from .pools import Draw, Maker, Pool, joined
from .rows import Edge, Rows
from .text_names import Named, named
from .texts import maker_of

_REDRAWS = 4
"""How often a text that does not fit is drawn again before one without a meaning takes its place."""

_PROSE = frozenset("description comment message bio review instruction question answer".split())
_SPARE = frozenset("name kind word title category key".split())
"""Entries that even a description's subject overrules."""

_SUBJECTS = frozenset(
    "first name;last name;full name;user name;email;phone;company;address;street;city;region;cloud region;country;"
    "country code;postal code;time zone;currency;language code;locale;language;job;url;image url;repository;uuid;code;"
    "description;comment;message;bio;review;instruction;question;title;product;slug;tag;topic;number text;color;"
    "hex color;ip;host;mac;file name;path;glob;version;date;date time;time;duration;hash;password;branch;command;"
    "currency pair;stock symbol;unit;license;nationality;programming language;name;disease;medication;run state".split(
        ";"
    )
)
"""Entries that a description's first noun may stand for: others are too often about something else."""

_FEW = 3
"""Examples from here on are typical, not just possible: most texts are among them."""


def told(form: Form, hint: Hint) -> Named | None:
    """The entry of the table that name, description, title or format stand for; None where none says anything."""
    one = named(hint)
    if one is not None and not one.is_weak:
        return one
    note = hint.note
    found = descriptions.form(note) if note else ""
    if not found and note and (one is None or one.entry in _SPARE):
        found = descriptions.subject(note)
        found = found if found in _SUBJECTS else ""
    if found and found not in _SPARE:
        return Named(found, one.prefix if one else "")
    if one is None and hint.title:
        one = named(Hint(hint.kind, words_of(hint.title)[-4:]))
    if one is None and form.formats:
        one = named(Hint(hint.kind, words_of(form.formats[0])))
    return one


def maker_for(form: Form, hint: Hint) -> Maker | None:
    """The maker of texts for a field, by all that is said of it; None where nothing tells."""
    one = told(form, hint)
    if hint.note:
        listed = descriptions.options(hint.note)
        if listed and not (one is not None and one.has_form and not one.is_weak):
            return joined(Pool(listed))
        written = descriptions.date_form(hint.note)
        if written and (one is None or one.is_weak or one.topic == "moments"):
            return moments.written(written, frozenset(hint.words))
    return None if one is None else maker_of(one, hint.words)


def free_texts(form: Form, hint: Hint, longest: int) -> Draw:
    """Texts that only their lengths bound."""
    one, maker, low = told(form, hint), maker_for(form, hint), form.shortest
    samples = examples.usable([*form.samples, *descriptions.samples(hint.note)], low, longest)
    says_little = maker is None or (one is not None and one.is_weak)
    like = examples.alike(samples) if says_little and samples else None
    draw = _within(form, maker if like is None else like, one, low, longest)
    if not samples or not may_repeat(one, hint):
        return draw
    if says_little and like is None and len(samples) >= _FEW:
        return examples.mostly(draw, samples)
    together = one is not None and f"shown {one.topic}" in hint.beside
    return examples.seasoned(draw, samples, together=together)


def may_repeat(one: Named | None, hint: Hint) -> bool:
    """Whether examples would not contradict the fields beside it."""
    if one is None or not one.topic or f"shown {one.topic}" in hint.beside:
        return True
    return one.topic != "moments" and f"many {one.topic}" not in hint.beside


def _within(form: Form, maker: Maker | None, one: Named | None, low: int, longest: int) -> Draw:
    """A maker's texts within the bounds; where there is none, words whose lengths spread over them."""
    sized = lengths.sized(low, longest)
    if maker is None:
        return sized if low or form.longest is not None else _edged(prose.phrase.draw, low, longest)
    if one is not None and one.entry in _PROSE and low and form.longest is not None:
        return _edged(lengths.of_prose(maker, low, longest), low, longest)
    fits = low <= maker.shortest and maker.longest <= longest
    has_form = one is not None and one.has_form
    if fits:
        return maker.draw if has_form else _edged(maker.draw, low, longest)

    def draw(rows: Rows) -> list[str]:
        texts = maker.draw(rows)
        others = [maker.draw(rows.beside(step)) for step in range(2, 2 + _REDRAWS)]
        spare = _shorter(texts) if has_form else []
        for column in [*others, *spare, sized(rows.beside(1))]:
            texts = [text if low <= len(text) <= longest else one for text, one in zip(texts, column, strict=True)]
        return texts

    return _edged(draw, low, longest)


def _shorter(texts: list[str]) -> list[list[str]]:
    """Contacts in shorter forms: phone numbers without blanks, addresses without their path."""
    return [[text.replace(" ", "") for text in texts], ["/".join(text.split("/")[:3]) for text in texts]]


def _edged(usual: Draw, low: int, longest: int) -> Draw:
    """The usual texts; for rows at an edge, texts as short or as long as may be, but for every fourth."""

    def draw(rows: Rows) -> list[str]:
        texts = usual(rows)
        if rows.edge is None:
            return texts
        ends = lengths.edge_text(rows, low, longest)
        if rows.edge is Edge.LOWEST and low == 0:
            ends = [""] * len(rows)
        inside = (rows.below(4, 5) == 0).tolist()
        return [
            text if keep and low <= len(text) <= longest else end
            for text, end, keep in zip(texts, ends, inside, strict=True)
        ]

    return draw


def longest_of(form: Form) -> int:
    """The most characters of a text."""
    return MAX_LENGTH if form.longest is None else min(form.longest, MAX_LENGTH)
