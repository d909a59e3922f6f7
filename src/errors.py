"""Every error the program raises on purpose.

    DatasetAgentError            a fault of ours, unless a subclass says otherwise   exit 1
    ├── InputError               what the user gave cannot be used                   exit 2
    │   ├── PlanError            the plan file, or a value in it
    │   ├── SchemaError          a JSON Schema that is not one, or reaches outside
    │   ├── SourceError          a source that is missing, unreadable or lacks a column
    │   ├── CheckpointError      a checkpoint that is in use, corrupt or of another plan
    │   └── OutputError          a folder or file that cannot be written
    ├── EndpointError            a model's endpoint that does not serve: the run stops, exit 3
    │   ├── EndpointDown         it does not answer, or not any more
    │   ├── EndpointRefused      it refuses the key, the model or the request
    │   └── ContextOverflow      what was asked is longer than the model reads: the batch is split
    ├── BudgetReached            money, tokens or time are used up: the run stops, exit 3
    ├── Stopped                  a person asked the run to stop: no call is sent any more
    ├── UnservableSchema         a valid schema no record can be drawn from: its category falls short
    └── TrackingError            an MLflow store that cannot be used: the run goes on without it

A refused candidate is a value (`records.Refusal`), never an exception.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with the input.

    `where` is a file, with a JSON path where there is one (`plan.json: $.categories[0].count`); `what` says what is
    wrong; `mend`, how to put it right.
    """

    where: str
    what: str
    mend: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" + (f" ({self.mend})" if self.mend else "")


class DatasetAgentError(Exception):
    """The root of the tree."""

    exit_code = 1


class InputError(DatasetAgentError):
    """Something the user gave cannot be used; carries every problem found, not only the first."""

    exit_code = 2

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))

    @classmethod
    def at(cls, where: object, what: str, mend: str = "") -> InputError:
        """An error with one problem."""
        return cls([Problem(str(where), what, mend)])

    def __reduce__(self) -> tuple[type[InputError], tuple[tuple[Problem, ...]]]:
        return type(self), (self.problems,)


class PlanError(InputError):
    """The plan cannot be read, or does not say something that can be built."""


class SchemaError(InputError):
    """A record schema is not a JSON Schema, or refers to something that may not be read."""


class SourceError(InputError):
    """A source is missing, unreadable, empty, or lacks a column."""


class CheckpointError(InputError):
    """The checkpoint is in use, corrupt, or belongs to another plan."""


class OutputError(InputError):
    """A folder or file cannot be written."""


class EndpointError(DatasetAgentError):
    """A model's endpoint does not serve; says which one, and why, in a line without keys."""

    exit_code = 3


class EndpointDown(EndpointError):
    """The endpoint does not answer, or not any more."""


class EndpointRefused(EndpointError):
    """The endpoint refuses the key, the model, or what is asked; asking again would not help."""


class ContextOverflow(EndpointError):
    """What was asked is longer than the model reads."""


class BudgetReached(DatasetAgentError):
    """A call would go beyond what the run may take; nothing was sent."""

    exit_code = 3


class Stopped(DatasetAgentError):
    """A person asked the run to stop; nothing was sent."""

    exit_code = 130


class UnservableSchema(DatasetAgentError):
    """A valid schema from which no record can be drawn; names the keyword and its JSON pointer."""

    def __init__(self, keyword: str, path: str, why: str) -> None:
        self.keyword, self.path, self.why = keyword, path, why
        super().__init__(f"`{keyword}` at {path or '#'}: {why}")

    def __reduce__(self) -> tuple[type[UnservableSchema], tuple[str, str, str]]:
        return type(self), (self.keyword, self.path, self.why)


class TrackingError(DatasetAgentError):
    """An MLflow store cannot be reached, read or written; says why in one line."""
