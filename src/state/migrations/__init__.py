"""The ledger's tables, one numbered SQL file a change; `PRAGMA user_version` holds the last one applied."""

from __future__ import annotations

import re
import sqlite3
from importlib import resources


def migrate(connection: sqlite3.Connection) -> None:
    """Apply every migration the database has not seen, each in a transaction of its own.

    Raises ValueError where the database is newer than this program.
    """
    known = sorted(
        (int(found[1]), file)
        for file in resources.files(__name__).iterdir()
        if (found := re.match(r"(\d{4})_\w+\.sql$", file.name))
    )
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > known[-1][0]:
        raise ValueError(f"its version is {version}, this program knows versions up to {known[-1][0]}")
    for number, file in known:
        if number > version:
            sql = file.read_text(encoding="utf-8")
            connection.executescript(f"BEGIN IMMEDIATE; {sql}; PRAGMA user_version = {number}; COMMIT;")
