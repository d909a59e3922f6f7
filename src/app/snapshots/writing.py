"""Snapshots of an unfinished dataset: readable JSON files beside its ledger, from which a run can be started."""

from __future__ import annotations

import re
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import orjson

from ...errors import DatasetAgentError, InputError, OutputError
from ...state.history import History
from ...tools.export import atomic_file
from ..api.committed import CommitCursor
from ..checkpoints import find
from .reading import open_snapshot

KEPT = 3
"""The snapshots that are kept beside a ledger: the last ones."""

FOLDER = "snapshots"

SLOW_S, SHARE = 0.25, 0.1
"""Snapshots that take longer than the one may take the other of the time, and no more."""

_PAGE = 1_000
_NAME = re.compile(r"checkpoint_(\d+)\.json")


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in the order of commits, and how many records there are up to it."""

    position: int = 0
    accepted: int = 0


def write_snapshot(folder: Path, file: Path | None = None, mark: Mark | None = None) -> Path:
    """Write what a checkpoint holds, up to a mark if there is one; gives the file.

    Without a file it is `snapshots/checkpoint_N.json` in the checkpoint, N records in all. Memory does not grow with
    them. Raises CheckpointError where the ledger cannot be read, OutputError where the file cannot be written.
    """
    with History(folder) as history:
        mark = mark or marks(history, Mark())[-1]
        kept = history.plan()
        planned = sum(stratum.planned for stratum in history.strata())
    head = {
        "dataset_name": kept.plan.dataset_name if kept else folder.name,
        "instances_created": mark.accepted,
        "total_instances_planned": planned,
        "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds"),
    }
    path = file or folder / FOLDER / f"checkpoint_{mark.accepted}.json"
    with atomic_file(path) as out:
        out.write(orjson.dumps(head, option=orjson.OPT_INDENT_2).removesuffix(b"\n}"))
        out.write(b',\n  "dataset_plan": ' + (kept.document.strip().replace(b"\n", b"\n  ") if kept else b"null"))
        out.write(b',\n  "created_instances": [')
        separator = b"\n    "
        for block in CommitCursor(folder).blocks(mark.position):
            lines = [orjson.dumps(one.line(orjson.Fragment(one.text), batch=True)) for one in block]
            out.write(separator + b",\n    ".join(lines))
            separator = b",\n    "
        out.write(b"\n  ]\n}\n")
    return path


def marks(history: History, after: Mark, every: int | None = None) -> list[Mark]:
    """The last places after a mark at which another `every` records were there; in the end, where the dataset is now.

    No more places than snapshots are kept, and the last one is always given.
    """
    last, crossed = after, deque[Mark](maxlen=KEPT)
    while page := history.committed(last.position, _PAGE):
        for committed in page:
            before, last = last, Mark(committed.position, last.accepted + committed.accepted)
            if every is not None and last.accepted // every > before.accepted // every:
                crossed.append(last)
    return [*crossed, last]


def snapshot_of(name: str | None, checkpoint_dir: Path, file: Path) -> None:
    """Write a snapshot of a dataset, by its name or its plan's path, to a file; also while it is being built.

    Raises InputError where there is no such dataset, or the file is there and is no snapshot.
    """
    if name is None:
        raise InputError.at("--snapshot", "of which dataset?", "agent status NAME --snapshot FILE")
    if file.exists() and open_snapshot(file) is None:
        raise OutputError.at(file, "is there already, and is no snapshot", "choose another name")
    with find(name, checkpoint_dir) as history:
        folder = history.folder
    write_snapshot(folder, file)


class Snapshots:
    """Writes snapshots while a run goes on, in a thread of its own. See `watching.Watch`.

    There is one for every `interval` records that came together, at the commit that brought the last of them, and one
    for what there is at the end; only the last three are kept. Where they take long, since they are large, one stands
    for several. What a snapshot meets does not fail the run.
    """

    def __init__(self, interval: int | None, say: Callable[[str], None], slow_s: float = SLOW_S) -> None:
        """Without an interval, only those that are asked for are written. `slow_s`: from when on they take long."""
        self._interval, self._say, self._slow_s = interval, say, slow_s
        self._writing = threading.Lock()
        self._news, self._ending = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        self._folder: Path | None = None
        self._rest_until = 0.0
        self._failure: DatasetAgentError | None = None

    def opened(self, folder: Path) -> None:
        """See `Watch`."""
        self._folder = folder
        if self._interval is None:
            return
        with History(folder) as history:
            begin = Mark(history.commits(), sum(progress.accepted for progress in history.progress()))
        arguments = (folder, self._interval, begin)
        self._thread = threading.Thread(target=self._work, args=arguments, name="snapshots", daemon=True)
        self._thread.start()

    def committed(self) -> None:
        """See `Watch`."""
        self._news.set()

    def closing(self) -> None:
        """See `Watch`. Waits for the last snapshot."""
        self._ending.set()
        self._news.set()
        if self._thread is not None:
            self._thread.join()
        if self._failure is not None:
            self._say(f"Snapshots are missing: {self._failure}")

    def write(self) -> Path:
        """Write one now; from any thread, once the run has opened its ledger."""
        if self._folder is None:
            raise RuntimeError("the run has no ledger yet")
        return self._write(self._folder, None)

    def _work(self, folder: Path, interval: int, last: Mark) -> None:
        written, is_ending = last.accepted, False
        while not is_ending:
            self._news.wait()
            self._news.clear()
            self._ending.wait(max(0.0, self._rest_until - time.monotonic()))
            is_ending = self._ending.is_set()
            try:
                with History(folder) as history:
                    *due, last = marks(history, last, interval)
                if is_ending and last.accepted > (due[-1].accepted if due else written):
                    due.append(last)
                for mark in due[-1:] if self._rest_until else due:
                    self._write(folder, mark)
                    written = mark.accepted
                self._failure = None
            except DatasetAgentError as error:
                self._failure = error

    def _write(self, folder: Path, mark: Mark | None) -> Path:
        with self._writing:
            began = time.monotonic()
            path = write_snapshot(folder, None, mark)
            _remove_old(path.parent)
            ended = time.monotonic()
            if ended - began > self._slow_s:
                self._rest_until = ended + (ended - began) * (1 / SHARE - 1)
            return path


def _remove_old(folder: Path) -> None:
    numbers = sorted(int(found[1]) for path in folder.iterdir() if (found := _NAME.fullmatch(path.name)))
    for number in numbers[:-KEPT]:
        (folder / f"checkpoint_{number}.json").unlink(missing_ok=True)
