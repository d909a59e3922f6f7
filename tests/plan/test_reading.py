import copy
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from dataset_agent.errors import InputError
from dataset_agent.plan import parse_plan, plan_bytes, plan_schema, read_plan, sha256_of_plan

GOOD: dict[str, Any] = {
    "dataset_name": "good",
    "categories": [
        {"name": "first", "count": 4, "templates": ["Is {thing} good?"], "slots": {"thing": ["tea"]}},
        {"name": "second", "description": "Two", "count": 2, "record_schema": {"type": "object"}},
    ],
    "total_instances": 6,
}  # fmt: skip


def written(tmp_path: Path, plan: object) -> Path:
    file = tmp_path / "plan.json"
    file.write_text(plan if isinstance(plan, str) else json.dumps(plan), encoding="utf-8")
    return file


def refused(tmp_path: Path, plan: object) -> str:
    with pytest.raises(InputError) as caught:
        read_plan(written(tmp_path, plan))
    assert caught.value.exit_code == 2
    return str(caught.value)


def test_the_shortest_plan_of_the_design_is_read(tmp_path: Path) -> None:
    plan = read_plan(
        written(
            tmp_path,
            {
                "dataset_name": "large_eval_set",
                "categories": [
                    {
                        "name": "order_status",
                        "description": "Order status queries",
                        "count": 200,
                        "example_inputs": "Where is my order #12345?",
                        "expectations": {"contains_order_id": True},
                    }
                ],
                "total_instances": 200,
            },
        )
    )
    assert plan.worker_of(plan.categories[0]) == "agent"
    assert plan.seed == 0


