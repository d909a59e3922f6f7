"""The choices of a schema, spread out into forms without choices."""

from __future__ import annotations

from collections import deque

from .applying import Chosen
from .exclusions import rule_out
from .forms import Dead, Form, Places
from .keywords import collect
from .places import Document

MAX_BRANCHES = 48
"""The most forms a schema is spread into; beyond, options are combined so that each one turns up."""

_MAX_TRIES = 600
_MAX_DEPTH = 6


class Branches:
    """Spreads places into forms; remembers what it has spread."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._known: dict[tuple[str, ...], list[Form]] = {}
        self._depth = 0

    def of(self, places: Places) -> tuple[list[Form], Dead | None]:
        """Forms of which each value satisfies all the places; where there is none, why."""
        forms: list[Form] = []
        reason: Dead | None = None
        tries = 0
        todo: deque[Chosen] = deque([{}])
        while todo and tries < _MAX_TRIES and len(forms) < MAX_BRANCHES:
            chosen = todo.popleft()
            tries += 1
            form = collect(self._document, places, chosen)
            if form.dead is None and form.groups:
                self._open(form, chosen, todo)
                continue
            if form.dead is None:
                self._exclude(form, places)
            if form.dead is None:
                forms.append(form)
            reason = reason or form.dead
        return forms, reason

    def _open(self, form: Form, chosen: Chosen, todo: deque[Chosen]) -> None:
        """Puts the options of the first open choice in the queue; all of them only while there is room."""
        group, count = form.groups[0], len(form.groups[0].options)
        options = list(range(count))
        turn = (sum(chosen.values()) + len(todo)) % count
        options = options[turn:] + options[:turn]
        if len(todo) + count <= MAX_BRANCHES or not chosen:
            todo.extend({**chosen, group.key: option} for option in sorted(options))
            return
        todo.appendleft({**chosen, group.key: options[0]})
        todo.extend({**chosen, group.key: option} for option in options[1:3])

    def _exclude(self, form: Form, places: Places) -> None:
        for place in form.excluded:
            for other in self._forms_to_exclude((place,)):
                if form.dead is None:
                    rule_out(form, other, place, self)

    def _forms_to_exclude(self, places: Places) -> list[Form]:
        key = tuple(place.key for place in places)
        if key not in self._known:
            if self._depth >= _MAX_DEPTH:
                return [Form(needs_check=True)]
            self._depth += 1
            self._known[key] = [Form(needs_check=True)]  # for what refers to itself meanwhile
            self._known[key] = self.of(places)[0]
            self._depth -= 1
        return self._known[key]

    def can_meet(self, places: Places) -> bool:
        """Whether any value may satisfy all the places, as far as their own keywords tell."""
        return bool(self._forms_to_exclude(places))
