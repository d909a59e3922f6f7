"""A second ledger that begins where a first one is."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from ..errors import CheckpointError
from .reader import LEDGER_FILE, connect


def copy_ledger(folder: Path, into: Path) -> None:
    """Copy the ledger of a checkpoint into a folder, as it is at one moment, also while a run writes; shards stay.

    Raises CheckpointError where it cannot be read.
    """
    source, target = connect(folder / LEDGER_FILE, read_only=True), connect(into / LEDGER_FILE)
    try:
        source.backup(target)
    except sqlite3.DatabaseError as error:
        raise CheckpointError.at(folder / LEDGER_FILE, f"cannot be read: {error}") from None
    finally:
        source.close()
        target.close()
