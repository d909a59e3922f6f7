"""How alike the records of a dataset may be: the duplicate index of a run, and what feeds it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..errors import PlanError
from ..plan import Plan
from ..records import Candidates, Fingerprints
from ..settings import Settings
from ..state.ledger import Ledger
from ..tools.diversity import (
    DuplicateIndex,
    Embedder,
    EmbedderState,
    Fields,
    Rule,
    embedder_state,
    fields_of,
    fingerprint,
    open_embedder,
    rules_by_category,
)


@dataclass(frozen=True)
class Likeness:
    """duplicates: knows all committed records; None where nothing is compared. notice: what a person should know."""

    duplicates: DuplicateIndex | None
    rules: Mapping[str, Sequence[Rule]]
    fields: Mapping[str, Fields]
    embedder: Embedder | None
    has_split: bool
    notice: str | None

    @property
    def is_slow(self) -> bool:
        """Whether fingerprints take long enough to be made in a thread."""
        return self.embedder is not None

    def fingerprint(self, category: str, candidates: Candidates) -> Fingerprints:
        """What the index has to know of a category's candidates."""
        rules, fields = self.rules[category], self.fields[category]
        return fingerprint(candidates, rules, structural=self.has_split, embedder=self.embedder, fields=fields)


def open_likeness(plan: Plan, ledger: Ledger, settings: Settings, place: str) -> Likeness:
    """The index, with the records of earlier runs. Raises PlanError where the plan asks for what cannot be had."""
    has_split = plan.split is not None
    fields = {category.name: fields_of(plan, category) for category in plan.categories}
    if plan.diversity is False or not plan.checks.duplicate:
        return Likeness(None, {category.name: () for category in plan.categories}, fields, None, has_split, None)
    state = embedder_state(settings.embedder)
    is_usable = state.is_active or (settings.embedder is not None and state.state == "absent")
    _refuse_unusable(plan, state, place, is_usable=is_usable)
    stored = list(ledger.history.fingerprints())
    has_all = all(prints.embeddings is not None for _, prints in stored)
    rules = rules_by_category(plan, can_embed=is_usable and has_all, place=place)
    embedder = None
    if any(rule.method == "embedding" for those in rules.values() for rule in those):
        embedder = open_embedder(settings.embedder)
    index = DuplicateIndex(lambda category: rules[category])
    strata = ledger.history.strata()
    for stratum, fingerprints in stored:
        index.restore(strata[stratum].category, fingerprints)
    is_default = "diversity" not in plan.model_fields_set
    notice = _notice(state, is_usable=is_usable) if embedder is None and is_default else None
    return Likeness(index, rules, fields, embedder, has_split, notice)


def _refuse_unusable(plan: Plan, state: EmbedderState, place: str, *, is_usable: bool) -> None:
    asked = plan.diversity and plan.diversity.method == "embedding"
    if asked and not is_usable and state.state != "no extra":
        what = f"the embedder {state.model!r} is not on this machine"
        mend = "set DATASET_AGENT_EMBEDDER to a folder that holds one, or to a name that may be fetched"
        raise PlanError.at(f"{place}: $.diversity.method", what, mend)


def _notice(state: EmbedderState, *, is_usable: bool) -> str:
    told = "Near-duplicates are told by their words (MinHash), not by their meaning: "
    if state.state == "no extra":
        return told + 'pip install "dataset-agent[embeddings]" adds that.'
    if is_usable:
        return told + "the records of earlier runs were kept without embeddings."
    return told + f"{state.model} is not on this machine; DATASET_AGENT_EMBEDDER names a folder, or one to fetch."
