"""How alike the records of a dataset may be: the duplicate index of a run, and what feeds it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..plan import Plan
from ..records import Candidates, Fingerprints
from ..settings import Settings
from ..state.ledger import Ledger
from ..tools.diversity import DuplicateIndex, Embedder, Rule, can_embed, fingerprint, open_embedder, rules_by_category


@dataclass(frozen=True)
class Likeness:
    """duplicates: knows all committed records; None where nothing is compared. notice: what a person should know."""

    duplicates: DuplicateIndex | None
    rules: Mapping[str, Sequence[Rule]]
    embedder: Embedder | None
    has_split: bool
    notice: str | None

    @property
    def is_slow(self) -> bool:
        """Whether fingerprints take long enough to be made in a thread."""
        return self.embedder is not None

    def fingerprint(self, category: str, candidates: Candidates) -> Fingerprints:
        """What the index has to know of a category's candidates."""
        return fingerprint(candidates, self.rules[category], structural=self.has_split, embedder=self.embedder)


def open_likeness(plan: Plan, ledger: Ledger, settings: Settings, place: str) -> Likeness:
    """The index, with the records of earlier runs. Raises PlanError where the plan asks for what cannot be had."""
    has_split = plan.split is not None
    if plan.diversity is False or not plan.checks.duplicate:
        return Likeness(None, {category.name: () for category in plan.categories}, None, has_split, None)
    rules = rules_by_category(plan, can_embed=can_embed(), place=place)
    embedder = None
    if any(rule.method == "embedding" for those in rules.values() for rule in those):
        embedder = open_embedder(settings.embedder)
    index = DuplicateIndex(lambda category: rules[category])
    strata = ledger.history.strata()
    for stratum, fingerprints in ledger.history.fingerprints():
        index.restore(strata[stratum].category, fingerprints)
    notice = None
    if embedder is None and "diversity" not in plan.model_fields_set:
        notice = (
            'Near-duplicates are told by their words (MinHash); pip install "dataset-agent[embeddings]" compares '
            "meaning too."
        )
    return Likeness(index, rules, embedder, has_split, notice)
