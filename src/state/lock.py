"""One process at a time on a checkpoint."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

from ..errors import CheckpointError

_LOOKS, _PAUSE_S = 10, 0.02


class CheckpointLock:
    """An exclusive lock on a folder, held until `release` or the end of the process, however it ends.

    The kernel drops it with the process, so a killed run leaves nothing to clean up; the file holds the process id
    for the message alone.
    """

    def __init__(self, folder: Path) -> None:
        """Raises CheckpointError where another process holds it."""
        self._file = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        if not self._acquired():
            holder = os.read(self._file, 32).decode(errors="replace").strip() or "unknown"
            os.close(self._file)
            raise CheckpointError.at(
                folder, f"is in use by another process ({holder})", "wait for it, or choose another --checkpoint-dir"
            )
        os.ftruncate(self._file, 0)
        os.write(self._file, str(os.getpid()).encode())

    def _acquired(self) -> bool:
        for _ in range(_LOOKS):
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(_PAUSE_S)  # perhaps it is only looked at, by `is_locked`
            else:
                return True
        return False

    def release(self) -> None:
        """Let others in."""
        os.close(self._file)


def is_locked(folder: Path) -> bool:
    """Whether a process holds the lock of a checkpoint now."""
    try:
        file = os.open(folder / "lock", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(file)
    return False
