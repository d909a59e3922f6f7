"""Plans the tests run."""

from typing import Any

TIERS = [{"name": "simple", "share": 0.5}, {"name": "medium", "share": 0.3}, {"name": "complex", "share": 0.2}]


def questions(count: int = 120, **keys: Any) -> dict[str, Any]:
    """Slot templates with tiers and a split; 3 x 8 x 6 x 40 different records, some of which are placeholders."""
    slots = {
        "thing": ["lamp", "kettle", "desk", "chair", "radio", "phone", "jacket", "TODO"],
        "when": ["yesterday", "last week", "in May", "a month ago", "on Friday", "today"],
        "number": {"range": [1000, 1039]},
    }
    text = "{Hello|Hi|Dear team}, can I return the {thing} of order {number} that I bought {when}?"
    category = {
        "name": "returns",
        "description": "Sending things back",
        "count": count,
        "templates": [{"inputs": {"text": text}, "expectations": {"order": "{number}"}}],
        "slots": slots,
    }
    return {
        "dataset_name": "questions",
        "seed": 7,
        "tiers": TIERS,
        "categories": [category],
        "split": {"test": 0.2},
        "mlflow": False,
        **keys,
    }


PERSON = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 3},
        "email": {"type": "string", "format": "email"},
        "age": {"type": "integer", "minimum": 18, "maximum": 90},
        "plan": {"enum": ["free", "pro", "team"]},
    },
    "required": ["name", "email", "age", "plan"],
    "additionalProperties": False,
}


def people(count: int = 100, **keys: Any) -> dict[str, Any]:
    """Records of a schema, each with a prompt."""
    category = {"name": "people", "description": "People", "count": count, "record_schema": PERSON, "render": "prompt"}
    return {"dataset_name": "people", "seed": 3, "categories": [category], "mlflow": False, **keys}
