"""What one model takes for the batches of one stratum, from the prompt it will be sent and the records it is to write.

Tokens are counted from bytes, since encodings would have to be fetched: 4 bytes a token of English text, 3 a token of
JSON. That is an estimate; a pilot measures.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...agents.briefs import Briefing
from ...agents.generator import Assignment, Mode
from ...endpoints.budget import cost_of
from ...endpoints.entries import Endpoint
from ...endpoints.pace import LARGEST
from ...engine.agent_line import Post
from ...engine.coverage import Coverage
from ...errors import InputError, UnservableSchema
from ...plan import Category, ModelEntry, Plan
from ...records import Json, Stratum
from ...tools.draws import key_of
from ...tools.record_form import RecordForm
from ...tools.schemas import compile_schema
from ..crew import mode_of
from .first_calls import first_call
from .takings import REPEATED, Taken

TEXT_BYTES, JSON_BYTES = 4.0, 3.0
"""Bytes a token, of English text and of JSON."""

ENVELOPE_TOKENS = 5.0
"""What an answer takes besides its records: `{"records": []}`."""

UNKNOWN_BYTES = 180
"""What a record is taken to have where there is neither a schema nor an example."""

FIRST_TOKEN_S, TOKENS_A_SECOND = 1.0, 50.0
"""How fast a model is taken to answer, before one was heard."""

CACHED_FROM = 1024
"""Tokens from which on providers keep the beginning of a prompt."""

SAMPLED = 50


@dataclass(frozen=True, slots=True)
class Lengths:
    """How long the records of a category are, in bytes of JSON: as written and as kept, on average; kept, at the most.

    basis: where that is from: `schema`, `examples`, `source` or `nothing`.
    """

    written: float
    kept: float
    longest: int
    basis: str


@dataclass(frozen=True, slots=True)
class Quote:
    """What a call takes.

    tokens_in: of its prompt; tokens_shared: of those at its beginning, the same in all calls for the category.
    tokens_a_record: of its answer. reserved_in, reserved_out, reserved_a_record: what a run sets aside for its prompt,
    its answer, and each record of that. most: the largest batch that the model's context holds.
    """

    endpoint: Endpoint
    mode: Mode
    tokens_in: float
    tokens_shared: float
    tokens_a_record: float
    reserved_in: int
    reserved_out: int
    reserved_a_record: int
    most: int

    @property
    def most_times(self) -> float:
        """How many times what is likely the high end of the range takes."""
        return 1 + REPEATED

    def takes(self, batches: float, records: float, *, cached: bool = False) -> Taken:
        """What so many batches, one call each, with so many records in all, take; `cached` as far as they may be."""
        entry = self.endpoint.entry
        is_kept = cached and entry.price_cached_in is not None and self.tokens_shared >= CACHED_FROM
        kept = max(0.0, batches - 1) * self.tokens_shared if is_kept else 0.0
        given, out = batches * self.tokens_in, batches * ENVELOPE_TOKENS + records * self.tokens_a_record
        reserved_in = batches * self.reserved_in
        reserved_out = batches * self.reserved_out + records * self.reserved_a_record
        return Taken(
            batches=batches,
            calls=batches,
            tokens_in=given,
            tokens_cached=kept,
            tokens_out=out,
            cost_usd=cost(entry, given, kept, out),
            latency_s=batches * FIRST_TOKEN_S + out / TOKENS_A_SECOND,
            reserved_tokens=reserved_in + reserved_out,
            reserved_usd=cost(entry, reserved_in, 0, reserved_out),
        )

    def most_usd(self, size: int, repairs: int) -> float:
        """What a batch costs where it takes all the calls that a worker has, as far as can be told.

        Each call is told all that was said before: the answers, and as much again about what was wrong with them.
        """
        calls, out = repairs + 1, self.reserved_out + size * self.reserved_a_record
        if self.mode == "tools":
            from ...agents.toolbox import TURNS_BESIDES

            calls += TURNS_BESIDES
        first = max(self.reserved_in, self.tokens_in)
        return cost(self.endpoint.entry, calls * first + calls * (calls - 1) * out, 0, calls * out)


def quote(
    plan: Plan,
    category: Category,
    stratum: Stratum,
    endpoint: Endpoint,
    size: int,
    lengths: Lengths,
    rows: Callable[[int, int], list[Json]] | None = None,
) -> Quote:
    """What a model takes for a stratum; `size` is that of the batch whose prompt is counted.

    `rows` are those of a source to write from, by batch and number of records, where there is one.
    """
    form = RecordForm(plan, category)
    briefing, coverage = Briefing(plan, category, stratum, form), Coverage(plan, category, stratum, form.asked)
    post = Post(stratum, briefing, coverage, form)
    post.learn("x" * lengths.longest)
    context = endpoint.entry.context_tokens
    most = LARGEST if context is None else max(1, (context // 2 - post.tokens_of_task) // post.tokens_a_record)
    brief, mode = coverage.brief(0, min(size, most)), mode_of(endpoint, plan.generation)
    if rows is not None:
        brief = replace(brief, rows=rows(0, brief.wanted))
    assignment = Assignment(0, brief, briefing, form.asked, post.tokens_a_record, plan.generation.repairs)
    call = first_call(endpoint, mode, assignment)
    shared = tokens(call.system, TEXT_BYTES) + tokens(call.offered, JSON_BYTES)
    out_of_none, out_of_one = (assignment.tokens_out(endpoint.entry.options, records) for records in (0, 1))
    return Quote(
        endpoint=endpoint,
        mode=mode,
        tokens_in=shared + tokens(call.task, TEXT_BYTES) + tokens(call.schema, JSON_BYTES),
        tokens_shared=shared,
        tokens_a_record=(lengths.written + len(", ")) / JSON_BYTES,
        reserved_in=call.reserved_in,
        reserved_out=out_of_none,
        reserved_a_record=out_of_one - out_of_none,
        most=most,
    )


def lengths_of(plan: Plan, category: Category) -> Lengths:
    """How long a category's records will be: as the schema's own sampler draws them, else as the examples are."""
    form = RecordForm(plan, category)
    values, basis = _samples(plan, category, form)
    return lengths_from(values, form, basis)


def lengths_from(values: Sequence[Json], form: RecordForm, basis: str) -> Lengths:
    """How long records are, going by these, as a worker writes them."""
    if not values:
        return Lengths(UNKNOWN_BYTES, UNKNOWN_BYTES, UNKNOWN_BYTES, basis)
    written = [len(_json(value).encode()) for value in values]
    kept = [len(json.dumps(form.record(v), ensure_ascii=False, separators=(",", ":")).encode()) for v in values]
    return Lengths(float(np.mean(written)), float(np.mean(kept)), max(kept), basis)


def _samples(plan: Plan, category: Category, form: RecordForm) -> tuple[list[Json], str]:
    """Records as a worker might write them, and where they are from."""
    if plan.schema_of(category) is not None:
        try:
            sampler = compile_schema(form.schema, key=key_of(plan.seed, "estimate", category.name))
            return sampler.sample(np.arange(SAMPLED)), "schema"
        except (InputError, UnservableSchema):  # a model may write what the sampler cannot
            pass
    return (form.examples, "examples") if form.examples else ([], "nothing")


def cost(entry: ModelEntry, tokens_in: float, tokens_cached: float, tokens_out: float) -> float:
    """US dollars."""
    return cost_of(entry, round(tokens_in), round(tokens_cached), round(tokens_out))


def tokens(text: str, bytes_a_token: float) -> float:
    """About how many."""
    return len(text.encode()) / bytes_a_token


def _json(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)
