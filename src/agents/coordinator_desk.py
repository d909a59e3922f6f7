"""What the program can do for the coordinator. `app` stands behind it; the coordinator sees no more than this."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from ..records import Json


@dataclass(frozen=True, slots=True)
class Question:
    """What the user is asked before a tool does something. `detail` is shown above it, such as a diff.

    `key` stands for exactly what is going to be done: what was approved is not done once it has changed.
    """

    text: str
    detail: str = ""
    key: str = ""


class DraftDesk(Protocol):
    """What can be done with the draft of a plan. Answers are JSON for the model.

    Every method raises InputError for what cannot be done; those that end in `_question` give None where the user
    need not be asked.
    """

    def show(self) -> Json:
        """The current draft, and where it is saved."""
        ...

    def propose_question(self, document: dict[str, Any]) -> Question | None:
        """What to ask before other machines are asked for a plan's sources."""
        ...

    def propose(self, document: dict[str, Any]) -> Json:
        """Make a plan the draft, if it can be built, and show it to the user."""
        ...

    def preview(self, number: int) -> Json:
        """A few checked records of each stratum."""
        ...

    def estimate(self) -> Json:
        """What the draft asks for and will take."""
        ...

    def save_question(self, path: str | None) -> Question | None:
        """What to ask before a file is overwritten."""
        ...

    def save(self, path: str | None) -> Json:
        """Write the draft to a file."""
        ...


class RunDesk(Protocol):
    """What can be done with runs and checkpoints; as `DraftDesk`."""

    def start_question(self, fresh: bool) -> Question | None:
        """What to ask before a run starts."""
        ...

    def start(self, fresh: bool) -> Json:
        """Start the run of the saved plan in the background."""
        ...

    def state(self, name: str | None) -> Json:
        """How far a dataset is: progress, checkpoint, rejections, categories."""
        ...

    def load(self, name: str) -> Json:
        """Make the plan of a checkpoint the draft, and tell how far it is."""
        ...

    def change_question(self, document: dict[str, Any], why: str) -> Question | None:
        """What to ask before the saved plan is changed: the difference."""
        ...

    def change(self, document: dict[str, Any], why: str) -> Json:
        """Put a changed plan in the place of the saved one."""
        ...
