"""The plan: its models, how it is read, and the strata it asks for."""

from .changes import changes
from .endpoints import ModelEntry, Route
from .models import Category, Plan
from .options import Budget, Checks, Diversity, Generation, MlflowSettings, Output, Split
from .quotas import largest_remainder, strata_of
from .reading import parse_plan, plan_bytes, plan_schema, read_plan, sha256_of_plan
from .slots import Slot
from .sources import Source
from .tasks import MODEL_WORKERS, OBJECT_KEYS, OBJECT_NAMES, RECORD_SCHEMAS, Evidence, Worker
from .tiers import Tier

__all__ = [
    "MODEL_WORKERS",
    "OBJECT_KEYS",
    "OBJECT_NAMES",
    "RECORD_SCHEMAS",
    "Budget",
    "Category",
    "Checks",
    "Diversity",
    "Evidence",
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
    "Worker",
    "changes",
    "largest_remainder",
    "parse_plan",
    "plan_bytes",
    "plan_schema",
    "read_plan",
    "sha256_of_plan",
    "strata_of",
]
