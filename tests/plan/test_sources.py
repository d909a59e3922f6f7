from typing import Any

import pytest
from pydantic import ValidationError

from dataset_agent.plan import Source


@pytest.mark.parametrize(
    ("said", "origin", "is_remote"),
    [
        ({"path": "facts.csv"}, "path", False),
        ({"path": "leaflets", "format": "documents"}, "path", False),
        ({"path": "all.zip", "member": "facts.csv", "sha256": "0" * 64}, "path", False),
        ({"url": "https://example.org/facts.csv"}, "url", True),
        ({"sql": "SELECT 1", "database": "sqlite:///facts.db"}, "sql", True),
        ({"cypher": "RETURN 1", "database_env": "GRAPH", "user_env": "U", "password_env": "P"}, "cypher", True),
        ({"icd10cm": 2026}, "icd10cm", True),
        ({"icd10cm": 2026, "path": "release"}, "icd10cm", False),
        ({"icd10cm": 2026, "url": "http://127.0.0.1/mirror"}, "icd10cm", True),
    ],
)
def test_a_source_has_one_origin(said: dict[str, Any], origin: str, is_remote: bool) -> None:
    source = Source.model_validate(said)
    assert (source.origin, source.is_remote) == (origin, is_remote)


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ({}, "exactly one of path, url, sql, cypher, icd10cm; has none"),
        ({"path": "a.csv", "url": "http://x/a.csv"}, "has path and url"),
        ({"path": "a.csv", "sql": "SELECT 1", "database": "sqlite://"}, "has path and sql"),
        ({"icd10cm": 2026, "path": "a", "url": "http://x"}, "exactly one of"),
        ({"sql": "SELECT 1"}, "either `database` or `database_env`"),
        ({"sql": "SELECT 1", "database": "sqlite://", "database_env": "DB"}, "either `database` or `database_env`"),
        ({"path": "a.csv", "database": "sqlite://"}, "`database` goes with `sql` or `cypher`, not with `path`"),
        ({"sql": "SELECT 1", "database": "sqlite://", "password_env": "P"}, "`password_env` goes with `cypher`"),
        ({"path": "a.csv", "sha256": "abc"}, "pattern"),
        ({"url": "ftp://x/a.csv"}, "pattern"),
        ({"icd10cm": 1999}, "greater than or equal to 2015"),
    ],
)
def test_what_does_not_go_together_is_refused(said: dict[str, Any], what: str) -> None:
    with pytest.raises(ValidationError, match=what.replace("(", r"\(")):
        Source.model_validate(said)
