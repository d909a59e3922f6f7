"""The parts of a plan that name models, and say which one writes what."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from .base import Name, Part

_RESERVED = frozenset("model messages input instructions stream n tools tool_choice response_format text".split())


class ModelEntry(Part):
    """A model and the endpoint that serves it. Keys are never written here: `api_key_env` names their variable."""

    model: Annotated[str, Field(min_length=1)] = Field(description="the name the endpoint knows it by")
    base_url: str | None = Field(None, description="an OpenAI-compatible endpoint; OpenAI's if left out")
    api_key_env: str | None = Field(
        None,
        description="the variable that holds the key; if left out OPENAI_API_KEY, for OpenAI and OPENAI_BASE_URL alone",
    )
    provider: str | None = Field(
        None, description="another provider, such as `anthropic`, through any-llm (the extra `providers`)"
    )
    api: Literal["chat", "responses"] = "chat"
    price_in: Annotated[float, Field(ge=0)] = Field(0.0, description="USD per million tokens")
    price_cached_in: Annotated[float, Field(ge=0)] | None = Field(None, description="`price_in` if left out")
    price_out: Annotated[float, Field(ge=0)] = Field(0.0, description="USD per million tokens")
    rpm: Annotated[int, Field(ge=1)] | None = Field(None, description="requests a minute")
    tpm: Annotated[int, Field(ge=1)] | None = Field(None, description="tokens a minute")
    context_tokens: Annotated[int, Field(ge=256)] | None = None
    timeout_s: Annotated[float, Field(gt=0)] = 60.0
    capabilities: list[Literal["tools", "json_schema"]] = Field(
        default=["tools", "json_schema"], description="what the endpoint can do"
    )
    options: dict[str, Any] = Field(
        default_factory=dict, description="sent with each request, such as `temperature` or `max_tokens`"
    )

    @model_validator(mode="after")
    def _options_are_options(self) -> Self:
        if self.api_key_env is not None and not self.api_key_env.isidentifier():
            raise ValueError("api_key_env names a variable that holds the key; it is no place for the key itself")
        taken = sorted(self.options.keys() & _RESERVED)
        if taken:
            raise ValueError(f"options may not hold {', '.join(taken)}: the program writes that part of a request")
        return self


class Route(Part):
    """Which model serves which batches: the first route that fits. Exactly one of `model`, `weights`, `cascade`."""

    category: Name | None = None
    tier: Name | None = None
    keyword: str | None = Field(None, description="a keyword that the record schema uses, such as `oneOf`")
    model: Name | None = None
    weights: dict[Name, Annotated[float, Field(gt=0)]] | None = Field(
        None, description="a committee: each model writes its share of the batches"
    )
    cascade: Annotated[list[Name], Field(min_length=2)] | None = Field(
        None, description="the first model, and for batches that fail the next"
    )

    @model_validator(mode="after")
    def _one_choice(self) -> Self:
        given = [key for key in ("model", "weights", "cascade") if getattr(self, key)]
        if len(given) != 1:
            raise ValueError(f"a route needs exactly one of model, weights, cascade; has {given or 'none'}")
        return self

    @property
    def names(self) -> list[str]:
        """The models it names."""
        return [self.model] if self.model else list(self.weights or self.cascade or [])
