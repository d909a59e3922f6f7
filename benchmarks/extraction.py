"""Extraction, one chunk a call, against a loopback model, beside the bare openai client with the same requests."""

from __future__ import annotations

import asyncio
import gc
import json
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, ClassVar

from dataset_agent.agents.briefs import Brief, Briefing
from dataset_agent.agents.desk import Verdict
from dataset_agent.agents.extractor import SCHEMA, Extractor
from dataset_agent.agents.generator import Assignment
from dataset_agent.agents.station import Station
from dataset_agent.endpoints.budget import Purse
from dataset_agent.endpoints.caller import Caller
from dataset_agent.endpoints.chat import Messages, OpenAIChat, open_client
from dataset_agent.endpoints.entries import Endpoint as Target
from dataset_agent.endpoints.pace import Pace
from dataset_agent.plan import Budget, Category, Generation, ModelEntry, Plan
from dataset_agent.records import Call, Json, Prediction, Stratum, Usage
from dataset_agent.tools.evidence import Piece
from dataset_agent.tools.record_form import RecordForm

from .agents import writing_seconds
from .extraction_model import LISTED, model
from .measuring import AGENT, Measured, environment, measure

CHUNK_CHARS, CHUNKS, LATENCY_MS, AT_ONCE = 4000, 4, 100, 64
"""The characters of a chunk and the chunks of a query; how long the model takes; calls in flight."""

BATCHES = AT_ONCE + AT_ONCE // 2
"""Queries in work at once, as the engine has them."""

ROWS, NOTE = 150, "seen in several studies and as a rule within a day of the first dose"
"""The rows of an object in a whole run, about as many chunks; and what each says besides."""

LINE = "Of drug{0:06} it is known, from several studies, that it may cause effect number {1} within a day as a rule.\n"


class Questions:
    """As many queries as one likes: each object has the names that the model lists, and ten that it does not."""

    _known: ClassVar = {f"drug{number:06}": f"Drug{number:06}" for number in range(20_000)}

    def record(self, number: int) -> Json:
        """The truth of a number, as far as it is asked for."""
        name = f"effect number {number}"
        return {"query": f"Which drugs cause {name}?", "object": name, "answer": "YES"}

    def expected(self, number: int) -> Mapping[str, str]:
        """Names by folded form."""
        return {f"drug{drug:06}": f"Drug{drug:06}" for drug in range(2 * LISTED)}

    def known_subjects(self) -> Mapping[str, str]:
        """Names by folded form."""
        return self._known


class Leaflets:
    """Evidence of some chunks on any object."""

    def pieces(self, object: str, query: str) -> list[Piece]:
        """Pieces that are a chunk each."""
        number = object.rpartition(" ")[2]
        line = LINE.format(1, number)
        text = line * (CHUNK_CHARS // len(line))
        return [Piece(str(place), f"{place} {text}"[:CHUNK_CHARS]) for place in range(CHUNKS)]

    def close(self) -> None:
        """Nothing is held."""


class Log:
    """Calls that nobody keeps."""

    def paid(self, batch: int | None, key: str) -> bytes | None:
        """None was."""
        return None

    async def note(self, call: Call) -> None:
        """Forget it."""


class Tray:
    """A desk that takes whatever is handed in."""

    remaining = 1

    def __init__(self) -> None:
        self.values: list[Json] = []

    async def submit(self, values: Sequence[Json], numbers: Sequence[int] | None = None) -> list[Verdict]:
        """Take it."""
        self.values += values
        return [Verdict() for _ in values]

    def predicted(self, prediction: Prediction) -> None:
        """Not asked of this worker."""

    def unreadable(self, text: str, why: str) -> Verdict:
        """The model is always understood."""
        raise AssertionError(why)

    def check(self, value: Json) -> str | None:
        """Not asked by this worker."""
        return None

    async def similar(self, value: Json, most: int) -> list[str]:
        """Not asked by this worker."""
        return []

    def sample(self, kind: str, count: int) -> list[Json]:
        """Not asked by this worker."""
        return []


@dataclass(frozen=True, slots=True)
class Speed:
    """Calls a second, and CPU seconds of this process for 1,000 calls."""

    calls_a_second: float
    cpu_s: float


@contextmanager
def timed(calls: int, into: list[Speed]) -> Iterator[None]:
    """The speed of what is done in the block."""
    gc.collect()
    began, cpu = time.perf_counter(), time.process_time()
    yield
    into.append(Speed(calls / (time.perf_counter() - began), 1000 * (time.process_time() - cpu) / calls))


class Recorder:
    """A chat that keeps what is sent, to be sent by the bare client too."""

    def __init__(self, chat: OpenAIChat) -> None:
        self._chat, self.sent = chat, list[Messages]()

    async def send(self, messages: Messages, schema: dict[str, Any] | None) -> Any:
        """Send it on."""
        self.sent.append(list(messages))
        return await self._chat.send(messages, schema)


def bare(url: str, requests: Sequence[Messages], speeds: list[Speed]) -> None:
    """The openai client with the aiohttp transport, and nothing else."""

    async def run() -> None:
        from openai import AsyncOpenAI, DefaultAioHttpClient

        client = AsyncOpenAI(base_url=url, api_key="none", max_retries=0, http_client=DefaultAioHttpClient())
        room = asyncio.Semaphore(AT_ONCE)
        form: Any = {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA}}

        async def call(messages: Any) -> None:
            async with room:
                answer = await client.chat.completions.create(model="bench", messages=messages, response_format=form)
                json.loads(answer.choices[0].message.content or "")

        async with client:
            await asyncio.gather(*(call(messages) for messages in requests[:AT_ONCE]))
            with timed(len(requests), speeds):
                await asyncio.gather(*(call(messages) for messages in requests))

    asyncio.run(run())


