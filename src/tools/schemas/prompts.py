"""A text in natural language that states every value of a record: the other half of an extraction pair."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import orjson

from ...records import Int64Array, Json
from ..draws import bits, key_of
from .turns import Turns

_LONGEST_LABEL, _LONGEST_DESCRIPTION = 40, 70
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")

_INTROS = (
    "Here is {a_title}.", "This is {a_title}.", "Please take down the following {title}.", "{Title}:",
    "I have {a_title} for you.", "What follows is {a_title}.",
)  # fmt: skip
_UNTITLED = ("Here are the details.", "Please note the following.", "The following was reported.", "For the record:")
_SENTENCES = (
    "The {label} {be} {value}.", "{Label}: {value}.", "It has {label} {value}.", "For {label}, it says {value}.",
)  # fmt: skip
_YES_OR_NO = ("{Label}: {value}.", "Under {label} it says {value}.", "As to {label}: {value}.")
_DESCRIBED = "{Label} ({description}): {value}."
_PAIRS = (
    "The {label} {be} {value}, and the {label2} {be2} {value2}.", "{Label}: {value}; {label2}: {value2}.",
    "It has {label} {value} and {label2} {value2}.", "With {label} {value}, the {label2} {be2} {value2}.",
)  # fmt: skip
_WHOLES = ("The {label} has {fields}.", "As for the {label}: {fields}.", "About the {label}, this is known: {fields}.")
_LISTS = ("{Label}: {items}.", "Under {label} it lists {items}.")
_COUNTED = ("Under {label} there are {count}.", "{Label}: {count} in all.", "It lists {count} under {label}.")
_SINGLE = ("{Label}: one.", "Under {label} there is one.", "It lists one under {label}.")
_EACH = ("The {ordinal} has {fields}.", "The {ordinal}: {fields}.")
_ONLY = ("It has {fields}.", "This is it: {fields}.")


class PromptWriter:
    """Writes the prompt of a record; the same one for the same key, number and record.

    Every leaf value stands in it as it is, numbers as in JSON; true and false as yes and no, null as not given.
    """

    def __init__(self, schema: Json, key: np.uint64) -> None:
        self._schema, self._key = schema, key
        self._labels: dict[tuple[int, str], str] = {}

    def write(self, records: Sequence[Json], numbers: Int64Array) -> list[str]:
        """One text for each record with its candidate number."""
        seeds = bits(self._key, numbers).tolist()
        return [self._text(record, Turns(seed)) for record, seed in zip(records, seeds, strict=True)]

    def _text(self, record: Json, turns: Turns) -> str:
        title = self._title()
        intro = turns.one_of(_INTROS if title else _UNTITLED)
        parts = [intro.format(title=title, Title=_capital(title), a_title=_with_article(title))]
        if isinstance(record, dict):
            parts += self._sentences(record, self._schema, turns)
        else:
            parts.append(self._sentence("value", record, self._schema, turns))
        return " ".join(parts)

    def _title(self) -> str:
        title = self._schema.get("title") if isinstance(self._schema, dict) else None
        is_short = isinstance(title, str) and 0 < len(title.strip()) <= _LONGEST_LABEL
        return _lower(title.strip()) if is_short and title else ""

    def _sentences(self, record: dict[str, Json], schema: Json, turns: Turns) -> list[str]:
        """The fields of an object in an order of their own, simple ones sometimes two at a time."""
        names = turns.shuffled(list(record))
        simple = [name for name in names if not isinstance(record[name], dict | list | bool)]
        parts = []
        while simple:
            name = simple.pop()
            if simple and turns.below(2):
                parts.append(self._pair(name, simple.pop(), record, schema, turns))
            else:
                parts.append(self._sentence(name, record[name], self._child(schema, name), turns))
        parts += [
            self._sentence(name, record[name], self._child(schema, name), turns)
            for name in names
            if isinstance(record[name], dict | list | bool)
        ]
        return parts

    def _pair(self, name: str, other: str, record: dict[str, Json], schema: Json, turns: Turns) -> str:
        label, label2 = self._label(name, schema), self._label(other, schema)
        said, said2 = _said(record[name]), _said(record[other])
        text = turns.one_of(_PAIRS).format(
            label=label, Label=_capital(label), be=_be(label), value=said, label2=label2, be2=_be(label2), value2=said2
        )
        return _ended(text, said2)

    def _sentence(self, name: str, value: Json, schema: Json, turns: Turns) -> str:
        label = _short_title(schema) or _humanised(name)
        if isinstance(value, dict):
            return turns.one_of(_WHOLES).format(label=label, fields=self._clause(value, schema, turns))
        if isinstance(value, list):
            return self._listed(label, value, self._items(schema), turns)
        if isinstance(value, bool):
            return turns.one_of(_YES_OR_NO).format(label=label, Label=_capital(label), value=_said(value))
        description = _short_description(schema)
        form = turns.one_of((*_SENTENCES, _DESCRIBED) if description else _SENTENCES)
        said = _said(value)
        text = form.format(label=label, Label=_capital(label), be=_be(label), value=said, description=description)
        return _ended(text, said)

    def _listed(self, label: str, values: list[Json], schema: Json, turns: Turns) -> str:
        if not values:
            return f"There are no {label}."
        if not any(isinstance(value, dict | list) for value in values):
            items = _joined([_said(value) for value in values])
            return turns.one_of(_LISTS).format(label=label, Label=_capital(label), items=items)
        counted, each = (_SINGLE, _ONLY) if len(values) == 1 else (_COUNTED, _EACH)
        parts = [turns.one_of(counted).format(label=label, Label=_capital(label), count=len(values))]
        for index, value in enumerate(values):
            ordinal = _ORDINALS[index] if index < len(_ORDINALS) else f"number {index + 1}"
            parts.append(turns.one_of(each).format(ordinal=ordinal, fields=self._clause(value, schema, turns)))
        return " ".join(parts)

    def _clause(self, value: Json, schema: Json, turns: Turns) -> str:
        """A value within a sentence; what is nested deeper stands in parentheses."""
        if isinstance(value, list):
            items = [self._nested(item, self._items(schema), turns) for item in value]
            return _joined(items) if items else "nothing"
        if not isinstance(value, dict):
            return _said(value)
        fields = [
            f"{self._label(name, schema)} {self._nested(inner, self._child(schema, name), turns)}"
            for name, inner in value.items()
        ]
        return _joined(fields) if fields else "no details"

    def _nested(self, value: Json, schema: Json, turns: Turns) -> str:
        clause = self._clause(value, schema, turns)
        return f"({clause})" if isinstance(value, dict | list) else clause

    def _label(self, name: str, schema: Json) -> str:
        """What a property is called; `schema` is the object's."""
        place = id(schema), name
        if place not in self._labels:
            self._labels[place] = _short_title(self._child(schema, name)) or _humanised(name)
        return self._labels[place]

    def _child(self, schema: Json, name: str) -> Json:
        schema = self._resolved(schema)
        properties = schema.get("properties") if isinstance(schema, dict) else None
        return self._resolved(properties.get(name)) if isinstance(properties, dict) else None

    def _items(self, schema: Json) -> Json:
        return self._resolved(schema.get("items")) if isinstance(schema, dict) else None

    def _resolved(self, schema: Json) -> Json:
        """The schema behind local references; labels are all it is for, so others are left as they are."""
        for _ in range(10):
            reference = schema.get("$ref") if isinstance(schema, dict) else None
            if not isinstance(reference, str) or not reference.startswith("#/"):
                break
            schema = self._schema
            for step in reference[2:].split("/"):
                schema = schema.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(schema, dict) else None
        return schema


