"""The agents' part of a run: from a prepared plan and an open ledger to committed batches."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import orjson
import pyarrow as pa

from ..agents.briefs import Brief, Briefing
from ..agents.generator import PROMPTS
from ..agents.prompts import load_prompt
from ..endpoints.budget import Purse
from ..engine.agent_line import AgentLine, Post
from ..engine.build import Committed, Stop
from ..engine.category_checks import checks_of
from ..engine.coverage import Coverage
from ..engine.demand import Demand
from ..engine.gate import Gate, Rules
from ..plan import Budget, Category, Plan
from ..records import Json, Progress
from ..state.call_log import LedgerCalls
from ..state.ledger import Ledger
from ..tools.draws import integers, key_of
from ..tools.record_form import RecordForm
from ..tools.sources import Table
from .crew import open_seats
from .interrupts import between_steps
from .likeness import Likeness
from .preparing import Prepared


async def build_by_agents(
    prepared: Prepared,
    ledger: Ledger,
    run: int,
    budget: Budget,
    likeness: Likeness,
    demand: Demand | None = None,
    *,
    stop: Stop,
    say: Callable[[str], None],
    listen: Callable[[Committed], None],
) -> str | None:
    """Write the batches of the agents' categories; gives why it stopped early, if it did.

    `demand` is what to write, all that is missing if left out.
    """
    models = prepared.models
    assert models is not None
    history = ledger.history
    names = {category.name for category in prepared.categories_of("agent")}
    progress = [p for p in history.progress() if p.stratum.category in names]
    posts = _posts(prepared.plan, progress)
    gate = _gate(prepared, ledger, likeness)
    _restore(ledger, gate, posts)
    _keep_prompts(ledger)
    if demand is None:
        opened = [batch for batch, _ in history.open_briefs()]
        demand = Demand(progress, opened, history.next_number(), prepared.plan.generation.max_attempts)
    line: AgentLine | None = None
    async with open_seats(
        models.endpoints,
        prepared.plan.generation,
        Purse(budget, history.usage()),
        LedgerCalls(ledger, run),
        history.learned_pace(),
        say=say,
        is_stopping=lambda: line is not None and line.is_stopping,
    ) as seats:
        line = AgentLine(
            ledger,
            run,
            demand,
            gate,
            models.router,
            seats,
            posts,
            repairs=prepared.plan.generation.repairs,
            listen=listen,
        )
        try:
            with between_steps():
                return await line.run(stop)
        finally:
            for name, seat in seats.items():
                ledger.note_pace(name, seat.caller.pace.size.value, seat.caller.pace.window.limit)


def _gate(prepared: Prepared, ledger: Ledger, likeness: Likeness) -> Gate:
    return Gate(
        {category.name: _rules(prepared, category) for category in prepared.categories_of("agent")},
        likeness.duplicates,
        likeness.fingerprint,
        is_slow=likeness.is_slow,
        next_numbers=ledger.history.next_candidates(),
        text_of=ledger.history.text_of,
    )


def _posts(plan: Plan, progress: Sequence[Progress]) -> dict[int, Post]:
    by_name = {category.name: category for category in plan.categories}
    posts = {}
    for p in progress:
        category = by_name[p.stratum.category]
        form = RecordForm(plan, category)
        coverage = Coverage(plan, category, p.stratum, form.asked)
        posts[p.stratum.index] = Post(p.stratum, Briefing(plan, category, p.stratum, form), coverage, form)
    return posts


def _rules(prepared: Prepared, category: Category) -> Rules:
    form = RecordForm(prepared.plan, category)
    sampler = _Sampler(prepared.plan, category, prepared.tables)
    return Rules(form, checks_of(prepared.plan, category, form.schema), sampler)


def _restore(ledger: Ledger, gate: Gate, posts: Mapping[int, Post]) -> None:
    """What earlier runs accepted, for the gate and for what workers are told."""
    told: str | None = None
    for stratum, number, text, brief in ledger.history.accepted_by_agents():
        if post := posts.get(stratum):
            gate.restore(post.stratum.category, number)
            post.coverage.accepted(orjson.loads(text))
            if brief is not None and brief != told:  # once a batch, as when it was written
                post.coverage.told(Brief.from_json(brief))
                told = brief
            post.learn(text)


def _keep_prompts(ledger: Ledger) -> None:
    for prompt in map(load_prompt, PROMPTS):
        ledger.note_prompt(prompt.sha256, prompt.name, prompt.text)


class _Sampler:
    """Values for workers to write with: of Faker, or rows of the category's source; other ones for each salt."""

    def __init__(self, plan: Plan, category: Category, tables: Mapping[str, Table]) -> None:
        self._key = key_of(plan.seed, "sample", category.name)
        self._table = tables.get(category.source) if category.source else None

    def __call__(self, kind: str, count: int, salt: int) -> list[Json]:
        """Raises ValueError for a kind there is none of."""
        count = max(1, count)
        if kind == "source":
            if self._table is None:
                raise ValueError("this category has no source; name a Faker provider such as `name` or `city`")
            rows = integers(self._key, np.arange(count) + salt * 1000, self._table.rows)
            picked = self._table.columns.take(pa.array(rows)).to_pylist()
            return [{name: _plain(value) for name, value in row.items()} for row in picked]
        from faker import Faker

        fake = Faker()
        fake.seed_instance(int(self._key) + salt)
        provider = None if kind.startswith("_") else getattr(fake, kind, None)
        if not callable(provider) or kind not in _PROVIDERS:
            raise ValueError(f"there are no values of the kind {kind!r}; there are: {', '.join(_PROVIDERS)}")
        return [_plain(provider()) for _ in range(count)]


def _plain(value: object) -> Json:
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


_PROVIDERS = (
    "name", "first_name", "last_name", "company", "city", "country", "street_address", "postcode", "email",
    "phone_number", "job", "date", "time", "url", "currency_code", "iban", "ean13", "license_plate", "color_name",
    "file_name", "user_name", "language_name", "bs", "catch_phrase",
)  # fmt: skip
"""Faker providers that workers may ask for: no arguments, plain values."""
