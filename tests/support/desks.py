"""A gate and its desks, with the rules that a plan asks for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from dataset_agent.agents.briefs import Brief, Briefing
from dataset_agent.agents.generator import Assignment
from dataset_agent.engine.batch_desk import BatchDesk, by_repairs
from dataset_agent.engine.category_checks import checks_of
from dataset_agent.engine.gate import Gate, Rules
from dataset_agent.plan import Plan
from dataset_agent.records import Batch, Candidates, Fingerprints, Stratum
from dataset_agent.tools.diversity import DuplicateIndex, fingerprint, rules_by_category
from dataset_agent.tools.grounding.grounds import Grounds
from dataset_agent.tools.record_form import RecordForm


@dataclass
class GateHouse:
    """The gate of a plan. `committed` are texts that it finds in no batch, by category and number."""

    plan: Plan
    gate: Gate
    committed: dict[tuple[str, int], str] = field(default_factory=dict)
    batches: int = 0

    def desk(self, wanted: int, category: str | None = None) -> BatchDesk:
        """The desk of a new batch."""
        self.batches += 1
        return BatchDesk(self.gate, Batch(self.batches - 1, 0, 0, wanted), category or self.plan.categories[0].name)

    def assignment(self, desk: BatchDesk, repairs: int = 2) -> Assignment:
        """What a worker is given for the desk's batch."""
        category = next(category for category in self.plan.categories if category.name == desk.category)
        form = RecordForm(self.plan, category)
        briefing = Briefing(self.plan, category, Stratum(0, category.name, None, category.count), form)
        brief = Brief(desk.batch.size, {"style": "dry"})
        return Assignment(desk.batch.number, brief, briefing, form.asked, 60, repairs)


def agent_plan(**keys: Any) -> Plan:
    """A plan with one category `c` that agents write, texts unless `record_schema` says otherwise."""
    category = {"name": "c", "description": "Letters", "count": 100, "worker": "agent"}
    return Plan.model_validate({"dataset_name": "d", "categories": [category], **keys})


@asynccontextmanager
async def gate_house(
    plan: Plan | None = None, *, is_slow: bool = False, next_numbers: Mapping[str, int] | None = None
) -> AsyncIterator[GateHouse]:
    """Judges as long as the block lasts."""
    plan = plan or agent_plan()
    by_category = rules_by_category(plan, can_embed=False)
    rules = {}
    for category in plan.categories:
        form = RecordForm(plan, category)
        rules[category.name] = Rules(
            form, checks_of(plan, category, form.schema, Grounds(plan, {})), _sampled, by_repairs
        )

    def prints(category: str, candidates: Candidates) -> Fingerprints:
        return fingerprint(candidates, by_category[category])

    committed: dict[tuple[str, int], str] = {}
    gate = Gate(
        rules,
        None if plan.diversity is False else DuplicateIndex(lambda category: by_category[category]),
        prints,
        is_slow=is_slow,
        next_numbers=next_numbers or {},
        text_of=lambda category, number: committed.get((category, number)),
    )
    judging = asyncio.create_task(gate.work())
    try:
        yield GateHouse(plan, gate, committed)
    finally:
        judging.cancel()
        await asyncio.gather(judging, return_exceptions=True)


def _sampled(kind: str, count: int, salt: int) -> list[Any]:
    if kind != "name":
        raise ValueError(f"there are no values of the kind {kind!r}")
    return [f"name {salt} {number}" for number in range(count)]
