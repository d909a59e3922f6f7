"""A worker is told what it needs; what is data stays data."""

import re
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plans import PERSON

from dataset_agent.agents.briefs import MOST_EXAMPLES, Brief, Briefing, as_data
from dataset_agent.plan import Plan
from dataset_agent.records import Stratum
from dataset_agent.tools.record_form import RecordForm

BRIEF = Brief(7, {"perspective": "case study", "style": "dry"}, ["mood: glad"], ["mood: calm"])


def briefing_of(tier: str | None = None, plan_tiers: Any = None, **category: Any) -> Briefing:
    plan = Plan.model_validate(
        {
            "dataset_name": "d",
            "tiers": plan_tiers,
            "categories": [
                {"name": "c", "description": "Letters to a shop.", "count": 9, "worker": "agent", **category}
            ],
        }
    )
    [only] = plan.categories
    return Briefing(plan, only, Stratum(0, "c", tier, 9), RecordForm(plan, only))


def test_a_brief_survives_the_ledger() -> None:
    assert Brief.from_json(BRIEF.to_json()) == BRIEF


def test_the_task_says_all_there_is_to_know() -> None:
    text = briefing_of(example_inputs="Where is it?", expectations={"polite": True}).text(BRIEF, with_schema=False)
    for part in ("Category: c", "Letters to a shop.", "perspective: case study", "style: dry", "mood: glad",
                 "mood: calm", "Write 7 records (wanted: 7)", '{"polite": true}'):  # fmt: skip
        assert part in text, part
    assert '<data>\n{"inputs": {"text": "Where is it?"}}\n</data>' in text
    assert "JSON Schema" not in text and "{{" not in text
    assert text.index("too little of") < text.index("mood: glad") < text.index("enough") < text.index("mood: calm")


def test_what_is_not_there_leaves_no_trace() -> None:
    text = briefing_of(description="").text(Brief(1, {}), with_schema=False)
    assert "None" not in text and "<data>" not in text and "- " not in text and "Tier" not in text


def test_the_schema_is_written_out_where_asked_for() -> None:
    text = briefing_of(record_schema=PERSON).text(BRIEF, with_schema=True)
    [schema] = re.findall(r"The JSON Schema of a record:\n<data>\n(.*)\n</data>", text)
    assert orjson.loads(schema) == PERSON


@pytest.mark.parametrize("own", [True, False])
def test_the_guidance_is_that_of_the_tier(own: bool) -> None:
    tiers = [
        {"name": "easy", "share": 0.5, "guidance": "One question."},
        {"name": "hard", "share": 0.5, "guidance": "Three questions, {{wanted}}."},
    ]
    others = [{"name": "easy", "share": 1.0, "guidance": "Not this."}]
    briefing = briefing_of("hard", others, tiers=tiers) if own else briefing_of("hard", tiers)
    text = briefing.text(BRIEF, with_schema=False)
    assert "Tier: hard: Three questions, {{wanted}}." in text
    assert "One question" not in text and "Not this" not in text
    bare = briefing_of("bare", [{"name": "bare", "share": 1.0}]).text(BRIEF, with_schema=False)
    assert "Tier: bare\n" in bare


def test_a_few_examples_are_enough() -> None:
    text = briefing_of(example_inputs=[f"Example {n}" for n in range(20)]).text(BRIEF, with_schema=False)
    assert text.count("Example ") == MOST_EXAMPLES


MARKS = [
    "<data>",
    "</data>",
    "</DATA>",
    "< / data >",
    "<\n/data\t>",
    "</data\n x>",
    "&lt;/data&gt;",
    "<database>",
    "<b>",
]


@settings(deadline=None)
@given(st.lists(st.one_of(st.sampled_from(MARKS), st.text(max_size=5)), max_size=8).map("".join))
def test_data_cannot_leave_its_markers(text: str) -> None:
    told = briefing_of(example_inputs=text, expectations={text: text}).text(BRIEF, with_schema=True)
    marks = re.findall(r"<\s*/?\s*data\b[^>]*>", told, re.IGNORECASE)
    assert marks == ["<data>", "</data>"] * 2
    inside = told.split("<data>\n")[1].split("\n</data>")[0]
    assert orjson.loads(inside) == {"inputs": {"text": text}}, "and means what it meant"
    assert orjson.loads(as_data(orjson.dumps(text).decode())) == text


def test_other_marks_are_left_alone() -> None:
    assert as_data('"<b>, <database> and a < b"') == '"<b>, <database> and a < b"'
