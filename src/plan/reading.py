"""From a file to a plan: every fault named with its file and JSON path, and the files that a plan names read in."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from pydantic import BaseModel, ValidationError

from ..errors import InputError, PlanError, Problem
from ..hints import nearest
from . import endpoints, models, options, slots, sources, tasks, tiers
from .models import Plan
from .quotas import largest_remainder

MAX_DEPTH = 200
"""How deep plans and schemas may nest; the deepest real schema known to us has 40 levels."""

MAX_BYTES = 256 << 20

_MENDS = {
    "missing": "add it",
    "int_type": "write a whole number, without quotes",
    "int_from_float": "write a whole number",
    "dict_type": "write an object: {...}",
    "model_type": "write an object: {...}",
    "list_type": "write a list: [...]",
}


def read_json(path: Path) -> Any:
    """The JSON value in a file. Raises InputError with line and column where it is not JSON in UTF-8."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError.at(path, f"is larger than {MAX_BYTES >> 20} MiB")
        raw = path.read_bytes()
    except OSError as error:
        raise InputError.at(path, f"cannot be read: {error.strerror}", "is the path right?") from None
    except ValueError as error:
        raise InputError.at(repr(str(path)), f"is no file name: {error}") from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise InputError.at(f"{path}:{line}", f"is not UTF-8 at byte {error.start}", "save it as UTF-8") from None
    if not text.strip():
        raise InputError.at(path, "is empty")
    return _parse_json(path, text)


