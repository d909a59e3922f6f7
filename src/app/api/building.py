"""The Python API: datasets built from a program, as `agent run` builds them."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import threading
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

import orjson

from ...display import NO_MEASURES
from ...endpoints.entries import Catalogue
from ...errors import InputError
from ...records import Json, Progress
from ...settings import Settings
from ..finishing import Status
from ..given import Given, PlanSource, read_given
from ..interrupts import Interrupts
from ..running import Outcome, RunOptions, run
from ..snapshots.writing import Snapshots
from .committed import CommitCursor
from .config import DatasetBuilderConfig, with_config

_log = logging.getLogger("dataset_agent")


@dataclass(frozen=True, slots=True)
class BuildResult:
    """How a run ended.

    counts, files, usage and shortfalls are those of metadata, which is what `metadata.json` holds: counts by stratum
    and by reason of refusal, files by name with their rows and SHA-256, what model calls took, and which strata lack
    records and why. out: the folder of the files.
    """

    status: Status
    counts: dict[str, Json]
    files: dict[str, Json]
    usage: dict[str, Json]
    shortfalls: list[Json]
    metadata: dict[str, Json]
    out: Path

    @classmethod
    def of(cls, outcome: Outcome) -> Self:
        """The result of a run that has ended."""
        told = outcome.finished.metadata
        return cls(
            status=told["status"],
            counts=told["counts"],
            files=told["files"],
            usage=told["usage"],
            shortfalls=told["shortfalls"],
            metadata=told,
            out=outcome.finished.out,
        )


class DatasetBuilder:
    """Builds datasets; may be used for any number of plans, also at the same time."""

    def __init__(self, config: DatasetBuilderConfig | None = None) -> None:
        """Without a config, all is as plan and environment say."""
        self.config = config or DatasetBuilderConfig()

    async def run(self, plan: PlanSource) -> BuildResult:
        """Build what a plan asks for, or go on with it; `plan` is a plan, its document, or a file's path.

        A path may be that of a snapshot. Raises InputError before anything is written where the plan, or anything it
        needs, is not fit. Where the awaiting task is cancelled, calls in flight are finished and committed first.
        """
        async with self.start(plan) as building:
            return await building.result()

    def start(self, plan: PlanSource) -> Building:
        """As `run`, for use in `async with`: the records can be read while it goes on."""
        return Building(plan, self.config)


class Building:
    """A run that goes on in a thread of its own, from the start of an `async with` block to its end.

    Leaving the block waits for the run to end. Where an exception leaves it, a cancellation perhaps, the run is asked
    to stop, as `stop` does, and waited for; a further cancellation ends the waiting.
    """

    def __init__(self, plan: PlanSource, config: DatasetBuilderConfig) -> None:
        """Nothing is begun yet."""
        self._plan, self._config = plan, config
        self._interrupts = Interrupts(_log.info)
        self._snapshots = Snapshots(config.checkpoint_interval if config.enable_checkpointing else None, _log.warning)
        self._news: _News | None = None
        self._ended: asyncio.Future[Outcome] | None = None

    async def __aenter__(self) -> Self:
        if getattr(multiprocessing.current_process(), "_inheriting", False):  # a worker process imports the script
            mend = 'begin it under `if __name__ == "__main__":`'
            raise InputError.at("the script", "starts a run where it is imported", mend)
        if self._ended is not None:
            raise RuntimeError("a Building is for one run; DatasetBuilder.start gives another")
        news = self._news = _News(asyncio.get_running_loop())
        thread = ThreadPoolExecutor(1, thread_name_prefix="dataset-agent")
        work = thread.submit(self._work, _Watch(self._snapshots, news))
        thread.shutdown(wait=False)
        self._ended = asyncio.wrap_future(work)
        self._ended.add_done_callback(lambda _: news.tell())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        ended = self._running
        if error is not None:
            self.stop()
        try:
            await asyncio.wait([ended])
        except asyncio.CancelledError:
            if error is None:
                self.stop()
                await asyncio.wait([ended])
            raise
        if error is None:
            ended.result()
        elif (failure := ended.exception()) is not None and failure is not error:
            error.add_note(f"The run failed too: {failure}")

    async def __aiter__(self) -> AsyncIterator[dict[str, Json]]:
        """Every accepted record, in the order of commits, those of earlier runs first; ends with the run.

        A record is `{"id", "category", "tier", "quality", "record"}`, with a `prompt` where it has one and an `invalid`
        where it breaks its schema on purpose. They are read from the checkpoint, some at a time: who reads slowly
        neither holds up the run nor lets memory grow. Raises what the run raises.
        """
        ended, news = self._running, self._news
        assert news is not None
        cursor: CommitCursor | None = None
        is_over = False
        while not is_over:
            told, is_over = news.next, ended.done()
            if cursor is None and news.folder is not None:
                cursor = CommitCursor(news.folder)
            if cursor is not None:
                blocks = cursor.blocks()
                while block := await asyncio.to_thread(next, blocks, None):
                    for one in block:
                        yield one.line(orjson.loads(one.text))
            if not is_over:
                await told.wait()
        ended.result()

    async def result(self) -> BuildResult:
        """Wait for the end. Cancelling this waiting alone does not stop the run."""
        return BuildResult.of(await asyncio.shield(self._running))

    def stop(self) -> None:
        """Ask the run to stop: calls in flight are finished and committed, and the checkpoint can be resumed."""
        self._interrupts.ask()

    async def snapshot(self) -> Path:
        """Write what there is now as a readable JSON file beside the ledger, from which a run can be started.

        Gives the file. Raises what the run raises where it fails before it has a ledger.
        """
        ended, news = self._running, self._news
        assert news is not None
        while news.folder is None:
            told = news.next
            if ended.done():
                ended.result()
            await told.wait()
        return await asyncio.to_thread(self._snapshots.write)

    @property
    def _running(self) -> asyncio.Future[Outcome]:
        if self._ended is None:
            raise RuntimeError("use `async with builder.start(plan) as building`")
        return self._ended

    def _work(self, watch: _Watch) -> Outcome:
        """The run, in its thread."""
        config, settings = self._config, Settings.read()
        settings = replace(
            settings,
            checkpoint_dir=config.checkpoint_dir or settings.checkpoint_dir,
            datasets_dir=config.output_dir or settings.datasets_dir,
            max_dataset_size=config.max_dataset_size or settings.max_dataset_size,
        )
        given = read_given(self._plan, settings.checkpoint_dir)
        given = replace(given, plan=with_config(given.plan, config, given.path))
        options = RunOptions(
            plan=given,
            fresh=config.fresh,
            workers=None if config.enable_parallel_generation else 1,
            model=_model(given, config, settings),
            max_cost=config.max_cost_usd,
            tell_at_end=not config.incremental_mlflow_logging,
        )
        return run(options, settings, _LogDisplay(), watch=watch, interrupts=self._interrupts)


def _model(given: Given, config: DatasetBuilderConfig, settings: Settings) -> str | None:
    """The model that writes, if the config names it: the coordinator's only where nothing else names one."""
    if config.worker_model or not config.model:
        return config.worker_model
    return None if Catalogue.read(given.plan, settings).default("worker") else config.model


