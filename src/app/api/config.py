"""The options of `DatasetBuilder`, under the names that users of such builders know."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ...errors import InputError, Problem
from ...hints import nearest
from ...plan import Diversity, Plan

_NAME = "DatasetBuilderConfig"

Folder = Annotated[Path, Field(strict=False)]
ModelName = Annotated[str, Field(min_length=1)]


class DatasetBuilderConfig(BaseModel):
    """How datasets are built. What is None is as the plan, the environment or the program says.

    Raises InputError with every fault; for a key that is unknown, with the nearest one.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    max_dataset_size: Annotated[int, Field(ge=1)] | None = Field(
        None, description="a plan with more records is refused; the variable MAX_DATASET_INSTANCES if left out"
    )
    batch_size: Annotated[int, Field(ge=1, le=50)] | None = Field(
        None, description="records an agent is asked for at a time; adapts if left out"
    )
    model: ModelName | None = Field(
        None, description="the coordinator's model; it writes too where nothing else names a model that does"
    )
    worker_model: ModelName | None = Field(None, description="the model that writes records, whatever the plan says")
    enable_parallel_generation: bool = Field(True, description="False: one process, and one call to a model at a time")
    enable_checkpointing: bool = Field(
        True, description="False: no snapshots; the ledger keeps every batch in any case"
    )
    checkpoint_interval: Annotated[int, Field(ge=1)] = Field(100, description="records between two snapshots")
    checkpoint_dir: Folder | None = Field(None, description="where checkpoints lie, a folder each")
    output_dir: Folder | None = Field(None, description="where datasets lie, a folder each")
    enable_diversity_check: bool = Field(True, description="False: duplicates are let through, even exact ones")
    diversity_window: Annotated[int, Field(ge=1)] | None = Field(
        None, description="with how many of the last records of its category a record is compared"
    )
    incremental_mlflow_logging: bool = Field(True, description="False: MLflow is told once, at the end")
    max_cost_usd: Annotated[float, Field(ge=0)] | None = Field(
        None, description="the most the dataset's model calls may cost"
    )
    fresh: bool = Field(False, description="an existing checkpoint is set aside")

    @model_validator(mode="wrap")
    @classmethod
    def _clear(cls, given: Any, validate: Callable[[Any], Self]) -> Self:
        """The faults as the program tells them."""
        try:
            config = validate(given)
        except ValidationError as error:
            raise InputError([_problem(dict(fault)) for fault in error.errors()]) from None
        if config.diversity_window is not None and not config.enable_diversity_check:
            what = "needs the check that enable_diversity_check=False leaves out"
            raise InputError.at(f"{_NAME}.diversity_window", what, "leave out one of the two")
        return config


def _problem(fault: Mapping[str, Any]) -> Problem:
    key = str(fault["loc"][0]) if fault["loc"] else ""
    if fault["type"] == "extra_forbidden":
        return Problem(_NAME, f"unknown key {key!r}", nearest(key, DatasetBuilderConfig.model_fields))
    message = f"{fault['msg'][:1].lower()}{fault['msg'][1:]}, got {fault['input']!r:.80}"
    return Problem(f"{_NAME}.{key}", message, str(DatasetBuilderConfig.model_fields[key].description))


def with_config(plan: Plan, config: DatasetBuilderConfig, place: Path) -> Plan:
    """The plan, with what the config says in the place of its own. Raises InputError where the two contradict."""
    update: dict[str, Any] = {}
    generation: dict[str, Any] = {}
    if config.batch_size is not None:
        generation["batch_size"] = config.batch_size
    if not config.enable_parallel_generation:
        generation["max_concurrency"] = 1
    if generation:
        update["generation"] = plan.generation.model_copy(update=generation)
    if not config.enable_diversity_check:
        update["diversity"] = False
    elif config.diversity_window is not None:
        if plan.diversity is False:
            what = f"leaves out the check that {_NAME}.diversity_window is for"
            raise InputError.at(f"{place}: $.diversity", what, "leave out one of the two")
        stated = plan.diversity if "diversity" in plan.model_fields_set else Diversity(scope=config.diversity_window)
        update["diversity"] = stated.model_copy(update={"scope": config.diversity_window})
    return plan.model_copy(update=update)
