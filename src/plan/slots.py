"""Slots: where the values come from that templates are filled with."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from .base import Part


class Slot(Part):
    """Where the values of a slot come from; exactly one of `values`, `source`, `faker`, `range`, `dates`.

    In a plan a plain list stands for `values`.
    """

    values: Annotated[list[Any], Field(min_length=1)] | None = Field(None, description="the values themselves")
    source: str | None = Field(None, description="a source's name: `{slot.column}` takes columns of one row")
    column: str | None = Field(None, description="with `source`: `{slot}` is this column's distinct values")
    faker: str | None = Field(None, description="a Faker provider, such as `first_name`")
    args: dict[str, Any] = Field(default_factory=dict, description="with `faker`: the provider's arguments")
    pool: Annotated[int, Field(ge=1, le=100_000)] = Field(
        1000, description="with `faker`: at most so many distinct values are drawn, once"
    )
    locale: str = Field("en_US", description="with `faker`: the locale")
    range: Annotated[list[int | float], Field(min_length=2, max_length=2)] | None = Field(
        None, description="[LOW, HIGH], both included"
    )
    step: int | float | None = Field(None, gt=0, description="with `range`: 1 if left out; with `dates`: days")
    dates: Annotated[list[str], Field(min_length=2, max_length=2)] | None = Field(
        None, description="[FROM, TO] as ISO dates, both included"
    )

    @model_validator(mode="before")
    @classmethod
    def _list_is_values(cls, value: Any) -> Any:
        return {"values": value} if isinstance(value, list) else value

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """A list, or an object."""
        return {"anyOf": [{"type": "array", "minItems": 1, "description": "the values"}, handler(core)]}

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        given = [key for key in ("values", "source", "faker", "range", "dates") if getattr(self, key) is not None]
        if len(given) != 1:
            raise ValueError(f"a slot needs exactly one of values, source, faker, range, dates; has {given or 'none'}")
        needs = {"column": ("source",), "args": ("faker",), "pool": ("faker",), "locale": ("faker",),
                 "step": ("range", "dates")}  # fmt: skip
        for key in self.model_fields_set & needs.keys():
            if given[0] not in needs[key]:
                raise ValueError(f"`{key}` goes with `{'` or `'.join(needs[key])}`, not with `{given[0]}`")
        return self
