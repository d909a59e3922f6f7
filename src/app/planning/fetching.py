"""Sources on other machines that a plan in conversation names: told to the user first, then read once and kept."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ...agents.coordinator_desk import Question
from ...errors import InputError, PlanError, Problem
from ...plan import Plan, Source, parse_plan
from ...settings import Settings
from ..sourcing.reading import Sources

_LOGIN = re.compile(r"(?<=://)[^/?#]*@")


def unfetched(document: dict[str, Any], path: Path, checkpoint_dir: Path) -> dict[str, Source]:
    """The sources of a plan's JSON, which would stand at `path`, that are neither files here nor kept yet, by name.

    None of a plan that cannot be read: what is wrong with it is told elsewhere.
    """
    try:
        plan = parse_plan(document, path)
    except InputError:
        return {}
    sources = Sources(plan, path, None, checkpoint_dir)
    return {name: source for name, source in plan.sources.items() if source.is_remote and sources.copy(name) is None}


def fetch_question(document: dict[str, Any], path: Path, checkpoint_dir: Path) -> Question | None:
    """What to ask before a plan that a model wrote is checked: it may name any address and any variable."""
    wanted = unfetched(document, path, checkpoint_dir)
    if not wanted:
        return None
    detail = "\n".join(reached(name, source) for name, source in wanted.items())
    what = "the source of this plan" if len(wanted) == 1 else f"the {len(wanted)} sources of this plan"
    key = "\n".join(f"{name} {source.model_dump_json()}" for name, source in wanted.items())
    return Question(f"Read {what} from there?", detail, key)


def fetch(document: dict[str, Any], path: Path, checkpoint_dir: Path) -> None:
    """Read what is not kept yet, and keep it. Raises PlanError with the problems of all sources."""
    wanted = unfetched(document, path, checkpoint_dir)
    if not wanted:
        return
    sources = Sources(parse_plan(document, path), path, Settings.read(), checkpoint_dir)
    problems: list[Problem] = []
    for name in wanted:
        try:
            sources.keep({name: sources.read(name)})
        except InputError as error:
            problems += error.problems
    if problems:
        raise PlanError(problems)


def refuse_unfetched(document: dict[str, Any], path: Path, checkpoint_dir: Path) -> None:
    """Raises PlanError for sources that would be asked of other machines without the user's knowledge."""
    mend = "propose_plan asks the user, and reads it"
    problems = [
        Problem(f"{path}: $.sources.{name}", "has not been read yet", mend)
        for name in unfetched(document, path, checkpoint_dir)
    ]
    if problems:
        raise PlanError(problems)


def reached(name: str, source: Source) -> str:
    """Where a source is read from, and with whose name and password, in a line."""
    if source.origin in ("sql", "cypher"):
        place = f"the database in {source.database_env}" if source.database_env else _shown(source.database or "")
        query = source.sql if source.origin == "sql" else source.cypher
        told = f"source {name}: {query!r} at {place}"
        login = [f"{what} in {variable}" for what, variable in _login(source)]
        return told + (f", with the {' and the '.join(login)}" if login else "")
    if source.url is not None:
        return f"source {name}: {_shown(source.url)}"
    return f"source {name}: ICD-10-CM {source.icd10cm}, from its publisher"


def contacts(plan: Plan) -> Iterator[str]:
    """What a run of the plan would reach beyond this machine's files, a line each."""
    for name, entry in plan.models.items():
        key = f", with the key in {entry.api_key_env}" if entry.api_key_env else ""
        yield f"model {name}: {entry.model} at {entry.provider or entry.base_url or 'the default endpoint'}{key}"
    yield from (reached(name, source) for name, source in plan.sources.items() if source.is_remote)
    for category in plan.categories:
        if category.evidence is not None and category.evidence.url is not None:
            evidence = category.evidence
            key = f", with the key in {evidence.api_key_env}" if evidence.api_key_env else ""
            yield f"vector store of {category.name}: {evidence.store} at {_shown(evidence.url or '')}{key}"
    if plan.mlflow and plan.mlflow.tracking_uri:
        yield f"MLflow at {plan.mlflow.tracking_uri}"


def named_database(source: Mapping[str, Any]) -> str | None:
    """The SQLite file that the JSON of a source names."""
    database = source.get("database")
    found = re.match(r"sqlite[^:]*:///(?:file:)?([^?]*)", database) if isinstance(database, str) else None
    return found[1] if found and found[1] not in ("", ":memory:") else None


def _login(source: Source) -> Iterator[tuple[str, str]]:
    if source.user_env:
        yield "user", source.user_env
    if source.password_env:
        yield "password", source.password_env


def _shown(address: str) -> str:
    return _LOGIN.sub("***@", address)