def compile_prompt(schema: Json, *, key: np.uint64) -> PromptWriter:
    """The writer of prompts for records of a schema, whose titles and short descriptions it uses."""
    return PromptWriter(schema, key_of(key, "prompt"))


def _said(value: Json) -> str:
    if isinstance(value, str):
        return value or "left empty"
    if value is None or isinstance(value, bool):
        return {None: "not given", True: "yes", False: "no"}[value]
    return orjson.dumps(value).decode() if not isinstance(value, int) else str(value)


def _be(label: str) -> str:
    """`are` after a plural, as far as its ending tells."""
    return "are" if label.endswith("s") and not label.endswith(("ss", "us", "is")) else "is"


def _ended(sentence: str, last: str) -> str:
    """A sentence without a full stop of its own where its last value has one."""
    return sentence[:-1] if last.endswith((".", "!", "?")) and sentence.endswith(f"{last}.") else sentence


def _joined(items: Sequence[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def _humanised(name: str) -> str:
    """`unitPrice`, `unit_price` and `unit-price` as `unit price`; a name without words as it is."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    words = re.split(r"[\s_.:/$@-]+", spaced.strip())
    return " ".join(_lower(word) for word in words if word) or name or "value"


def _lower(text: str) -> str:
    """The text with a small initial, unless its first word is an abbreviation."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _with_article(title: str) -> str:
    return f"{'an' if title[:1].lower() in 'aeiou' else 'a'} {title}"


def _short_text(schema: Any, keyword: str, longest: int) -> str:
    text = schema.get(keyword) if isinstance(schema, dict) else None
    return " ".join(text.split()).rstrip(".") if isinstance(text, str) and len(text) <= longest else ""


def _short_title(schema: Any) -> str:
    return _lower(_short_text(schema, "title", _LONGEST_LABEL))


def _short_description(schema: Any) -> str:
    return _short_text(schema, "description", _LONGEST_DESCRIPTION)