def ours(url: str, queries: int, speeds: list[Speed]) -> list[Messages]:
    """The extraction worker and the way of every call, without gate and ledger; gives what the first calls sent."""

    async def run() -> list[Messages]:
        endpoint = Target("bench", ModelEntry(model="bench"), url, "none")
        generation = Generation(max_concurrency=AT_ONCE)
        async with open_client(endpoint) as client:
            caller = Caller(
                endpoint,
                Pace(endpoint.entry, generation),
                Purse(Budget(), Usage()),
                Log(),
                max_outage_s=generation.max_outage_s,
                say=print,
                is_stopping=lambda: False,
            )
            chat = OpenAIChat(endpoint, client)
            recorder = Recorder(chat)
            await extract(Station("bench", caller, recorder), BATCHES)
            with timed(queries * CHUNKS, speeds):
                await extract(Station("bench", caller, chat), queries)
            return recorder.sent

    return asyncio.run(run())


async def extract(station: Station, queries: int) -> None:
    """Answer queries, a batch each, as many at once as the engine has in work."""
    extractor = Extractor(
        station, Questions(), Leaflets(), subject="drug", chunk_chars=CHUNK_CHARS + 10, min_recall=0.0
    )
    room, briefing = asyncio.Semaphore(BATCHES), _briefing()

    async def work(number: int) -> None:
        async with room:
            tray = Tray()
            brief = Brief(1, {}, items=[number])
            await extractor.write(Assignment(number, brief, briefing, {}, 60, 2), tray)
            assert tray.values[0]["recall"] == 0.5

    await asyncio.gather(*(work(number) for number in range(queries)))


def _briefing() -> Briefing:
    category = {"name": "effects", "count": 1, "description": "Side effects", "worker": "agent"}
    plan = Plan.model_validate({"dataset_name": "bench", "categories": [category]})
    first: Category = plan.categories[0]
    return Briefing(plan, first, Stratum(0, first.name, None, 1), RecordForm(plan, first))


def whole_run(url: str, queries: int) -> tuple[Measured, float, int]:
    """`agent run` on the rows of a source: the command, the seconds from first call to last commit, and its calls."""
    category = {
        "name": "effects",
        "count": queries,
        "worker": "extract",
        "task": "reverse_query",
        "source": "facts",
        "subject": "drug",
        "object": "effect",
        "query": "Which drugs cause {object}?",
        "negatives": 0,
    }
    plan = {
        "dataset_name": "bench",
        "categories": [category],
        "sources": {"facts": {"path": "facts.csv"}},
        "generation": {"max_concurrency": AT_ONCE},
        "mlflow": False,
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "plan.json").write_text(json.dumps(plan))
        with (folder / "facts.csv").open("w") as facts:
            facts.write("drug,effect,note\n")
            for number in range(queries):
                for drug in range(ROWS):
                    facts.write(f"Drug{drug:06},effect number {number},{NOTE}\n")
        env = {**environment(folder), "OPENAI_BASE_URL": url, "OPENAI_API_KEY": "none"}
        measured = measure([*AGENT, "run", "plan.json", "--model", "bench", "--json"], folder, env)
        if measured.code:
            raise SystemExit((folder / "output.txt").read_text()[-2000:])
        calls = json.loads((folder / "datasets" / "bench" / "metadata.json").read_text())["usage"]["calls"]
        return measured, writing_seconds(folder / "checkpoints" / "bench" / "ledger.db"), calls


def main(quick: bool = False) -> None:
    """Print the figures that the README quotes: medians of rounds that take turns."""
    queries = 400 if quick else 1000
    us, them, runs = list[Speed](), list[Speed](), list[Speed]()
    with model(LATENCY_MS) as url:
        little, _, few = whole_run(url, AT_ONCE)
        for _ in range(3):
            sent = ours(url, queries, us)
            bare(url, (sent * (queries * CHUNKS // len(sent) + 1))[: queries * CHUNKS], them)
            command, seconds, calls = whole_run(url, queries)
            runs.append(Speed(calls / seconds, 1000 * (command.cpu_s - little.cpu_s) / (calls - few)))
    print(f"extraction, a chunk of {CHUNK_CHARS} characters a call, {LATENCY_MS} ms, {AT_ONCE} in flight:")
    for what, speeds in (("the worker alone", us), ("a whole run", runs), ("the bare client", them)):
        ratio = median(one.calls_a_second / their.calls_a_second for one, their in zip(speeds, them, strict=True))
        print(
            f"  {what}: {median(speed.calls_a_second for speed in speeds):,.0f} calls a second, {ratio:.0%} of the "
            f"bare client's; {median(speed.cpu_s for speed in speeds):.2f} CPU s for 1,000"
        )
