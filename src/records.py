"""The values that flow through a run: frozen, and free of any behaviour that belongs to a tool."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa

Json = Any
"""A JSON value as Python has it: None, bool, int, float, str, list, dict."""

UInt64Array = npt.NDArray[np.uint64]
Int64Array = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Stratum:
    """One category x one tier, with its exact quota. `index` is its place in the plan."""

    index: int
    category: str
    tier: str | None
    planned: int

    def __str__(self) -> str:
        return self.category if self.tier is None else f"{self.category} / {self.tier}"


@dataclass(frozen=True, slots=True)
class Batch:
    """The unit of work, of commit and of resume: candidates `start` to `start + size` of a category.

    `number` is its place in the run's order of commits; `stratum` is an index into the plan's strata; `attempt` is 1
    for what the plan asks for and grows with every top-up; 0 for records that were made elsewhere and adopted.
    """

    number: int
    stratum: int
    start: int
    size: int
    attempt: int = 1


@dataclass(frozen=True)
class Candidates:
    """What a worker wrote, before any check: columns of equal length, one row a candidate.

    numbers: int64, the candidate's number in its category. texts: Arrow strings, each record as compact JSON.
    prompts: Arrow strings, or None where the category renders none. `structs`: the records as an Arrow struct array
    where the worker had them in that form, else None. plain: the texts in one wording, where the worker knows which of
    them differ in wording alone. invalid: Arrow strings, the labels of twins as JSON, null for others; None where the
    category has no twins.
    """

    numbers: Int64Array
    texts: pa.StringArray
    prompts: pa.StringArray | None = None
    structs: pa.StructArray | None = None
    drawn: list[Json] | None = field(default=None, repr=False)
    plain: pa.StringArray | None = None
    invalid: pa.StringArray | None = None

    def __len__(self) -> int:
        return len(self.numbers)

    @cached_property
    def values(self) -> list[Json]:
        """The records as Python values; parsed from the texts where the worker did not have them."""
        return self.drawn if self.drawn is not None else [orjson.loads(text) for text in self.texts.to_pylist()]

    def value(self, row: int) -> Json:
        """One record as a Python value, without parsing the others."""
        if self.drawn is not None or "values" in self.__dict__:
            return self.values[row]
        return orjson.loads(self.texts[row].as_py())

    def prompt(self, row: int) -> str | None:
        """The prompt of one candidate."""
        return None if self.prompts is None else self.prompts[row].as_py()

    @property
    def is_twin(self) -> BoolArray:
        """The rows with a label: those that break their schema on purpose."""
        return np.zeros(len(self), np.bool_) if self.invalid is None else np.asarray(self.invalid.is_valid())

    @staticmethod
    def concat(parts: list[Candidates], *, keep_values: bool = False) -> Candidates:
        """The candidates of several writings, one after the other; Python values are let go of unless asked for."""
        names = ("texts", "prompts", "structs", "plain", "invalid")
        columns = ([getattr(part, name) for part in parts] for name in names)
        joined = (None if some[0] is None else pa.concat_arrays(some) for some in columns)
        texts, prompts, structs, plain, invalid = joined
        values = [value for part in parts for value in part.values] if keep_values else None
        numbers = np.concatenate([part.numbers for part in parts])
        return Candidates(numbers, texts, prompts, structs, values, plain, invalid)

    def take(self, rows: npt.NDArray[np.intp]) -> Candidates:
        """The candidates at these rows, in this order."""
        index = pa.array(rows)
        columns = (self.texts, self.prompts, self.structs, self.plain, self.invalid)
        texts, prompts, structs, plain, invalid = (None if one is None else one.take(index) for one in columns)
        drawn = None if self.drawn is None else [self.drawn[row] for row in rows.tolist()]
        return Candidates(self.numbers[rows], texts, prompts, structs, drawn, plain, invalid)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a check refused a candidate. The reason's name is the check's, and the metric's.

    `like` is the place, in its category and counted from 0, of the accepted record that a near-duplicate resembles.
    """

    reason: str
    detail: str
    like: int | None = None


@dataclass(frozen=True, slots=True)
class Rejection:
    """A refused candidate, kept with its reason; `candidate` is its JSON text."""

    number: int
    reason: str
    detail: str
    candidate: str


