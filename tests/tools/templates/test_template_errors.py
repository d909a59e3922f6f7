"""What is wrong with a template or its slots is said with its place, and with what was perhaps meant."""

import pytest
from numpy import uint64

from dataset_agent.errors import PlanError
from dataset_agent.plan import Slot
from dataset_agent.tools.sources import read_table
from dataset_agent.tools.templates import compile_templates

WHERE = "plan.json: $.categories[0]"
SLOTS = {
    "city": ["Oslo", "Riga"],
    "price": ["9.5", "cheap"],
    "gap": ["x", None],
    "tags": [["a"]],
    "n": {"range": [1, 9]},
    "day": {"dates": ["2024-01-01", "2024-02-01"]},
    "drug": {"source": "drugs"},
    "effect": {"source": "drugs", "column": "effect"},
}


@pytest.fixture
def refused(tmp_path):
    (tmp_path / "facts.csv").write_text("drug,effect,note\nA,b,\nC,d,\n")
    tables = {"drugs": read_table(tmp_path / "facts.csv", where="x")}

    def refuse(templates, slots=None):
        models = {name: Slot.model_validate(slot) for name, slot in (slots or SLOTS).items()}
        with pytest.raises(PlanError) as caught:
            compile_templates(templates, models, tables, key=uint64(1), where=WHERE)
        return caught.value.problems

    return refuse


@pytest.mark.parametrize(
    ("text", "what", "mend"),
    [
        ("in {cty}", "{cty} names no slot", "did you mean 'city'?"),
        ('say {"a": 1}', "names no slot", "for literal braces write {{ and }}"),
        ("{}", "{} names no slot", ""),
        ("{city.name}", "the slot 'city' has no columns", "write {city}"),
        ("{effect.drug}", "the slot 'effect' has no columns", "write {effect}"),
        ("{drug}", "{drug} is a row of 'drugs': which column?", "write {drug.COLUMN}; columns: drug, effect, note"),
        ("{drug.efect}", "has no column 'efect'", "did you mean 'effect'? known: drug, effect, note"),
        ("{city", "the '{' before 'city' has no counterpart", "double it"),
        ("city} x", "the '}' before ' x' has no counterpart", ""),
        ("{a{city}}", "the '{' before 'a{city}}' has no counterpart", ""),
        ("{price:.2f}", "{price:.2f}: 'cheap' is not a number", ""),
        ("{price:%d.%m.}", "'9.5' is not an ISO date", ""),
        ("{n:%d.%m.}", "1 is not an ISO date", ""),
        ("{n:q}", "{n:q}: 1 cannot be written so: Unknown format code 'q'", ""),
        ("{n:c}", "'c' is no format for numbers here", ""),
        ("{n:>99999}", "at most three digits", ""),
        ("{day:.2f}", "'2024-01-01' is not a number", ""),
        ("a {gap}", "null has no plain text: let the slot stand alone", ""),
        ("a {tags}", '["a"] has no plain text', ""),
    ],
)
def test_a_text_that_cannot_be_written(refused, text, what, mend):
    (problem,) = refused([{"inputs": {"text": "fine"}}, {"inputs": {"texts": ["fine {city}", text]}}])
    assert problem.where == f"{WHERE}.templates[1].inputs.texts[1]"
    assert what in problem.what
    assert mend in problem.mend


@pytest.mark.parametrize(
    ("slot", "place", "what"),
    [
        ({"source": "drgs"}, ".source", "no source is named 'drgs'"),
        ({"source": "drgs", "column": "effect"}, ".source", "no source is named 'drgs'"),
        ({"source": "drugs", "column": "efect"}, ".column", "has no column 'efect'"),
        ({"source": "drugs", "column": "note"}, ".column", "the column 'note' is empty in every row"),
        ({"range": [5, 4]}, ".range", "runs from 5 down to 4"),
        ({"range": [0, 10**18]}, ".range", "whole numbers in a range have at most 18 digits"),
        ({"range": [0, 10.5], "step": 1e-15}, ".range", "decimals in a range have at most 15 digits"),
        ({"range": [0, 5e-300], "step": 1e-300}, ".range", "decimals in a range have at most 15 digits"),
        ({"dates": ["2024-13-01", "2024-12-01"]}, ".dates", "'2024-13-01' is not an ISO date"),
        ({"dates": ["2024-02-01", "2024-01-01"]}, ".dates", "runs from 2024-02-01 back to 2024-01-01"),
        ({"dates": ["2024-01-01", "2024-02-01"], "step": 1.5}, ".step", "1.5 is not a whole number of days"),
        ({"values": ["\ud800"]}, "", "cannot be written as JSON"),
        ({"values": [float("inf")]}, "", "holds a number that JSON does not know"),
        ({"faker": "frist_name"}, ".faker", "Faker has no provider 'frist_name'"),
        ({"faker": "seed_instance"}, ".faker", "Faker has no provider 'seed_instance'"),
        ({"faker": "date_of_birth"}, ".faker", "gives other values on another day"),
        ({"faker": "profile"}, ".faker", "gives other values on another day"),
        ({"faker": "first_name", "locale": "en_XX"}, ".locale", "Faker has no locale 'en_XX'"),
        ({"faker": "first_name", "args": {"x": 1}}, ".args", "unexpected keyword argument 'x'"),
        ({"faker": "binary", "args": {"length": 2}}, ".args", "Type is not JSON serializable: bytes"),
    ],
)
def test_a_slot_without_values(refused, slot, place, what):
    (problem,) = refused([{"t": "{s.drug}" if slot.get("source") and "column" not in slot else "{s}"}], {"s": slot})
    assert problem.where == f"{WHERE}.slots.s{place}"
    assert what in problem.what


def test_rows_that_all_have_an_empty_cell(refused):
    (problem,) = refused([{"t": "{drug.drug} {drug.note}"}])
    assert str(problem) == f"{WHERE}.slots.drug: every row of 'drugs' has an empty cell in 'drug', 'note'"


def test_a_template_that_is_not_json(refused):
    (problem,) = refused([{"n": 2**64}])
    assert problem.where == f"{WHERE}.templates[0]"
    assert "Integer exceeds 64-bit range" in problem.what


def test_all_problems_are_named_at_once_and_each_once(refused):
    slots = {"a": {"range": [2, 1]}, "b": ["x"]}
    problems = refused([{"t": "{x}", "u": ["{", "{b}"]}, {"t": "{a}"}, {"t": "{b:d} {a}"}, {"t": "{a}"}], slots)
    assert [problem.where.removeprefix(f"{WHERE}.") for problem in problems] == [
        "templates[0].t",
        "templates[0].u[0]",
        "slots.a.range",
        "templates[2].t",
    ]


def test_slots_that_no_template_uses_are_left_alone():
    slots = {"unused": Slot.model_validate({"faker": "no_such_provider"})}
    assert compile_templates([{"t": "x"}], slots, {}, key=uint64(1), where=WHERE).capacity == 1
