"""Whoever follows a run's commits: snapshots beside the ledger, and programs that read records as they come."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol


class Watch(Protocol):
    """Told of a run by the run, in the run's thread; returns at once, but for `closing`, and never fails it."""

    def opened(self, folder: Path) -> None:
        """The ledger in this folder is the run's now, and can be read."""
        ...

    def committed(self) -> None:
        """A batch was committed."""
        ...

    def closing(self) -> None:
        """Nothing more will be committed. The ledger can still be read, and is closed some time after."""
        ...


class NoWatch:
    """Follows nothing."""

    def opened(self, folder: Path) -> None:
        """Nothing."""

    def committed(self) -> None:
        """Nothing."""

    def closing(self) -> None:
        """Nothing."""


@contextmanager
def watched(watch: Watch, folder: Path) -> Iterator[None]:
    """The part of a run in which it commits."""
    watch.opened(folder)
    try:
        yield
    finally:
        watch.closing()
