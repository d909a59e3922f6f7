"""A plan's file with more templates in it: where its paths lead, which templates are new, what it says of itself."""

from __future__ import annotations

import copy
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..plan import Plan
from ..records import Json
from ..tools.templates.variations import Seen
from ..tools.templates.wording import Fields, Parts, value_at, with_texts

Texts = tuple[str, ...]


def templates_of(base: Json, fields: Fields, texts: Sequence[Texts], answers: Sequence[Texts]) -> list[Json]:
    """The templates that come of a base: one for each of `texts`, with the answers in turn, the base's own the last.

    Where there are no texts, one for each of the answers.
    """
    own_texts, own_answers = texts_at(base, fields.texts), texts_at(base, fields.answers)
    turns = [*answers, own_answers]
    pairs = [(text, turns[number % len(turns)]) for number, text in enumerate(texts)]
    return [
        with_texts(base, _placed(fields.texts, text) | _placed(fields.answers, answer))
        for text, answer in pairs or [(own_texts, answer) for answer in answers]
    ]


def texts_at(template: Json, places: Sequence[Parts]) -> Texts:
    """The texts at these places."""
    return tuple(str(value_at(template, parts)) for parts in places)


def _placed(places: Sequence[Parts], texts: Texts) -> dict[Parts, str]:
    return dict(zip(places, texts, strict=True))


def without_repeats(
    bases: Sequence[tuple[Json, Fields]], grown: Sequence[tuple[Fields, Sequence[Json]]]
) -> list[list[Json]]:
    """What each base of a category grew into, less the templates that ask what another one of it asks, word for word.

    Those of one base are known to differ.
    """
    seen = Seen()
    for base, fields in bases:
        if fields.texts:
            seen.add(texts_at(base, fields.texts), near=False)
    kept: list[list[Json]] = []
    for fields, templates in grown:
        own = [t for t in templates if not fields.texts or not seen.like(texts_at(t, fields.texts))]
        for template in own:
            if fields.texts:
                seen.add(texts_at(template, fields.texts), near=False)
        kept.append(own)
    return kept


def grown_document(
    document: Mapping[str, Any], grown: Mapping[int, Sequence[Json]], old: Path, new: Path
) -> dict[str, Any]:
    """The JSON of a plan with more templates, those there were first; `grown` has them by the category's place.

    Files are named relative to the plan, so their paths are written anew where the plan moves from `old` to `new`.
    """
    document = copy.deepcopy(dict(document))
    for index, templates in grown.items():
        document["categories"][index]["templates"].extend(templates)
    _move(document, "schemas_dir", old, new)
    _move(document, "record_schema", old, new)
    for category in document.get("categories", []):
        _move(category, "record_schema", old, new)
    for source in document.get("sources", {}).values():
        _move(source, "path", old, new)
    return document


def _move(holder: dict[str, Any], key: str, old: Path, new: Path) -> None:
    path = holder.get(key)
    if isinstance(path, str) and not Path(path).is_absolute() and old.parent.resolve() != new.parent.resolve():
        holder[key] = os.path.relpath((old.parent / path).resolve(), new.parent.resolve())


def without_counts(plan: Plan) -> Plan:
    """The plan with a count of 0 in every category and no tiers: one that its templates can serve, however few."""
    nothing = {"count": 0, "tiers": None}
    categories = [category.model_copy(update=nothing) for category in plan.categories]
    return plan.model_copy(update={"categories": categories, "tiers": None, "total_instances": None})