class _LogDisplay:
    """See `display.Display`: what a person should read goes to the program's log."""

    def begin(self, progress: list[Progress]) -> None:
        """Nothing: who wants to know follows the records."""

    def committed(
        self, category: str, accepted: int, rejected: Counter[str], measures: Mapping[str, float] = NO_MEASURES
    ) -> None:
        """Nothing."""

    def say(self, text: str) -> None:
        """Log it."""
        _log.info("%s", text)

    def end(self) -> None:
        """Nothing."""


class _News:
    """Carries word of commits from the run's thread to the tasks of an event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._lock = threading.Lock()
        self._is_on_its_way = False
        self.next = asyncio.Event()
        """Set at the next news; there is another one from then on."""
        self.folder: Path | None = None
        """The checkpoint, once it can be read."""

    def send(self) -> None:
        """From any thread. News that is not read yet is not sent again, so that it does not pile up."""
        with self._lock:
            if self._is_on_its_way:
                return
            self._is_on_its_way = True
        with suppress(RuntimeError):  # the loop is closed: nobody listens any more
            self._loop.call_soon_threadsafe(self.tell)

    def tell(self) -> None:
        """In the loop's thread."""
        with self._lock:
            self._is_on_its_way = False
        self.next.set()
        self.next = asyncio.Event()


class _Watch:
    """See `watching.Watch`: snapshots are written, and whoever reads records is told of new ones."""

    def __init__(self, snapshots: Snapshots, news: _News) -> None:
        self._snapshots, self._news = snapshots, news

    def opened(self, folder: Path) -> None:
        """See `Watch`."""
        self._snapshots.opened(folder)
        self._news.folder = folder
        self._news.send()

    def committed(self) -> None:
        """See `Watch`."""
        self._snapshots.committed()
        self._news.send()

    def closing(self) -> None:
        """See `Watch`."""
        self._snapshots.closing()
