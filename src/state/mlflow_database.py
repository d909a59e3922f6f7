"""A local store's database file, made whole or not at all."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from .tracking_uri import artifact_folder, sqlite_uri


def ensure_database(file: Path) -> None:
    """Make the database file unless it is there.

    It is made elsewhere and moved when it is whole, because MLflow cannot go on with one whose making was cut short.
    """
    if file.exists():
        # MLflow would try for minutes to open what is no database.
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("PRAGMA schema_version")
        return
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{file.name}-", dir=file.parent) as folder:
        draft = Path(folder) / file.name
        store = SqlAlchemyStore(sqlite_uri(draft), artifact_folder(file).as_uri())  # type: ignore[no-untyped-call]
        store.engine.dispose()
        try:
            os.link(draft, file)
        except FileExistsError:
            pass  # another process was faster
        except OSError:  # a file system without links
            draft.rename(file)
