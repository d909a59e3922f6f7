"""Records of small schemas, for the tests of what they hold."""

from typing import Any

import numpy as np

from dataset_agent.tools.draws import key_of
from dataset_agent.tools.schemas import Validator, compile_schema

TEXT, NUMBER, INTEGER = {"type": "string"}, {"type": "number"}, {"type": "integer"}


def sample(properties: dict[str, Any], count: int = 300, *, seed: int = 3, **more: Any) -> list[dict[str, Any]]:
    """Records with all of these properties, each of them valid."""
    schema = {"type": "object", "properties": properties, "required": [*properties], **more}
    records = compile_schema(schema, key=key_of(seed)).sample(np.arange(count))
    validator = Validator(schema)
    assert all(map(validator.is_valid, records))
    return records


def column(schema: dict[str, Any], name: str = "field", count: int = 300, **more: Any) -> list[Any]:
    """The values of one property."""
    return [record[name] for record in sample({name: schema}, count, **more)]


def all_of(*names: str, schema: dict[str, Any] = TEXT) -> dict[str, Any]:
    """Properties that all have the same schema."""
    return dict.fromkeys(names, schema)
