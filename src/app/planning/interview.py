"""A plan without a model: questions, each answer checked at once, and in the end the same file."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from ...errors import InputError
from ...plan.reading import read_json
from ...records import Json
from ...tools.schemas import Validator
from . import interview_answers as answers
from .drafts import Draft, checked, saved_document, write_document
from .plan_table import plan_line, plan_table
from .terminal import Terminal

T = TypeVar("T")

_INTRODUCTION = """\
These questions make a plan. An empty answer takes what stands in brackets; Ctrl-C leaves, and nothing is written.
"""


def interview(terminal: Terminal, path: Path | None) -> Path:
    """Ask for a plan, and save it. Gives its file.

    Raises InputError where the input ends first: nothing is written then.
    """
    return _Interview(terminal, path).hold()


class _Interview:
    def __init__(self, terminal: Terminal, path: Path | None) -> None:
        self._terminal, self._path = terminal, path

    def hold(self) -> Path:
        self._terminal.say(_INTRODUCTION)
        name = self._ask("Name of the dataset", answers.dataset_name, self._path.stem if self._path else "my_dataset")
        path = self._path or Path(f"{name}.json")
        plan: dict[str, Any] = {"dataset_name": name}
        if purpose := self._ask("What is it for?", str, ""):
            plan["description"] = purpose
        schema = self._ask("File with the JSON Schema of a record", lambda text: _schema(text, path), "none")
        if schema is not None:
            plan["record_schema"] = schema
        self._terminal.say("Tiers say how hard or how frequent records are, such as: simple 50, medium 30, complex 20")
        if tiers := self._ask("Tiers, with shares in percent", lambda text: _unless_none(answers.tiers, text), "none"):
            plan["tiers"] = tiers
        plan["categories"] = []
        draft = self._categories(plan, path)
        self._terminal.show(plan_line(draft.plan))
        self._terminal.show(plan_table(draft.plan))
        return self._save(draft)

    def _categories(self, plan: dict[str, Any], path: Path) -> Draft:
        """Ask for categories until there are enough; each is checked with those before it."""
        draft: Draft | None = None
        while True:
            self._terminal.say("")
            known = [category["name"] for category in plan["categories"]]
            question = "Name of a category" if draft is None else "Name of another category"
            name = self._ask(question, partial(_new, known=known), None if draft is None else "that is all")
            if name is None and draft is not None:
                return draft
            category = self._category(str(name), has_schema="record_schema" in plan)
            more = {**plan, "categories": [*plan["categories"], category]}
            try:
                draft = checked(more, path, None)
            except InputError as error:
                self._terminal.say(f"That cannot be built:\n{error}\nOnce more, please.")
                continue
            plan = more
            if draft.plan.worker_of(draft.plan.categories[-1]) == "agent":
                self._terminal.say("A language model writes these: agent run --model NAME, or `models` in the plan.")

    def _category(self, name: str, *, has_schema: bool) -> dict[str, Any]:
        category: dict[str, Any] = {"name": name}
        if description := self._ask("  What is it about?", str, ""):
            category["description"] = description
        category["count"] = self._ask("  How many records?", answers.count, "100")
        if has_schema:
            if self._ask("  A text in natural language beside each record?", answers.yes, "n"):
                category["render"] = "prompt"
            return category
        return category | self._examples()

    def _examples(self) -> dict[str, Any]:
        """Examples, which a model writes after, or templates, which need none."""
        self._terminal.say(
            "  An example of what a record asks. With {slots} in braces it is a template, which needs no model:\n"
            "  Where is my order {number}?   {Hello|Hi}, what does the {item} cost?"
        )
        texts: list[str] = []
        slots: dict[str, Json] = {}
        while text := self._ask(
            "  Example" if not texts else "  Another", _text, "none" if not texts else "that is all"
        ):
            texts.append(text)
            for name in answers.slots_in(text):
                if name not in slots:
                    what = f"  Values of {{{name}}} (a, b, c; LOW..HIGH; FROM..TO; faker city)"
                    slots[name] = self._ask(what, answers.slot)
        expected = self._ask("  What is true of each, as key=value, ...", answers.expectations, "") if texts else {}
        if not slots:
            return ({"example_inputs": texts} if texts else {}) | ({"expectations": expected} if expected else {})
        templates = [{"inputs": {"text": text}} | ({"expectations": expected} if expected else {}) for text in texts]
        return {"templates": templates, "slots": slots}

    def _save(self, draft: Draft) -> Path:
        if not self._ask(f"Save it as {draft.path}?", answers.yes, "y"):
            raise InputError.at(draft.path, "was not written: you said no")
        if draft.path.exists() and saved_document(draft.path) != draft.document:
            if not self._ask(f"{draft.path} is there already. Overwrite it?", answers.yes, "n"):
                raise InputError.at(draft.path, "was not written: it is there already", "name another file")
        write_document(draft.document, draft.path)
        self._terminal.say(f"Saved {draft.path}. Next: agent preview {draft.path}, then agent run {draft.path}.")
        return draft.path

    def _ask(self, question: str, value_of: Callable[[str], T], usual: str | None = None) -> T:
        """An answer, asked for until it is fit; `usual` is taken for an empty one."""
        shown = f"{question} [{usual}]: " if usual else f"{question}: "
        while True:
            text = self._terminal.ask(shown)
            if text is None:
                raise InputError.at("the answers", "end before the plan is whole; nothing was written")
            try:
                return value_of(text or usual or "")
            except (ValueError, InputError) as error:
                self._terminal.say(f"  {error}")


_NONE = ("none", "that is all")


def _unless_none(value_of: Callable[[str], T], text: str) -> T | None:
    return None if text in _NONE else value_of(text)


def _new(text: str, known: list[str]) -> str | None:
    if text in known:
        raise ValueError(f"{text!r} is there already")
    return _unless_none(answers.name, text)


def _text(text: str) -> str | None:
    answers.slots_in(text)
    return None if text in _NONE else text


def _schema(text: str, plan: Path) -> str | None:
    """The path of a valid schema, relative to the plan's file."""
    if text in _NONE:
        return None
    Validator(read_json(Path(text).expanduser()), text)
    return os.path.relpath(Path(text).expanduser(), plan.parent)
