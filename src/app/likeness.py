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
    is_left_out,
    needs_embedder,
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


@dataclass(frozen=True)
class Comparison:
    """How a plan's records are compared.

    rules: by category, None where nothing is. state: of the embedder, where one was looked for.
    """

    rules: Mapping[str, Sequence[Rule]] | None
    state: EmbedderState | None

    @property
    def by_meaning(self) -> bool:
        """Whether a rule compares embeddings."""
        return self.rules is not None and any(needs_embedder(rules) for rules in self.rules.values())


def comparison_of(plan: Plan, settings: Settings, place: str) -> Comparison:
    """How the records of a plan are compared. Raises PlanError where it asks for an embedder that cannot be had.

    An embedder that nobody named is used if it is on this machine, and never fetched.
    """
    if plan.diversity is False or not plan.checks.duplicate:
        return Comparison(None, None)
    by_name = plan.diversity.method == "embedding"
    if not by_name and not any(plan.worker_of(category) == "agent" for category in plan.categories):
        return Comparison(rules_by_category(plan, can_embed=False, place=place), None)
    state = embedder_state(settings.embedder)
    is_usable = state.may_be_opened(settings.embedder)
    if by_name and not is_usable and state.state != "no extra":
        what = f"the embedder {state.model!r} is not on this machine"
        mend = "set DATASET_AGENT_EMBEDDER to a folder that holds one, or to a name that may be fetched"
        raise PlanError.at(f"{place}: $.diversity.method", what, mend)
    return Comparison(rules_by_category(plan, can_embed=is_usable, place=place), state)


def open_likeness(plan: Plan, ledger: Ledger, settings: Settings, comparison: Comparison) -> Likeness:
    """The index, with the records of earlier runs. Raises InputError where the embedder cannot be opened."""
    has_split = plan.split is not None
    fields = {category.name: fields_of(plan, category) for category in plan.categories}
    rules = comparison.rules
    if rules is None:
        return Likeness(None, {category.name: () for category in plan.categories}, fields, None, has_split, None)
    embedder = open_embedder(settings.embedder) if comparison.by_meaning else None
    index = DuplicateIndex(lambda category: rules[category])
    strata = ledger.history.strata()
    for stratum, fingerprints in ledger.history.fingerprints():
        index.restore(strata[stratum].category, fingerprints)
    notice = _notice(comparison, index.unembedded) if is_left_out(plan) else None
    return Likeness(index, rules, fields, embedder, has_split, notice)


def _notice(comparison: Comparison, unembedded: int) -> str | None:
    """What a person should know of a comparison that nobody asked for in so many words."""
    if unembedded:
        return f"{unembedded:,} records of earlier runs are compared by their words alone: they have no embeddings."
    state = comparison.state
    if state is None or comparison.by_meaning:
        return None
    told = "Near-duplicates are told by their words (MinHash), not by their meaning: "
    if state.state == "no extra":
        return told + 'pip install "dataset-agent[embeddings]" adds that.'
    return told + f"{state.model} is not on this machine; DATASET_AGENT_EMBEDDER names a folder, or one to fetch."
