"""Which models there are, and which one serves a role: command line, environment, plan, `models.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import ValidationError

from ..errors import InputError, PlanError, Problem
from ..hints import nearest
from ..plan import ModelEntry, Plan
from ..settings import Settings

Role = Literal["worker", "coordinator", "judge"]

OPENAI_URL = "https://api.openai.com/v1"
DEFAULT_KEY = "OPENAI_API_KEY"

NO_KEY = "none"
"""What is sent to servers that take any key."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A model with all that is needed to reach it. `name` is what plans and messages call it."""

    name: str
    entry: ModelEntry
    base_url: str
    api_key: str = field(repr=False)

    @property
    def key_variable(self) -> str:
        """The environment variable of its key."""
        return self.entry.api_key_env or DEFAULT_KEY

    @property
    def root(self) -> str:
        """Scheme, host and port, for messages: no path, and no credentials."""
        if self.entry.provider:
            return self.entry.provider
        parts = urlsplit(self.base_url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"

    @property
    def address(self) -> str:
        """The base URL, for messages: without credentials, be they before the host or in a query."""
        return self.root + urlsplit(self.base_url).path

    @property
    def has_prices(self) -> bool:
        """Whether its entry says what it costs; one that is free looks like one that does not say."""
        return bool(self.entry.price_in or self.entry.price_out)

    def can(self, capability: Literal["tools", "json_schema"]) -> bool:
        """Whether its entry says so."""
        return capability in self.entry.capabilities


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Every model that can be named: the plan's, then those of `models.toml`."""

    plan: Mapping[str, ModelEntry]
    file: Mapping[str, ModelEntry]
    settings: Settings

    @classmethod
    def read(cls, plan: Plan | None, settings: Settings) -> Catalogue:
        """Raises InputError where `models.toml` cannot be used."""
        return cls(plan.models if plan else {}, read_models_file(settings.models_file), settings)

    def endpoint(self, name: str) -> Endpoint:
        """The endpoint of a name; one that no entry has is a model at OPENAI_BASE_URL.

        Raises InputError where its address is none, or its key is wanted and not there.
        """
        entry = self.plan.get(name) or self.file.get(name) or ModelEntry(model=name)
        base_url = entry.base_url or self.settings.openai_base_url or OPENAI_URL
        _check_address(name, base_url)
        return Endpoint(name, entry, base_url.rstrip("/"), self._key(name, entry, base_url))

    def _key(self, name: str, entry: ModelEntry, base_url: str) -> str:
        """The key that is sent.

        OpenAI's goes to OpenAI, or where OPENAI_BASE_URL says: no plan may have it sent elsewhere.
        """
        if entry.api_key_env is None and entry.provider:
            return ""  # any-llm looks for the provider's own variable
        ours = {url.rstrip("/") for url in (OPENAI_URL, self.settings.openai_base_url or OPENAI_URL)}
        if entry.api_key_env is None and base_url.rstrip("/") not in ours:
            return NO_KEY
        variable = entry.api_key_env or DEFAULT_KEY
        key = self.settings.variables.get(variable, "").strip()
        if key or (entry.api_key_env is None and not base_url.startswith(OPENAI_URL)):
            return key or NO_KEY
        what = f"the variable {variable}, which holds its key, is not set"
        raise InputError.at(f"model {name!r}", what, f"export {variable}=..., or write it to .env")

    def default(self, role: Role, override: str | None = None) -> str | None:
        """The model of a role.

        As the command line says, else the environment, else the entry named after the role, else the plan's first,
        else that of `models.toml`.
        """
        for name in (override, self.settings.model):
            if name:
                return name
        for entries in (self.plan, self.file):
            if role in entries:
                return role
        return next(iter(self.plan), None) or next(iter(self.file), None)


def _check_address(name: str, base_url: str) -> None:
    try:
        parts = urlsplit(base_url)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address:
        mend = "an address such as http://localhost:8000/v1"
        raise InputError.at(f"model {name!r}", f"its base URL {base_url.rpartition('@')[2]!r} is no address", mend)
    if "@" in parts.netloc:
        mend = "`api_key_env` names the variable that holds its key"
        raise InputError.at(f"model {name!r}", "its base URL holds a user's name or password, which is not sent", mend)


def endpoint_for(plan: Plan | None, settings: Settings, *, role: Role, name: str | None = None) -> Endpoint | None:
    """The endpoint that serves a role, or None where no model is set anywhere.

    Raises InputError where `models.toml` cannot be used or a key is missing.
    """
    catalogue = Catalogue.read(plan, settings)
    chosen = catalogue.default(role, name)
    return None if chosen is None else catalogue.endpoint(chosen)


def read_models_file(file: Path) -> dict[str, ModelEntry]:
    """The entries of a `models.toml`: one table a model. None where there is no such file.

    Raises InputError with every fault.
    """
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError.at(file, f"cannot be read: {error}") from None
    entries: dict[str, ModelEntry] = {}
    problems: list[Problem] = []
    for name, table in tables.items():
        try:
            entries[name] = ModelEntry.model_validate(table)
        except ValidationError as error:
            problems += [_problem(file, name, fault["loc"], fault["msg"], fault["type"]) for fault in error.errors()]
    if problems:
        raise PlanError(problems)
    return entries


def _problem(file: Path, name: str, loc: tuple[int | str, ...], message: str, kind: str) -> Problem:
    place = ".".join(map(str, (name, *loc)))
    mend = nearest(str(loc[-1]), list(ModelEntry.model_fields)) if kind == "extra_forbidden" and loc else ""
    return Problem(f"{file}: {place}", "unknown key" if kind == "extra_forbidden" else message, mend)
