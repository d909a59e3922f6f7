"""Whether the evidence of a plan can be had, before anything is written."""

from __future__ import annotations

from ...errors import InputError, PlanError, Problem
from ...plan import Plan
from ...settings import Settings
from ...tools.diversity import embedder_state
from ...tools.evidence import examine_evidence
from ...tools.grounding.grounds import Grounds


def refuse_unfit_evidence(plan: Plan, grounds: Grounds, settings: Settings) -> None:
    """Raises PlanError with all that is wrong: columns, extras, keys, and an embedder that nobody named or has."""
    problems: list[Problem] = []
    for category in plan.categories:
        if plan.worker_of(category) != "extract":
            continue
        where = grounds.where(category)
        try:
            if examine_evidence(category, grounds.tables, variables=settings.variables, where=where):
                _refuse_absent_embedder(settings, f"{where}.evidence")
        except InputError as error:
            problems.extend(error.problems)
    if problems:
        raise PlanError(problems)


def _refuse_absent_embedder(settings: Settings, where: str) -> None:
    state = embedder_state(settings.embedder)
    if state.may_be_opened(settings.embedder):
        return
    if state.state == "no extra":
        what = "vector search needs the extra `embeddings`, which is not installed"
        raise InputError.at(where, what, 'pip install "dataset-agent[embeddings]", or name a column to `match`')
    what = f"vector search needs an embedder, and {state.model!r} is not on this machine"
    raise InputError.at(where, what, "set DATASET_AGENT_EMBEDDER to a folder that holds one, or a name to fetch")
