"""Results as a person reads them, on standard output."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from .forms import new_table, open_console, size_of
from .grounded import print_grounding

if TYPE_CHECKING:
    from ..app.finishing import Finished


def _number(count: int | None) -> str:
    return "-" if count is None else f"{count:,}"


def _reasons(rejected: Mapping[str, int]) -> str:
    return ", ".join(f"{reason} {count:,}" for reason, count in rejected.items()) or "none"


def print_outcome(finished: Finished, *, to_stdout: bool) -> None:
    """What a run made, what it lacks, and where it is."""
    told, console = finished.metadata, open_console(to_stdout=to_stdout)
    counts = told["counts"]
    console.print(_strata_table(counts["by_stratum"]))
    print_grounding(told.get("grounding", {}), console)
    console.print(
        f"\n{told['dataset_name']} is {told['status']}: {counts['accepted']:,} of {counts['planned']:,} records, "
        f"rejected: {_reasons(counts['rejected'])}, {told['seconds']:.1f} s"
    )
    for short in told["shortfalls"]:
        place = " / ".join(filter(None, (short["category"], short["tier"])))
        console.print(Text(f"  short: {place} lacks {short['missing']:,}: {short['why']}"))
    files = told["files"]
    shown = [f"{name} ({facts['rows']:,})" for name, facts in files.items() if not name.startswith("data/")] + _parts(
        files
    )
    console.print(Text(f"files   {finished.out}/: {', '.join(shown)}"))
    if finished.shown and finished.shown.link:
        served = "" if finished.is_served else f" (agent ui {told['dataset_name']} serves it)"
        console.print(Text(f"browse  {finished.shown.link}{served}"))
    if finished.shown and finished.shown.why:
        console.print(Text(f"MLflow  {finished.shown.why}"))


def _parts(files: Mapping[str, Mapping[str, int]]) -> list[str]:
    parts = [facts["rows"] for name, facts in files.items() if name.startswith("data/")]
    return [f"data/part-*.parquet ({len(parts)} files, {sum(parts):,})"] if parts else []


def _strata_table(strata: Sequence[Mapping[str, Any]]) -> Table:
    table = new_table("category", "tier", ">planned", ">accepted", ">rejected")
    for row in strata:
        numbers = [f"{row[key]:,}" for key in ("planned", "accepted", "rejected")]
        table.add_row(Text(row["category"]), Text(row["tier"] or "-"), *numbers)
    return table


def print_status(state: Mapping[str, Any]) -> None:
    """How far a dataset is."""
    console = open_console()
    console.print(_strata_table(state["strata"]))
    console.print(
        f"\n{state['dataset_name']} is {state['state']}: {state['accepted']:,} of {state['planned']:,} records, "
        f"rejected: {_reasons(state['rejected'])}"
    )
    for row in state["strata"]:
        if why := row.get("shortfall"):
            console.print(Text(f"  short: {row['category']} / {row['tier'] or '-'}: {why}"))
    usage = state["usage"]
    if usage["calls"] or usage["failed_calls"]:
        for part in ("by_model", "by_stratum"):
            console.print(_usage_table(usage[part]))
            console.print()
    failed = f" and {usage['failed_calls']:,} that failed" if usage["failed_calls"] else ""
    console.print(
        Text(f"{usage['calls']:,} model calls{failed}, {_money(usage['cost_usd'])}; checkpoint {state['checkpoint']}")
    )


def _usage_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """What model calls took, a row for each model or stratum."""
    named = [name for name in ("model", "category", "tier") if name in rows[0]]
    table = new_table(*named, ">calls", ">failed", ">tokens in", ">cached", ">tokens out", ">cost")
    for row in rows:
        numbers = [f"{row[key]:,}" for key in ("calls", "failed_calls", "tokens_in", "tokens_cached", "tokens_out")]
        table.add_row(*(Text(row[name] or "-") for name in named), *numbers, _money(row["cost_usd"]))
    return table


def _money(dollars: float) -> str:
    """An amount with the digits it takes to see that it is not nothing."""
    return f"{dollars:.4f} USD" if 0 < dollars < 0.1 else f"{dollars:,.2f} USD"


def print_datasets(datasets: Sequence[Mapping[str, Any]], folder: Path) -> None:
    """Every dataset of a folder."""
    if not datasets:
        open_console().print(Text(f"No dataset is in {folder}."))
        return
    table = new_table("dataset", "state", ">accepted", ">planned")
    for row in datasets:
        table.add_row(Text(row["dataset_name"]), row["state"], _number(row["accepted"]), _number(row["planned"]))
    open_console().print(table)


def print_estimate(estimated: Mapping[str, Any]) -> None:
    """What a plan asks for and will take."""
    console = open_console()
    agents = [row for row in estimated["strata"] if row["worker"] != "template"]
    templates = [row for row in estimated["strata"] if row["worker"] == "template"]
    tables = [_templates_table(templates)] if templates else []
    tables += [_agents_table(agents), _models_table(estimated["models"])] if agents else []
    for table in tables:
        console.print(table)
        console.print()
    usage = estimated["usage"]
    console.print(
        f"{estimated['planned']:,} records, about {size_of(estimated['bytes'])} and {estimated['cpu_seconds']:.1f} s "
        f"of CPU time; {usage['calls']:,} model calls, {_money(usage['cost_usd'])}"
    )
    if not agents:
        return
    console.print(f"range   {_range(estimated['range'])}")
    if pilot := estimated["pilot"]:
        _print_pilot(console, pilot)
    for row in estimated["budget"]:
        suffices = {"yes": "is enough", "perhaps": "may be too little", "no": "is too little"}[row["suffices"]]
        spent = f" of which {row['spent']:,g} is spent" if row["spent"] else ""
        console.print(f"budget  {row['limit']} {row['value']:,g}{spent} {suffices}")
    for note in estimated["notes"]:
        console.print(Text(f"note    {note}"))


def _templates_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    table = new_table("category", "tier", ">planned", ">capacity", ">passes", "refused in the trial")
    for row in rows:
        named = (Text(row["category"]), Text(row["tier"] or "-"), f"{row['planned']:,}")
        if "why_not" in row:
            table.add_row(*named, "0", "-", Text(row["why_not"]))
            continue
        capacity = "unbounded" if row["capacity"] is None else f"{row['capacity']:,}"
        table.add_row(*named, capacity, _share(row["yield"]), _reasons(row["rejected"]))
    return table


def _agents_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    amounts = (">calls", ">tokens in", ">tokens out", ">cost", ">passes")
    table = new_table("category", "tier", ">planned", ">there", "model", ">batch", *amounts)
    for row in rows:
        numbers = [f"{row[key]:,}" for key in ("calls", "tokens_in", "tokens_out")]
        there, models = f"{row['accepted']:,}", Text(", ".join(row["models"]) or "-")
        named = (Text(row["category"]), Text(row["tier"] or "-"), f"{row['planned']:,}", there, models)
        table.add_row(*named, _number(row["batch_size"]), *numbers, _money(row["cost_usd"]), _share(row["yield"]))
    return table


def _models_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    table = new_table("model", "at", ">calls", ">tokens in", ">tokens out", ">cost", ">time", "limited by")
    for row in rows:
        limit = f"{row['concurrency']} calls at once" if row["limited_by"] == "concurrency" else row["limited_by"]
        numbers = [f"{row[key]:,}" for key in ("calls", "tokens_in", "tokens_out")]
        cost = _money(row["cost_usd"]) if row["has_prices"] else "?"
        table.add_row(Text(row["model"]), Text(row["endpoint"]), *numbers, cost, _duration(row["seconds"]), limit)
    return table


def _range(ranges: Mapping[str, Mapping[str, Any]]) -> str:
    """Both ends of calls, tokens, money and time."""

    def ends(name: str, shown: Callable[[float], str]) -> str:
        low, high = ranges[name]["low"], ranges[name]["high"]
        if low is None or high is None:
            return f"about {shown(ranges[name]['likely'])}"
        return shown(low) if shown(low) == shown(high) else f"{shown(low)} to {shown(high)}"

    def count(amount: float) -> str:
        return f"{amount:,.0f}"

    return (
        f"{ends('calls', count)} calls; {ends('tokens_in', count)} tokens in, {ends('tokens_out', count)} out; "
        f"{ends('cost_usd', _money)}; {ends('seconds', _duration)}"
    )


def _print_pilot(console: Console, pilot: Mapping[str, Any]) -> None:
    """What a pilot measured, and what follows from it for the rest."""
    took, whole, share = pilot["usage"], pilot["total"], pilot["yield"]
    ends = "" if share is None else f" ({_share(share['low'])} to {_share(share['high'])})"
    told = [
        f"{pilot['accepted']:,} of {pilot['wanted']:,} records accepted{ends} in {pilot['batches']:,} of "
        f"{pilot['batches_asked']:,} batches, none kept; rejected: {_reasons(pilot['rejected'])}",
        f"it took {took['calls']:,} calls, {_money(took['cost_usd'])}, {_duration(pilot['seconds'])}"
        + (f"; it ended early: {pilot['ended']}" if pilot["ended"] else ""),
    ]
    if whole is None:
        told.append("nothing can be said of the rest: of some or all of it no record was accepted")
    else:
        each, is_alone = pilot["per_record"], whole["calls"]["low"] is None
        known = "one batch shows no spread" if is_alone else f"{pilot['confidence']:.0%} interval"
        told += [
            f"a record takes {each['tokens_in']['likely']:,.0f} tokens in and {each['tokens_out']['likely']:,.0f} out, "
            f"a call {pilot['latency_s']:.1f} s",
            f"the rest takes {_range(whole)} ({known})",
        ]
    for number, line in enumerate(told):
        console.print(Text(f"{'' if number else 'pilot':8}{line}"))


def _share(share: float | None) -> str:
    return "-" if share is None else f"{share:.0%}"


def _duration(seconds: float) -> str:
    """A time in the unit that suits it."""
    if seconds < 100:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


def print_checked(checked: Mapping[str, Any]) -> None:
    """What the checks found in a file."""
    console = open_console()
    for row in checked["first"]:
        console.print(Text(f"{checked['file']}:{row['line']}: {row['reason']}: {row['detail']}"))
    more = checked["refused"] - len(checked["first"])
    if more > 0:
        console.print(f"... and {more:,} more")
    console.print(f"{checked['passed']:,} passed, {checked['refused']:,} refused: {_reasons(checked['rejected'])}")


_EMBEDDERS = {
    "folder": "from this folder",
    "cached": "on this machine",
    "absent": "not on this machine: fetched if DATASET_AGENT_EMBEDDER names it, else MinHash compares words alone",
    "no model": "no model in this folder: set DATASET_AGENT_EMBEDDER to another",
    "no extra": 'not active: pip install "dataset-agent[embeddings]"; MinHash compares words alone',
}


def print_doctor(found: Mapping[str, Any]) -> None:
    """What is installed, and where things would be written."""
    console = open_console()
    table = new_table("what", "found")
    table.add_row("python", f"{found['python']}, {found['cpus']} CPUs")
    for name, version in found["packages"].items():
        table.add_row(name, version)
    for name, is_there in found["optional"].items():
        table.add_row(f"{name} (optional)", "installed" if is_there else "not installed")
    embedder = found["embedder"]
    table.add_row("embedder", Text(f"{embedder['model']} -- {_EMBEDDERS[embedder['state']]}"))
    for name, place in found["folders"].items():
        table.add_row(name, Text(place["path"] + ("" if place["writable"] else " -- cannot be written")))
    if found["mlflow_tracking_uri"]:
        table.add_row("MLFLOW_TRACKING_URI", Text(found["mlflow_tracking_uri"]))
    for model in found["models"]:
        table.add_row(f"model {model['name']}", Text(f"{model['endpoint'] or '-'} -- {model['state']}"))
    console.print(table)
