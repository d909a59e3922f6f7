"""The page of samples in the docs: python -m benchmarks.samples --schemas DIR > docs/schema_samples.md."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from dataset_agent.tools.draws import key_of
from dataset_agent.tools.schemas import compile_schema

from .corpus import Case, read_cases

CHOSEN = (
    ("Glaiveai2K/create_resume_3dc11395.json", "the arguments of a function that makes a resume"),
    ("Glaiveai2K/find_hotel_availability_d8204e4d.json", "the arguments of a search for hotels"),
    ("Snowplow/sp_1_Normalized.json", "a line of a CDN's access log"),
    ("Snowplow/sp_235_Normalized.json", "a message of a data loader"),
    ("Kubernetes/kb_779_Normalized.json", "a probe of a container"),
    ("JsonSchemaStore/galaxy.json", "the manifest of an Ansible collection"),
    ("JsonSchemaStore/github-discussion.json", "a discussion form on GitHub"),
    ("SchemaStore/semantic-release.json", "the settings of semantic-release"),
    ("SchemaStore/samtrc.json", "the settings of a linter, rules told apart by `oneOf`"),
    ("SchemaStore/algovoi-compliance-receipt-v1.json", "a receipt of a compliance check"),
)
COUNT = 2

HEAD = """# Samples

The first two records of ten schemas that public projects wrote for themselves, as they come: nothing of these schemas
was prepared, and nothing of the records was picked. `python -m benchmarks.samples --schemas DIR` makes this page from a
folder of them; the names are those of JSONSchemaBench and SchemaStore.
"""


def page(cases: list[Case]) -> str:
    """The page in Markdown. Raises KeyError where a schema is not among the cases."""
    by_name = {case.name: case for case in cases}
    parts = [HEAD]
    for name, about in CHOSEN:
        records = compile_schema(by_name[name].schema, key=key_of(1)).sample(np.arange(COUNT))
        texts = "\n".join(json.dumps(record, ensure_ascii=False) for record in records)
        parts.append(f"## `{name.removesuffix('.json')}`\n\nOf {about}.\n\n```json\n{texts}\n```\n")
    return "\n".join(parts)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.samples", description=__doc__)
    parser.add_argument("--schemas", type=Path, required=True, metavar="DIR", help="a folder of JSON Schemas")
    print(page(read_cases(parser.parse_args().schemas)), end="")


if __name__ == "__main__":
    main()
