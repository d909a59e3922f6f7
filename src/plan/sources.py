"""What grounds a dataset: tables of facts and documents, and where they come from."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from .base import Part

ORIGINS = ("path", "url", "sql", "cypher", "icd10cm")

_GOES_WITH = {
    "path": ("path", "icd10cm"),
    "url": ("url", "icd10cm"),
    "format": ("path", "url"),
    "member": ("path", "url"),
    "sha256": ("path", "url", "icd10cm"),
    "database": ("sql", "cypher"),
    "database_env": ("sql", "cypher"),
    "user_env": ("cypher",),
    "password_env": ("cypher",),
}

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-fA-F]{64}$"), AfterValidator(str.lower)]
Year = Annotated[int, Field(ge=2015, le=2100)]
Query = Annotated[str, Field(min_length=1)]


class Source(Part):
    """A table of facts or a set of documents; exactly one of `path`, `url`, `sql`, `cypher`, `icd10cm`.

    `path` is a file, a folder of documents or an archive, relative to the plan. `icd10cm` may go with a `path` or `url`
    from where the release's files are taken instead of from their publisher.
    """

    path: str | None = Field(None, description="a table's file, a folder of documents, or an archive")
    url: Annotated[str, Field(pattern=r"^https?://")] | None = Field(None, description="a file to download")
    sql: Query | None = Field(None, description="a query that reads, for `database`")
    cypher: Query | None = Field(None, description="a query that reads, for the Neo4j server at `database`")
    icd10cm: Year | None = Field(None, description="the year of a release of ICD-10-CM")
    format: Literal["csv", "tsv", "jsonl", "parquet", "documents", "icd10cm"] | None = Field(
        None, description="by the ending if left out; a folder holds `documents`"
    )
    member: str | None = Field(None, description="the file within an archive, where it has several")
    where: dict[str, bool | int | float | str] = Field(
        default_factory=dict, description="rows alone whose columns have these values"
    )
    sha256: Sha256 | None = Field(None, description="the file's SHA-256: any other content is refused")
    database: str | None = Field(None, description="URL of the database, as SQLAlchemy or Neo4j's driver writes it")
    database_env: str | None = Field(None, description="the environment variable that holds that URL")
    user_env: str | None = Field(None, description="the environment variable with the user's name")
    password_env: str | None = Field(None, description="the environment variable with the password")

    @property
    def origin(self) -> Literal["path", "url", "sql", "cypher", "icd10cm"]:
        """Where it comes from."""
        for key in ("icd10cm", "sql", "cypher", "url"):
            if getattr(self, key) is not None:
                return key
        return "path"

    @property
    def is_remote(self) -> bool:
        """Whether something other than this machine's files is asked for it."""
        return self.origin in ("url", "sql", "cypher") or (self.origin == "icd10cm" and self.path is None)

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        given = [key for key in ORIGINS if getattr(self, key) is not None]
        main = [key for key in given if not (key in ("path", "url") and self.icd10cm is not None)]
        if len(main) != 1 or (self.path is not None and self.url is not None):
            raise ValueError(f"a source needs exactly one of {', '.join(ORIGINS)}; has {' and '.join(given) or 'none'}")
        for key, origins in _GOES_WITH.items():
            if getattr(self, key) is not None and self.origin not in origins:
                raise ValueError(f"`{key}` goes with `{'` or `'.join(origins)}`, not with `{self.origin}`")
        if self.origin in ("sql", "cypher") and (self.database is None) == (self.database_env is None):
            raise ValueError("a query needs either `database` or `database_env`")
        return self
