"""Which comparisons keep the records of a category apart: as the plan says, else by who writes them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from ...errors import PlanError
from ...plan import Category, Diversity, Plan

Method = Literal["structural", "minhash", "embedding"]
Scope = Literal["global"] | int

THRESHOLDS: dict[Method, float] = {"structural": 1.0, "minhash": 0.8, "embedding": 0.9}
"""The similarity that is too much where a plan names none."""

STRUCTURAL_WINDOW = 20
"""The last records of a category in which agents may not repeat a structure, unless the plan says otherwise."""

EXTRA = "embeddings"


@dataclass(frozen=True, slots=True)
class Rule:
    """One comparison beyond exact duplicates: with all records of the category, or with the last `scope`.

    `threshold` is the similarity from which on two records are duplicates, in (0, 1]; structures are the same or not.
    """

    method: Method
    threshold: float
    scope: Scope


def rules_of(
    plan: Plan, category: Category, *, is_agent: bool, can_embed: bool, place: str = "plan"
) -> tuple[Rule, ...]:
    """The comparisons of a category, in the order they are made.

    What the plan says of `diversity` holds for every category. Left out, the records of templates are compared for
    being the same alone (their near-duplicates are meant), those of agents by structure, by words, and where
    `can_embed`, by meaning. Raises PlanError where the plan asks for embeddings that cannot be had; `place` is its
    file, for the message. With `"diversity": false` there are no rules; nor does anyone look for exact duplicates. A
    plan that says how many records to look back on, and nothing else, means the structures of agents.
    """
    if not is_left_out(plan):
        return _stated(plan.diversity, can_embed, place) if plan.diversity else ()
    if not is_agent:
        return ()
    by_meaning = (Rule("embedding", THRESHOLDS["embedding"], "global"),) if can_embed else ()
    window = plan.diversity.scope if plan.diversity and plan.diversity.model_fields_set else STRUCTURAL_WINDOW
    return (
        Rule("structural", THRESHOLDS["structural"], window),
        Rule("minhash", THRESHOLDS["minhash"], "global"),
        *by_meaning,
    )


def is_left_out(plan: Plan) -> bool:
    """Whether a plan leaves to the program how alike records may be, if not in how long a window."""
    if "diversity" not in plan.model_fields_set:
        return True
    stated = plan.diversity
    return stated is not False and stated.model_fields_set == {"scope"} and stated.scope != "global"


def rules_by_category(plan: Plan, *, can_embed: bool, place: str = "plan") -> dict[str, tuple[Rule, ...]]:
    """`rules_of` every category, by its name; none where the check is left out. Raises PlanError as that does."""
    if not plan.checks.duplicate:
        return {category.name: () for category in plan.categories}
    return {
        category.name: rules_of(
            plan, category, is_agent=plan.worker_of(category) == "agent", can_embed=can_embed, place=place
        )
        for category in plan.categories
    }


def needs_embedder(rules: Iterable[Rule]) -> bool:
    """Whether a rule compares embeddings."""
    return any(rule.method == "embedding" for rule in rules)


def exact_only(category: str) -> tuple[Rule, ...]:
    """No rule, whatever the category: `DuplicateIndex(exact_only)` refuses what is the same and nothing else."""
    return ()


def _stated(diversity: Diversity, can_embed: bool, place: str) -> tuple[Rule, ...]:
    method = diversity.method
    if method == "exact":
        return ()
    if method == "embedding" and not can_embed:
        raise PlanError.at(
            f"{place}: $.diversity.method",
            f"`embedding` needs the extra `{EXTRA}`, which is not installed",
            f'pip install "dataset-agent[{EXTRA}]", or choose `minhash`',
        )
    threshold = THRESHOLDS[method] if diversity.threshold is None else diversity.threshold
    return (Rule(method, threshold, diversity.scope),)
