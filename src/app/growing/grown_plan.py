"""A plan's file with more templates in it: which they are, and where the paths in it lead."""

from __future__ import annotations

import copy
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ...plan import Plan
from ...records import Json
from ...tools.templates.variations import Seen
from ...tools.templates.wording import Fields, Parts, value_at, with_texts

Texts = tuple[str, ...]


def templates_of(base: Json, fields: Fields, texts: Sequence[Texts], answers: Sequence[Texts]) -> list[Json]:
    """The templates that come of a base: one for each of `texts`, with the answers in turn, the base's own the last.

    Where there are no texts, one for each of the answers.
    """
    turns = [*answers, texts_at(base, fields.answers)]
    pairs = [(text, turns[number % len(turns)]) for number, text in enumerate(texts)]
    return [
        with_texts(base, _placed(fields.texts, text) | _placed(fields.answers, answer))
        for text, answer in pairs or [(texts_at(base, fields.texts), answer) for answer in answers]
    ]


def texts_at(template: Json, places: Sequence[Parts]) -> Texts:
    """The texts at these places."""
    return tuple(str(value_at(template, parts)) for parts in places)


def _placed(places: Sequence[Parts], texts: Texts) -> dict[Parts, str]:
    return dict(zip(places, texts, strict=True))


def without_repeats(grown: Iterable[tuple[Fields, Sequence[Json]]]) -> list[Json]:
    """What the templates of a category grew into, less what asks the same, word for word, as what another one became.

    Those that come of one template are known to differ.
    """
    seen, kept = Seen(), list[Json]()
    for fields, templates in grown:
        asked = [(texts_at(template, fields.texts), template) for template in templates]
        own = [(texts, template) for texts, template in asked if not (texts and seen.like(texts))]
        for texts, template in own:
            kept.append(template)
            if texts:
                seen.add(texts, near=False)
    return kept


def grown_document(
    document: Mapping[str, Any], grown: Mapping[int, Sequence[Json]], old: Path, new: Path
) -> dict[str, Any]:
    """The JSON of a plan with more templates, those there were first; `grown` has them by the category's place.

    Files are named relative to the plan, so their paths are written anew where the plan moves from `old` to `new`.
    """
    moved: dict[str, Any] = copy.deepcopy(dict(document))
    for index, templates in grown.items():
        moved["categories"][index]["templates"].extend(templates)
    if old.parent.resolve() != new.parent.resolve():
        holders = [(moved, "schemas_dir"), (moved, "record_schema")]
        holders += [(category, "record_schema") for category in moved.get("categories", [])]
        holders += [(source, "path") for source in moved.get("sources", {}).values()]
        for holder, key in holders:
            _move(holder, key, old.parent, new.parent)
    return moved


def _move(holder: dict[str, Any], key: str, old: Path, new: Path) -> None:
    path = holder.get(key)
    if isinstance(path, str) and not Path(path).is_absolute():
        holder[key] = os.path.relpath((old / path).resolve(), new.resolve())


def without_counts(plan: Plan) -> Plan:
    """The plan with a count of 0 in every category and no tiers: one that its templates can serve, however few."""
    nothing = {"count": 0, "tiers": None}
    categories = [category.model_copy(update=nothing) for category in plan.categories]
    return plan.model_copy(update={"categories": categories, "tiers": None, "total_instances": None})
