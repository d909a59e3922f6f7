"""The parts of a plan that say how it is built, checked, bounded, written and shown."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .base import Name, Part, Share


class Checks(Part):
    """Which checks run, and their thresholds; `false` leaves one out."""

    json_schema: Annotated[bool, Field(alias="schema")] = True
    placeholder: bool | list[str] = Field(True, description="a list allows these texts")
    contact_format: bool = True
    alignment: Literal[False] | Share = Field(0.3, description="least share of a record's values found in its prompt")
    facts: bool = Field(True, description="compares records with the source of their category")
    duplicate: bool = True


class Invalid(Part):
    """Records that break their schema on purpose, in one keyword each, and say in which."""

    share: Share = Field(description="of the category's candidates")


class Diversity(Part):
    """How alike two records may be. Exact duplicates are refused under every method."""

    method: Literal["exact", "structural", "minhash", "embedding"] = "exact"
    threshold: Annotated[Share, Field(gt=0)] | None = Field(
        None, description="the similarity that is too much: 0.8 for minhash, 0.9 for embedding if left out"
    )
    scope: Literal["global"] | Annotated[int, Field(ge=1)] = Field(
        "global", description="all records of the category, or the last N"
    )


class Generation(Part):
    """How the work is cut and when it is given up."""

    mode: Literal["auto", "tools", "direct"] = Field(
        "auto", description="agents submit records by tool, or answer in one structured output; by the model if `auto`"
    )
    batch_size: Annotated[int, Field(ge=1, le=50)] | None = Field(
        None, description="records an agent is asked for at a time; adapts between 1 and 50 from 10 on if left out"
    )
    max_concurrency: Annotated[int, Field(ge=1, le=4096)] | None = Field(
        None, description="the most calls in flight; 64 if left out, approached step by step"
    )
    repairs: Annotated[int, Field(ge=0, le=10)] = Field(
        2, description="how often an agent is told what was wrong with its records before its batch ends"
    )
    max_outage_s: Annotated[float, Field(ge=0)] = Field(
        600.0, description="how long an endpoint that has answered before may be down"
    )
    max_attempts: Annotated[int, Field(ge=1, le=1000)] = Field(
        10, description="how often what a stratum lacks is asked for before it counts as a shortfall"
    )


class Budget(Part):
    """What a run may take. Reaching it ends the run as incomplete; it can be resumed."""

    max_cost_usd: Annotated[float, Field(ge=0)] | None = None
    max_tokens: Annotated[int, Field(ge=0)] | None = None
    max_minutes: Annotated[float, Field(gt=0)] | None = None


class Split(Part):
    """How the golden records are parted: `test` is the share of the test side."""

    test: Annotated[Share, Field(gt=0, lt=1)]


class Output(Part):
    """Which files a run writes."""

    format: Literal["jsonl", "parquet"] = "jsonl"
    golden_threshold: Share = 0.7
    shard_rows: Annotated[int, Field(ge=1, le=1_000_000)] = Field(25_000, description="the most rows of a batch")


class MlflowSettings(Part):
    """Where the dataset is shown while it grows; `"mlflow": false` leaves MLflow out."""

    tracking_uri: str | None = Field(None, description="a local SQLite store if left out")
    experiment: Name | None = Field(None, description="the dataset's name if left out")
    max_records: Annotated[int, Field(ge=0)] = Field(10_000, description="datasets up to so many are merged whole")
    sample_records: Annotated[int, Field(ge=0)] = Field(2_000, description="larger ones by a sample of so many")
    trace_share: Share = Field(0.0, description="share of the agent batches whose conversation is traced")
