"""The plan: its models, how it is read, and the strata it asks for."""

from .changes import changes
from .endpoints import ModelEntry, Route
from .models import Category, Plan, Slot, Source, Tier
from .options import Budget, Checks, Diversity, Generation, MlflowSettings, Output, Split
from .quotas import largest_remainder, strata_of
from .reading import parse_plan, plan_bytes, plan_schema, read_plan, sha256_of_plan

__all__ = [
    "Budget",
    "Category",
    "Checks",
    "Diversity",
    "Generation",
    "MlflowSettings",
    "ModelEntry",
    "Output",
    "Plan",
    "Route",
    "Slot",
    "Source",
    "Split",
    "Tier",
    "changes",
    "largest_remainder",
    "parse_plan",
    "plan_bytes",
    "plan_schema",
    "read_plan",
    "sha256_of_plan",
    "strata_of",
]