def _parse_json(path: Path, text: str) -> Any:
    def refuse_constant(name: str) -> NoReturn:
        raise InputError.at(path, f"holds {name}, which JSON does not know", "write a number or null")

    def refuse_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(pairs)
        if len(value) < len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            raise InputError.at(path, f"has the key {twice!r} twice in one object", "keep one of them")
        return value

    try:
        value = json.loads(text, parse_constant=refuse_constant, object_pairs_hook=refuse_repeats)
    except json.JSONDecodeError as error:
        where = f"{path}:{error.lineno}:{error.colno}"
        raise InputError.at(where, f"is not JSON: {error.msg} at line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise InputError.at(path, "is nested too deep", f"use at most {MAX_DEPTH} levels") from None
    except ValueError as error:  # an integer of thousands of digits
        raise InputError.at(path, f"holds a number that cannot be read: {error}") from None
    if "\\u" in text and _has_lone_surrogate(value):
        raise InputError.at(path, "holds half of a surrogate pair (\\ud800 to \\udfff)", "write the whole character")
    if is_too_deep(value):
        raise InputError.at(path, "is nested too deep", f"use at most {MAX_DEPTH} levels")
    return value


def _has_lone_surrogate(value: Any) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False


def is_too_deep(value: Any, limit: int = MAX_DEPTH) -> bool:
    """Whether a JSON value nests deeper than the limit; does not recurse itself."""
    level = [value]
    for _ in range(limit):
        level = [child for node in level for child in _children(node)]
        if not level:
            return False
    return True


def _children(node: Any) -> Iterator[Any]:
    if isinstance(node, dict):
        yield from (child for child in node.values() if isinstance(child, dict | list))
    elif isinstance(node, list):
        yield from (child for child in node if isinstance(child, dict | list))


def read_plan(path: Path) -> Plan:
    """The plan in a file, with the schemas it names written into it.

    Raises PlanError with every problem found, each with the file and its JSON path.
    """
    value = read_json(path)
    if not isinstance(value, dict):
        raise PlanError.at(path, "must be a JSON object", "see `agent schema`, or `agent init` for one to start from")
    return parse_plan(value, path)


def parse_plan(value: dict[str, Any], path: Path) -> Plan:
    """The plan that a JSON object describes; `path` is where it stands, or would stand."""
    value = _with_schemas_dir(value, path)
    try:
        plan = Plan.model_validate(value)
    except ValidationError as error:
        faults = [dict(fault) for fault in error.errors()]
        # Where `false` is allowed beside an object or a number, that it is not `false` is no news.
        told = [fault for fault in faults if fault["msg"] != "Input should be False"] or faults
        raise PlanError([_problem(path, value, fault) for fault in told]) from None
    return _with_schema_files(plan, path)


def plan_schema() -> dict[str, Any]:
    """The JSON Schema of a plan."""
    schema = Plan.model_json_schema(by_alias=True)
    # `schemas_dir` is written out into categories when a plan is read, so the model does not know it.
    schema["properties"]["schemas_dir"] = {"type": "string", "description": _SCHEMAS_DIR}
    schema["properties"]["count_per_schema"] = {"type": "integer", "minimum": 0, "description": "with `schemas_dir`"}
    of_category = schema["$defs"]["Category"]["properties"]
    for key in _OF_SCHEMAS_DIR:
        told = f"with `schemas_dir`, for each of its categories: {of_category[key].get('description', key)}"
        schema["properties"][key] = {**of_category[key], "description": told}
    schema["required"] = [name for name in schema["required"] if name != "categories"]
    schema["anyOf"] = [{"required": ["categories"]}, {"required": ["schemas_dir"]}]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def plan_bytes(plan: Plan) -> bytes:
    """The plan as JSON in one fixed form: what the ledger keeps and MLflow shows."""
    value = plan.model_dump(mode="json", by_alias=True, exclude_unset=True)
    # Keys stay in the plan's order, which the records follow. orjson would refuse integers of more than 64 bits.
    return json.dumps(value, ensure_ascii=False, indent=2).encode() + b"\n"


def sha256_of_plan(plan: Plan) -> str:
    """SHA-256 of `plan_bytes`, in hex."""
    return hashlib.sha256(plan_bytes(plan)).hexdigest()


# ---- what a plan names --------------------------------------------------------------------------------------

_OF_SCHEMAS_DIR = ("edge_cases", "invalid", "render")
"""Keys of categories that may stand beside `schemas_dir`, for each of its categories."""

_SCHEMAS_DIR = (
    "a folder of JSON Schemas, relative to the plan: one category each, named after the file; files in its folders "
    "`simple`, `medium` and `complex` get that tier"
)


def _with_schema_files(plan: Plan, path: Path) -> Plan:
    problems: list[Problem] = []

    def resolved(schema: Any, where: str) -> Any:
        if not isinstance(schema, str):
            return schema
        try:
            return read_json(path.parent / schema)
        except InputError as error:
            problems.extend(Problem(f"{path}: {where}: {found.where}", found.what, found.mend)
                            for found in error.problems)  # fmt: skip
            return None

    categories = [
        category.model_copy(
            update={"record_schema": resolved(category.record_schema, f"$.categories[{i}].record_schema")}
        )
        if isinstance(category.record_schema, str)
        else category
        for i, category in enumerate(plan.categories)
    ]
    update: dict[str, Any] = {"categories": categories}
    if isinstance(plan.record_schema, str):
        update["record_schema"] = resolved(plan.record_schema, "$.record_schema")
    if problems:
        raise PlanError(problems)
    return plan.model_copy(update=update)


def _with_schemas_dir(value: dict[str, Any], path: Path) -> dict[str, Any]:
    """The plan with `schemas_dir` and `count_per_schema` written out as categories."""
    if "schemas_dir" not in value:
        return value
    value = dict(value)
    folder, each = value.pop("schemas_dir"), value.pop("count_per_schema", None)
    where = f"{path}: $.schemas_dir"
    if not isinstance(folder, str) or not (path.parent / folder).is_dir():
        raise PlanError.at(where, f"{folder!r} is not a folder", "write a path relative to the plan")
    files = sorted((path.parent / folder).rglob("*.json"))
    if not files:
        raise PlanError.at(where, f"no *.json file is in {folder!r}")
    total = value.get("total_instances")
    if each is None and not isinstance(total, int):
        raise PlanError.at(where, "how many records?", "add count_per_schema, or total_instances to spread evenly")
    others = value.get("categories") or []
    if each is None:
        rest = int(total or 0) - sum(_count_of(category) for category in others)
        if rest < 0:
            raise PlanError.at(where, f"the other categories' counts leave {rest} of total_instances for the schemas")
        counts = largest_remainder(rest, [1] * len(files))
    elif isinstance(each, bool) or not isinstance(each, int) or each < 0:
        raise PlanError.at(f"{path}: $.count_per_schema", f"must be a whole number of 0 or more, got {each!r:.80}")
    else:
        counts = [each] * len(files)
    shared = {key: value.pop(key) for key in _OF_SCHEMAS_DIR if key in value}
    value["categories"] = [*others] + [
        _schema_category(file, path.parent / folder, path.parent, count) | shared
        for file, count in zip(files, counts, strict=True)
    ]
    return value


def _count_of(category: Any) -> int:
    count = category.get("count") if isinstance(category, dict) else None
    return count if isinstance(count, int) else 0


def _schema_category(file: Path, folder: Path, base: Path, count: int) -> dict[str, Any]:
    inside = file.relative_to(folder)
    category: dict[str, Any] = {
        "name": re.sub(r"[^\w.-]+", "_", str(inside.with_suffix(""))),
        "description": f"Records of the schema {inside}",
        "count": count,
        "record_schema": str(file.relative_to(base)),
    }
    tier = next((part for part in inside.parts if part in ("simple", "medium", "complex")), None)
    return category | ({"tiers": [{"name": tier, "count": count}]} if tier else {})


# ---- what is wrong, and where -------------------------------------------------------------------------------


def _problem(path: Path, plan: dict[str, Any], fault: dict[str, Any]) -> Problem:
    place = _place(plan, fault["loc"])
    message = fault["msg"].removeprefix("Value error, ")
    mend = _MENDS.get(fault["type"], "")
    if fault["type"] == "extra_forbidden":
        key = str(fault["loc"][-1])
        message = f"unknown key {key!r}"
        mend = nearest(key, _known_keys(_model_at(plan, fault["loc"][:-1])))
    elif fault["type"] == "missing":
        message = f"the key {fault['loc'][-1]!r} is missing"
    elif fault["type"] == "model_type":
        message = f"must be an object, got {fault.get('input')!r:.80}"
    elif not isinstance(fault.get("input"), dict | list):
        message = f"{message[:1].lower()}{message[1:]}, got {fault.get('input')!r:.80}"
    return Problem(f"{path}: {place}", message, mend)


def _place(plan: Any, loc: tuple[int | str, ...]) -> str:
    """The JSON path of a fault; what pydantic adds for unions (names of types) is left out."""
    place, node = "$", plan
    for index, part in enumerate(loc):
        last = index == len(loc) - 1
        if isinstance(node, list) and isinstance(part, int):
            place, node = f"{place}[{part}]", node[part] if part < len(node) else None
        elif isinstance(node, dict) and (part in node or last) and isinstance(part, str):
            if part in node or re.fullmatch(r"[a-z_]+", part):
                place, node = f"{place}.{part}", node.get(part)
    return place


def _model_at(plan: Any, loc: tuple[int | str, ...]) -> type[BaseModel]:
    """The model whose keys are allowed at a place."""
    by_key: dict[str, type[BaseModel]] = {
        "categories": models.Category, "tiers": tiers.Tier, "slots": slots.Slot, "sources": sources.Source,
        "evidence": tasks.Evidence,
        "generation": options.Generation, "checks": options.Checks, "diversity": options.Diversity,
        "budget": options.Budget, "models": endpoints.ModelEntry, "routes": endpoints.Route, "split": options.Split,
        "invalid": options.Invalid, "output": options.Output, "mlflow": options.MlflowSettings,
    }  # fmt: skip
    return next((by_key[part] for part in reversed(loc) if isinstance(part, str) and part in by_key), Plan)


def _known_keys(model: type[BaseModel]) -> list[str]:
    known = [field.alias or name for name, field in model.model_fields.items()]
    return [*known, "schemas_dir", "count_per_schema", *_OF_SCHEMAS_DIR] if model is Plan else known