@dataclass(frozen=True, slots=True)
class Fingerprints:
    """What the duplicate checks remember of each candidate, one row each.

    exact: uint64, of the normalised text. structural: uint64, of the text with numbers, dates and ids masked, or None
    where nothing asks for it. signatures: uint32 (rows, permutations) MinHash, or None. embeddings: float16
    (rows, dimensions), unit vectors of the masked texts, or None. senses: uint64, of what no likeness of wording may
    hide (negations, labels), given with the embeddings.
    """

    exact: UInt64Array
    structural: UInt64Array | None = None
    signatures: npt.NDArray[np.uint32] | None = None
    embeddings: npt.NDArray[np.float16] | None = None
    senses: UInt64Array | None = None

    def take(self, rows: npt.NDArray[np.intp]) -> Fingerprints:
        """The fingerprints at these rows."""
        columns: tuple[Any, ...] = (self.structural, self.signatures, self.embeddings, self.senses)

        def picked(column: Any) -> Any:
            return None if column is None else column[rows]

        return Fingerprints(self.exact[rows], *map(picked, columns))

    @staticmethod
    def concat(parts: Sequence[Fingerprints]) -> Fingerprints:
        """The fingerprints of several parts, one after the other; no part: no rows."""
        if not parts:
            return Fingerprints(np.zeros(0, np.uint64))
        by_field = ([getattr(part, field.name) for part in parts] for field in fields(Fingerprints))
        joined: list[Any] = [None if columns[0] is None else np.concatenate(columns) for columns in by_field]
        return Fingerprints(*joined)


@dataclass(frozen=True, slots=True)
class Draft:
    """A batch as a worker process hands it over: what passed every check that needs no memory of other batches."""

    batch: Batch
    kept: Candidates
    quality: FloatArray
    fingerprints: Fingerprints
    rejections: list[Rejection]
    seconds: float


@dataclass(frozen=True, slots=True)
class Usage:
    """What the model calls took. Tokens are counts, the cost is in US dollars.

    calls: those that were answered, be it with a refusal. failed_calls: the others.
    """

    calls: int = 0
    tokens_in: int = 0
    tokens_cached: int = 0
    tokens_out: int = 0
    cost_usd: float = 0.0
    failed_calls: int = 0


Outcome = Literal[
    "answered", "refused", "empty", "truncated",
    "rate_limited", "server_error", "timeout", "disconnected", "rejected",
]  # fmt: skip
"""What became of a call to a model; `rejected` is one the endpoint calls wrong. The first four were answered."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request to a model, as the ledger keeps it.

    key: SHA-256 in hex of what was asked (the model, the prompt, what the model had said before), without what the
    gate answered meanwhile: by it an answer that was paid for is found again. turn: its place among the calls of its
    batch, from 0. answer: what the model said, as JSON, None where it said nothing. batch: None outside of batches.
    """

    batch: int | None
    turn: int
    role: str
    model: str
    key: str
    prompt_sha256: str
    outcome: Outcome
    tokens_in: int
    tokens_cached: int
    tokens_out: int
    cost_usd: float
    latency_ms: float
    called_at_ms: int
    answer: bytes | None = None


@dataclass(frozen=True, slots=True)
class Prediction:
    """What one model said of one text: its codes, the likeliest first, and their quality against the truth, in [0, 1].

    number: the candidate's own in its category.
    """

    number: int
    model: str
    codes: tuple[str, ...]
    quality: float


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """An accepted candidate that lives in the ledger; `number` is its own in its category, `text` compact JSON."""

    number: int
    quality: float
    text: str


@dataclass(frozen=True, slots=True)
class Shard:
    """A Parquet file with the records of one batch; `path` is relative to the checkpoint's folder."""

    path: str
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Commit:
    """What one batch brings, kept in one transaction: its records, fingerprints, rejections and metrics.

    Large and free batches bring a shard, small and paid ones `records`; where texts are labelled, `predictions` too.
    `used` is how many of its candidates were looked at: those after the last one wanted are free again.
    """

    batch: Batch
    shard: Shard | None
    fingerprints: Fingerprints
    rejections: list[Rejection]
    used: int
    seconds: float
    metrics: dict[str, float]
    records: Sequence[StoredRecord] = ()
    predictions: Sequence[Prediction] = ()

    @property
    def accepted(self) -> int:
        """The number of records."""
        return self.shard.rows if self.shard else len(self.records)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a stratum is. `rejected` is by reason; `shortfall` says why it will not get further."""

    stratum: Stratum
    accepted: int
    rejected: dict[str, int]
    shortfall: str | None = None

    @property
    def missing(self) -> int:
        """How many records are still wanted."""
        return max(0, self.stratum.planned - self.accepted)
