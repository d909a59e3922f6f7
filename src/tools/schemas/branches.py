"""The choices of a schema, spread out into forms without choices."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from .applying import Chosen
from .exclusions import rule_out
from .forms import Dead, Form, Group, Places
from .keywords import collect
from .places import Document

MAX_BRANCHES = 48
"""The most forms that all combinations of options are spread into; beyond, each option turns up in one of them."""

MAX_OPTIONS = 400
"""The most options of one choice that turn up; of more, as many, evenly spaced."""

_MAX_TRIES = 600
_MAX_EXCLUSIONS = 10_000
_MAX_DEPTH = 6
_MAX_STEPS = 400


class Branches:
    """Spreads places into forms; remembers what it has spread."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._known: dict[tuple[str, ...], list[Form]] = {}
        self._open: set[tuple[str, ...]] = set()
        self._steps, self._is_cut = 0, False

    def of(self, places: Places) -> tuple[list[Form], Dead | None]:
        """Forms of which each value satisfies all the places; where there is none, why."""
        found = self._all(places)
        forms = _Variations(self._document, places).forms() if found is None else found
        are_few = sum(len(form.excluded) for form in forms) <= _MAX_EXCLUSIONS
        kept: list[Form] = []
        reason: Dead | None = None
        for form in forms:
            form.needs_check |= bool(form.excluded) and not are_few
            if form.dead is None and are_few:
                self._exclude(form)
            if form.dead is None:
                kept.append(form)
            reason = reason or form.dead
        return kept, reason

    def _all(self, places: Places) -> list[Form] | None:
        """A form for each combination of options; None where those are too many."""
        forms: list[Form] = []
        todo: deque[Chosen] = deque([{}])
        while todo:
            chosen = todo.popleft()
            form = collect(self._document, places, chosen)
            if form.dead is not None or not form.groups:
                forms.append(form)
                continue
            group = form.groups[0]
            if len(todo) + len(group.options) > MAX_BRANCHES and (chosen or len(form.groups) > 1):
                return None
            todo.extend({**chosen, group.key: option} for option in _options(group))
        return forms

    def _exclude(self, form: Form) -> None:
        for place in form.excluded:
            for other in self._forms_to_exclude((place,)):
                if form.dead is None:
                    rule_out(form, other, place, self)

    def _forms_to_exclude(self, places: Places) -> list[Form]:
        """The forms of places, as far as a bounded number of steps tells: what was cut short is not remembered."""
        by_key = {place.key: place for place in places}
        key = tuple(sorted(by_key))
        if key in self._known:
            return self._known[key]
        if not self._open:
            self._steps, self._is_cut = 0, False
        if key in self._open or len(self._open) >= _MAX_DEPTH or self._steps >= _MAX_STEPS:
            self._is_cut = True
            return [Form(needs_check=True)]
        self._steps += 1
        self._open.add(key)
        forms = self.of(tuple(by_key[one] for one in key))[0]
        self._open.remove(key)
        if not self._is_cut or not self._open:
            self._known[key] = forms
        return forms

    def can_meet(self, places: Places) -> bool:
        """Whether any value may satisfy all the places, as far as their own keywords tell."""
        return bool(self._forms_to_exclude(places))


def _options(group: Group) -> Iterable[int]:
    count = len(group.options)
    return range(count) if count <= MAX_OPTIONS else (at * count // MAX_OPTIONS for at in range(MAX_OPTIONS))


class _Variations:
    """One combination of options that can hold, then others, so that each option turns up in one of them."""

    def __init__(self, document: Document, places: Places) -> None:
        self._document, self._places = document, places
        self._tries = 0
        self._met: dict[str, Group] = {}

    def forms(self) -> list[Form]:
        """The forms; where no combination holds, the last that was tried."""
        first, base = self._completed({}, {})
        found = [first]
        for group in list(self._met.values()):
            for option in _options(group):
                if self._tries > _MAX_TRIES:
                    return found
                if base.get(group.key) != option:
                    found.append(self._varied({group.key: option}, base))
        return found

    def _varied(self, forced: Chosen, base: Chosen) -> Form:
        """A form with this option, and with others of the other groups where that can hold."""
        turn = self._tries
        shifted = {
            key: base.get(key, group.usual) if group.usual else (base.get(key, 0) + turn) % len(group.options)
            for key, group in self._met.items()
        }
        form = self._collect({**shifted, **forced})
        return form if form.dead is None and not form.groups else self._completed(forced, base)[0]

    def _completed(self, forced: Chosen, preferred: Chosen) -> tuple[Form, Chosen]:
        """Chooses for all open groups, all at once where that can hold, else one after the other."""
        chosen = dict(forced)
        form = self._collect(chosen)
        while form.groups and form.dead is None:
            usual = {group.key: preferred.get(group.key, group.usual) for group in form.groups}
            together = self._collect({**chosen, **usual})
            if together.dead is None:
                chosen, form = {**chosen, **usual}, together
                continue
            group = form.groups[0]
            first = usual[group.key]
            for option in (first, *(at for at in range(len(group.options)) if at != first)):
                form = self._collect({**chosen, group.key: option})
                if form.dead is None:
                    chosen[group.key] = option
                    break
        return form, chosen

    def _collect(self, chosen: Chosen) -> Form:
        self._tries += 1
        form = collect(self._document, self._places, chosen)
        self._met.update((group.key, group) for group in form.groups)
        return form
