"""`README.md`: the dataset card, for people, under the header that dataset hubs read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from ...records import Json
from .grounding import grounding_tables
from .hub import Config, FileFormat, header, json_features, run_configs

_SAMPLE_CHARACTERS = 4000
_MOST_FILES = 20

_Object = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class About:
    """What a card says that `metadata.json` does not.

    has_json_records: whether the files hold records as JSON (JSONL, and Parquet with texts) rather than as structs.
    sample: a line of the dataset as an object, or None where there is no record.
    """

    format: FileFormat
    golden_threshold: float
    has_json_records: bool
    has_prompts: bool
    has_twins: bool = False
    description: str = ""
    sample: Json = None
    license: str | None = None
    languages: tuple[str, ...] = ()


def card(metadata: _Object, about: About) -> str:
    """The card of the run with this metadata. It tells no time, so the same run gives the same card."""
    name, counts = metadata["dataset_name"], metadata["counts"]
    configs = run_configs(metadata["files"], about.format, "split" in metadata)
    features = json_features(about.format, about.has_prompts, about.has_twins) if about.has_json_records else ()
    sections = [
        header(name, counts["accepted"], configs, features, license=about.license, languages=about.languages),
        f"# {name}",
        about.description,
        _status(metadata),
        _records(counts["by_stratum"]),
        _grounding(metadata.get("grounding", {}), metadata.get("sources", {})),
        _invalid(counts.get("invalid", {})),
        _refused(counts["rejected"]),
        _making(metadata),
        _files(metadata["files"]),
        _record(about),
        _limits(metadata),
        _loading(configs, about),
    ]
    return "\n\n".join(section.strip() for section in sections if section.strip()) + "\n"


def _status(metadata: _Object) -> str:
    counts = metadata["counts"]
    told = f"{counts['accepted']:,} records of {counts['planned']:,} planned, each of them checked."
    return told if metadata["status"] == "complete" else f"**This dataset is {metadata['status']}:** {told}"


def _records(strata: Sequence[_Object]) -> str:
    numbers = ("planned", "accepted", "rejected")
    rows = [[row["category"], row["tier"] or "", *(f"{row[key]:,}" for key in numbers)] for row in strata]
    return _section("Records", _table(["category", "tier", *numbers], rows))


def _invalid(by_keyword: Mapping[str, int]) -> str:
    told = "These records break their schema on purpose, each in the one keyword that `invalid` names."
    rows = [[f"`{keyword}`", f"{number:,}"] for keyword, number in by_keyword.items()]
    return _section("Invalid records", told, _table(["keyword", "records"], rows)) if rows else ""


def _refused(rejected: Mapping[str, int]) -> str:
    most_first = sorted(rejected.items(), key=lambda item: (-item[1], item[0]))
    rows = [[reason, f"{number:,}"] for reason, number in most_first]
    told = "`rejected.jsonl` holds every candidate that a check refused, with its reason."
    return _section("Refused candidates", told if rows else "None.", _table(["reason", "number"], rows) if rows else "")


def _grounding(grounding: Mapping[str, _Object], sources: Mapping[str, _Object]) -> str:
    parts = [_sources(sources)] if sources else []
    parts += [
        part for rows in grounding_tables(grounding) for part in (f"**{rows.title}**", _table(rows.head, rows.cells))
    ]
    return _section("What it stands on", *parts) if parts else ""


def _sources(sources: Mapping[str, _Object]) -> str:
    cells = [[name, told["origin"], f"{told['rows']:,}", f"`{told['sha256']}`"] for name, told in sources.items()]
    return _table(["source", "origin", "rows", "SHA-256"], cells)


def _making(metadata: _Object) -> str:
    usage = metadata["usage"]
    rows = [["plan, SHA-256", f"`{metadata['plan_sha256']}`"], ["seed", str(metadata["seed"])]]
    rows += [[f"version of {package}", version] for package, version in metadata["versions"].items()]
    if usage["calls"]:
        rows += [
            ["model calls", f"{usage['calls']:,}"],
            ["tokens in and out", f"{usage['tokens_in']:,} and {usage['tokens_out']:,}"],
            ["cost", f"{usage['cost_usd']:.2f} USD"],
        ]
    return _section("How it was made", "By Dataset Agent, from a plan.", _table(["what", "value"], rows))


def _files(files: Mapping[str, _Object]) -> str:
    if len(files) > _MOST_FILES:
        rows, size = (sum(facts[key] for facts in files.values()) for key in ("rows", "bytes"))
        told = (
            f"{len(files):,} files with {rows:,} rows in {size:,} bytes; `metadata.json` lists them with their SHA-256."
        )
        return _section("Files", told)
    cells = [[f"`{name}`", f"{f['rows']:,}", f"{f['bytes']:,}", f"`{f['sha256']}`"] for name, f in files.items()]
    return _section("Files", _table(["file", "rows", "bytes", "SHA-256"], cells))


def _record(about: About) -> str:
    fields = [
        ["`id`", "unique in the dataset"],
        ["`category`, `tier`", "the stratum the record was made for"],
        ["`quality`", f"from 0 to 1; a record with {about.golden_threshold:g} or more is golden"],
    ]
    if about.format == "parquet":
        fields.append(["`golden`, `split`", "whether the record is golden, and its side of the split"])
    if about.has_prompts:
        fields.append(["`prompt`", "a text from which the record can be read"])
    if about.has_twins:
        fields.append(["`invalid`", "what the record breaks of its schema on purpose; absent or null for a valid one"])
    fields.append(["`record`", "what the plan describes"])
    return _section("A record", _table(["field", "holds"], fields), _sample(about.sample))


def _sample(sample: Json) -> str:
    if sample is None:
        return ""
    text = orjson.dumps(sample, option=orjson.OPT_INDENT_2).decode()
    if len(text) > _SAMPLE_CHARACTERS:
        text = f"{text[:_SAMPLE_CHARACTERS]}\n... ({len(text) - _SAMPLE_CHARACTERS:,} more characters)"
    return f"```json\n{text}\n```"


def _limits(metadata: _Object) -> str:
    lines = [
        "- The records are synthetic: the checks hold them to their form and their sources, not to the world.",
        "- Every stratum has the number of records that the plan asks for; real traffic is distributed otherwise.",
    ]
    lines += [
        f"- {short['category']}{' / ' + short['tier'] if short['tier'] else ''} lacks {short['missing']:,} records: "
        f"{short['why']}"
        for short in metadata["shortfalls"]
    ]
    if metadata.get("split", {}).get("divided"):
        lines.append(
            f"- {metadata['split']['divided']:,} groups of near-duplicates were too large for one side of the split: "
            "they have records on both."
        )
    return _section("Limits", "\n".join(lines))


def _loading(configs: Iterable[Config], about: About) -> str:
    by_config = [
        f'load_dataset("path/to/this/folder", "{config.name}")  # {", ".join(config.splits)}' for config in configs
    ]
    if about.format == "jsonl":
        frame = 'pandas.read_json("all.jsonl", lines=True)'
    else:
        frame = 'pandas.read_parquet("data")'
    code = ["from datasets import load_dataset", "", *by_config, "", "import pandas", "", frame]
    needs = "`datasets` 4.7 or later reads records as objects, whatever their shape." if about.has_json_records else ""
    return _section("Loading", needs, "\n".join(["```python", *code, "```"]))


def _section(title: str, *paragraphs: str) -> str:
    return "\n\n".join([f"## {title}", *(text for text in paragraphs if text)])


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