@pytest.mark.parametrize(
    ("place", "value", "named"),
    [
        (["dataset_nmae"], "x", "$.dataset_nmae: unknown key 'dataset_nmae' (did you mean 'dataset_name'?"),
        (["categories", 0, "descripton"], "x", "$.categories[0].descripton: unknown key 'descripton' (did you mean 'd"),
        (["categories", 0, "count"], -4, "$.categories[0].count: input should be greater than or equal to 0, got -4"),
        (["categories", 0, "count"], "many", "$.categories[0].count"),
        (["categories", 0, "count"], 4.5, "$.categories[0].count"),
        (["categories", 0, "count"], True, "$.categories[0].count: input should be a valid integer, got True"),
        (["categories", 0, "count"], 10**12, "$.categories[0].count: input should be less than or equal to 1000000000"),
        (["categories", 0, "worker"], "templte", "'templte'"),
        (["categories"], [], "$.categories"),
        (["categories", 1, "name"], "first", "category named twice: 'first'"),
        (["categories", 0, "name"], "a/b", "path separators"),
        (["total_instances"], 7, "total_instances is 7, but the categories' counts sum to 6"),
        (["dataset_name"], "../escaped", "$.dataset_name"),
        (["dataset_name"], ".hidden", "must not begin with a dot"),
        (["dataset_name"], "", "$.dataset_name"),
        (["tiers"], [{"name": "a", "share": 0.8}, {"name": "b", "share": 0.7}], "sum to 1.5, not to 1"),
        (["tiers"], [{"name": "a", "share": 0.5}, {"name": "a", "share": 0.5}], "tier named twice: 'a'"),
        (["tiers"], [{"name": "a", "share": 1.5}, {"name": "b", "share": -0.5}], "$.tiers[0].share"),
        (["tiers"], [{"name": "a"}], "needs a share, a count or at_most"),
        (["tiers"], [{"name": "a", "count": 3}], "'first' has a count of 4, but the counts of its tiers sum to 3"),
        (["split"], {"test": 1.2}, "$.split.test"),
        (["budget"], {"max_cost_usd": -1}, "$.budget.max_cost_usd"),
        (["categories", 0, "slots", "thing"], [], "$.categories[0].slots.thing"),
        (["categories", 0, "slots", "thing"], {"faker": "name", "column": "x"}, "`column` goes with `source`"),
        (["categories", 0, "slots", "thing"], {}, "exactly one of values, source, faker, range, dates"),
        (["seed"], 1.5, "$.seed"),
        (["seed"], 2**70, "$.seed: input should be less than"),
        (["tiers"], [{"name": "a", "share": "1"}], "$.tiers[0].share: input should be a valid number, got '1'"),
        (["output"], {"shard_rows": "2"}, "$.output.shard_rows"),
        (["dataset_name"], "\N{GRINNING FACE}" * 60, "150 bytes"),
        (["categories", 1, "record_schema"], "a\0b", "is no file name"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_place(tmp_path: Path, place: list[Any], value: object, named: str) -> None:
    plan = copy.deepcopy(GOOD)
    holder: Any = plan
    for part in place[:-1]:
        holder = holder[part]
    holder[place[-1]] = value
    message = refused(tmp_path, plan)
    assert named in message
    assert "plan.json" in message


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    plan = copy.deepcopy(GOOD)
    plan["categories"][0]["count"], plan["categories"][1]["cout"] = -1, 2
    message = refused(tmp_path, plan)
    assert len(message.splitlines()) == 2


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('{\n "a": 1,\n "b": ,\n}', "plan.json:3:7: is not JSON"),
        ("", "is empty"),
        ("[1]", "must be a JSON object"),
        ('{"a": NaN}', "holds NaN"),
        ('{"a": 1, "a": 2}', "has the key 'a' twice"),
        ('{"a": ' + "[" * 10_000 + "]" * 10_000 + "}", "nested too deep"),
        ('{"a": ' + "9" * 5001 + "}", "holds a number that cannot be read"),
        ('{"dataset_name": "\\ud800"}', "half of a surrogate pair"),
        ('{"a": ' + "[" * 250 + "]" * 250 + "}", "nested too deep"),
    ],
)
def test_a_file_that_is_no_plan(tmp_path: Path, text: str, named: str) -> None:
    assert named in refused(tmp_path, text)


def test_a_missing_file_and_one_that_is_not_utf8(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere\.json: cannot be read: No such file"):
        read_plan(tmp_path / "nowhere.json")
    (tmp_path / "latin.json").write_bytes(b'{\n"dataset_name": "caf\xe9"}')
    with pytest.raises(InputError, match=r"latin\.json:2: is not UTF-8"):
        read_plan(tmp_path / "latin.json")


def test_schema_files_are_read_relative_to_the_plan(tmp_path: Path) -> None:
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "a.json").write_text('{"type": "string"}')
    plan = copy.deepcopy(GOOD)
    plan["categories"][1]["record_schema"] = "schemas/a.json"
    read = read_plan(written(tmp_path, plan))
    assert read.categories[1].record_schema == {"type": "string"}
    plan["categories"][1]["record_schema"] = "schemas/b.json"
    assert "$.categories[1].record_schema" in refused(tmp_path, plan)
    assert "b.json: cannot be read" in refused(tmp_path, plan)


def test_a_folder_of_schemas_becomes_categories(tmp_path: Path) -> None:
    for folder in ("simple", "complex"):
        (tmp_path / "s" / folder).mkdir(parents=True)
        (tmp_path / "s" / folder / "one.json").write_text('{"type": "object"}')
    read = read_plan(written(tmp_path, {"dataset_name": "dir", "schemas_dir": "s", "total_instances": 5}))
    assert [(c.name, c.count, c.tiers[0].name if c.tiers else None) for c in read.categories] == [
        ("complex_one", 3, "complex"),
        ("simple_one", 2, "simple"),
    ]
    assert "how many records?" in refused(tmp_path, {"dataset_name": "dir", "schemas_dir": "s"})
    other = {"name": "other", "count": 2, "templates": ["x"]}
    mixed = {"dataset_name": "dir", "schemas_dir": "s", "total_instances": 5, "categories": [other]}
    assert [c.count for c in read_plan(written(tmp_path, mixed)).categories] == [2, 2, 1]
    assert "leave -1 of" in refused(tmp_path, {**mixed, "total_instances": 1})
    assert "$.count_per_schema" in refused(
        tmp_path, {"dataset_name": "dir", "schemas_dir": "s", "count_per_schema": "3"}
    )
    assert "'t' is not a folder" in refused(
        tmp_path, {"dataset_name": "dir", "schemas_dir": "t", "count_per_schema": 1}
    )


def test_the_fixed_form_survives_reading(tmp_path: Path) -> None:
    plan = read_plan(written(tmp_path, GOOD))
    again = parse_plan(json.loads(plan_bytes(plan)), tmp_path / "again.json")
    assert sha256_of_plan(again) == sha256_of_plan(plan)


def test_the_plans_schema_accepts_what_the_reader_accepts() -> None:
    schema = plan_schema()
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    assert validator.is_valid(GOOD)
    assert validator.is_valid({"dataset_name": "d", "schemas_dir": "s", "count_per_schema": 3})
    assert not validator.is_valid({**GOOD, "dataset_nmae": "x"})
    assert not validator.is_valid({"dataset_name": "d"})
