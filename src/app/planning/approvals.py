"""Who approved what, on its way into the ledger: a running process holds the ledger, so approvals wait beside it."""

from __future__ import annotations

import fcntl
import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import orjson

from ...errors import CheckpointError
from ...state.history import LEDGER_FILE
from ...state.ledger import Ledger
from ...state.lock import is_locked
from ...tools.export.files import writing


def who() -> str:
    """The user, as the system knows them."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def note_approval(folder: Path, what: str, detail: str, *, of_next: bool = False) -> None:
    """Keep that the user approved something of the dataset whose checkpoint is, or will be, `folder`.

    It goes into the ledger at once where that is free, else when it is next opened; `of_next` leaves it for a ledger
    that is going to take this one's place. Raises OutputError.
    """
    line = {"at": datetime.now(UTC).isoformat(timespec="milliseconds"), "who": who(), "what": what, "detail": detail}
    file = _waiting(folder)
    with writing(file):
        file.parent.mkdir(parents=True, exist_ok=True)
        with _held(file) as handle:
            os.write(handle, b"\n" + orjson.dumps(line) + b"\n")
            os.fsync(handle)
    if not of_next:
        settle_approvals(folder)


def settle_approvals(folder: Path) -> None:
    """Bring what waits into the ledger, if there is one and nobody uses it."""
    if _waiting(folder).exists() and (folder / LEDGER_FILE).exists() and not is_locked(folder):
        with suppress(CheckpointError), Ledger(folder) as ledger:  # in use after all: whoever uses it takes them in
            take_in_approvals(ledger)


def take_in_approvals(ledger: Ledger) -> None:
    """Bring what waits into a ledger that is open; what a kill left between the two is not taken in twice."""
    file = _waiting(ledger.folder)
    if not file.exists():
        return
    with _held(file) as handle:
        lines = list(_whole_lines(os.pread(handle, os.fstat(handle).st_size, 0)))
        known = {(kept.approved_at, kept.who, kept.what, kept.detail) for kept in ledger.history.approvals()}
        for line in lines:
            if (line["at"], line["who"], line["what"], line["detail"]) not in known:
                ledger.note_approval(line["who"], line["what"], line["detail"], line["at"])
        file.unlink(missing_ok=True)


def _whole_lines(raw: bytes) -> Iterator[dict[str, str]]:
    """The lines that were written to their end: each begins with a line end too, so a torn one spoils no other."""
    for line in filter(None, raw.splitlines()):
        with suppress(orjson.JSONDecodeError):
            yield orjson.loads(line)


def _waiting(folder: Path) -> Path:
    """Beside the checkpoint's folder, not in it: `--fresh` sets that aside."""
    return folder.with_name(f"{folder.name}.approvals.jsonl")


@contextmanager
def _held(file: Path) -> Iterator[int]:
    """The file, opened for reading and appending, for one process at a time; never one that was just taken in."""
    while True:
        handle = os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            if file.exists() and os.path.samestat(os.fstat(handle), file.stat()):
                yield handle
                return
        finally:
            os.close(handle)
