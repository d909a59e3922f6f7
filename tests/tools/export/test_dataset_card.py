import re
from collections.abc import Callable

import pyarrow as pa
import pytest

from dataset_agent.records import Stratum, Usage
from dataset_agent.tools.export.card import About, card
from dataset_agent.tools.export.files import FileFacts
from dataset_agent.tools.export.hub import size_category
from dataset_agent.tools.export.metadata import RunFacts, Shortfall, SplitCount, StratumCount, metadata

MakeShard = Callable[..., pa.Table]

SIMPLE, RARE = Stratum(0, "order_status", "simple", 1200), Stratum(1, "a | b", None, 5)
FILES = {
    "all.jsonl": FileFacts(1203, "a" * 64, 99),
    "golden.jsonl": FileFacts(1000, "b" * 64, 80),
    "train.jsonl": FileFacts(800, "c" * 64, 60),
    "test.jsonl": FileFacts(200, "d" * 64, 20),
    "rejected.jsonl": FileFacts(8, "e" * 64, 9),
}
RUN = RunFacts(
    status="incomplete",
    dataset_name="orders",
    plan_sha256="f" * 64,
    seed=7,
    versions={"dataset_agent": "0.1.0"},
    strata=[StratumCount(SIMPLE, 1200, 5), StratumCount(RARE, 3, 3)],
    rejected={"schema": 2, "duplicate": 6},
    usage=Usage(3, 1000, 0, 500, 0.125),
    seconds=1.23456,
    files=FILES,
    shortfalls=[Shortfall(RARE, 2, "the budget is used up")],
    split=SplitCount(800, 200, 3),
)
ABOUT = About(
    format="jsonl",
    golden_threshold=0.7,
    has_json_records=True,
    has_prompts=False,
    description="Questions about orders.",
    sample={"id": "order_status-1", "record": {"text": "```"}},
)


def test_metadata_has_the_shape_that_scripts_read() -> None:
    told = metadata(RUN)
    assert told["counts"] == {
        "planned": 1205,
        "accepted": 1203,
        "rejected": {"schema": 2, "duplicate": 6},
        "by_stratum": [
            {"category": "order_status", "tier": "simple", "planned": 1200, "accepted": 1200, "rejected": 5},
            {"category": "a | b", "tier": None, "planned": 5, "accepted": 3, "rejected": 3},
        ],
    }
    assert told["usage"] == {
        "calls": 3, "tokens_in": 1000, "tokens_cached": 0, "tokens_out": 500, "cost_usd": 0.125, "failed_calls": 0,
    }  # fmt: skip
    assert told["files"]["test.jsonl"] == {"rows": 200, "sha256": "d" * 64, "bytes": 20}
    assert told["shortfalls"] == [{"category": "a | b", "tier": None, "missing": 2, "why": "the budget is used up"}]
    assert told["split"] == {"train": 800, "test": 200, "divided": 3}
    rest = {key: value for key, value in told.items() if key in ("status", "dataset_name", "plan_sha256", "seed")}
    assert rest == {"status": "incomplete", "dataset_name": "orders", "plan_sha256": "f" * 64, "seed": 7}
    assert (told["versions"], told["seconds"]) == ({"dataset_agent": "0.1.0"}, 1.235)


def test_metadata_without_a_split_has_no_such_key() -> None:
    told = metadata(RunFacts("complete", "d", "", 0, {}, [], {}, Usage(), 0.0, {}))
    assert list(told) == [
        "status", "dataset_name", "plan_sha256", "seed", "versions", "counts", "usage", "seconds", "files",
        "shortfalls",
    ]  # fmt: skip


def test_a_card_tells_people_what_the_metadata_holds() -> None:
    told = card(metadata(RUN), ABOUT)
    for line in (
        "# orders",
        "Questions about orders.",
        "**This dataset is incomplete:** 1,203 records of 1,205 planned, each of them checked.",
        "| order_status | simple | 1,200 | 1,200 | 5 |",
        "| a \\| b |  | 5 | 3 | 3 |",
        "| duplicate | 6 |",
        f"| plan, SHA-256 | `{'f' * 64}` |",
        "| seed | 7 |",
        "| cost | 0.12 USD |",
        f"| `test.jsonl` | 200 | 20 | `{'d' * 64}` |",
        '  "id": "order_status-1",',
        "- a | b lacks 2 records: the budget is used up",
        'load_dataset("path/to/this/folder", "default")  # train, test',
    ):
        assert line in told.splitlines()
    assert "3 groups of near-duplicates" in told
    assert told.index("| duplicate | 6 |") < told.index("| schema | 2 |")


def test_a_card_tells_no_time() -> None:
    later = metadata(RUN) | {"seconds": 999.0}
    assert card(later, ABOUT) == card(metadata(RUN), ABOUT)


def test_a_card_of_a_bare_run() -> None:
    bare = metadata(RunFacts("complete", "d", "", 0, {}, [], {}, Usage(), 0.0, {}))
    told = card(bare, About("jsonl", 0.7, has_json_records=True, has_prompts=False))
    assert "## Refused candidates\n\nNone." in told
    assert "model calls" not in told
    assert "```json" not in told


def test_a_card_of_many_files_sums_them_up() -> None:
    many = metadata(RUN) | {
        "files": {f"data/part-{n:05d}.parquet": {"rows": 2, "bytes": 3, "sha256": ""} for n in range(30)}
    }
    told = card(many, About("parquet", 0.7, has_json_records=False, has_prompts=True))
    assert "30 files with 60 rows in 90 bytes" in told
    assert "| `golden`, `split` |" in told
    assert "| `prompt` |" in told


def test_a_long_sample_is_cut() -> None:
    told = card(metadata(RUN), About("jsonl", 0.7, True, False, sample={"text": "x" * 9000}))
    assert re.search(r"x{3000,}\n\.\.\. \(5,\d\d\d more characters\)\n```", told)


@pytest.mark.parametrize(
    ("rows", "name"), [(0, "n<1K"), (999, "n<1K"), (1000, "1K<n<10K"), (10**6, "1M<n<10M"), (10**9, "n>1B")]
)
def test_sizes_are_named_as_hubs_do(rows: int, name: str) -> None:
    assert size_category(rows) == name
