"""`agent export`: a dataset in another format, as far as it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..errors import InputError
from ..tools.export import FORMATS, SIDES, Shard, ShardFile, divided, only
from ..tools.export import export as write_format
from .checkpoints import find
from .finishing import sides_of
from .parts import Parts


def export(
    name: str, form: str, out: Path | None, checkpoint_dir: Path, side: str | None = None, *, golden: bool = False
) -> list[str]:
    """Write a dataset in a format, all of it, one side of its split or what is `golden`; gives the lines to tell of it.

    Raises InputError for an unknown dataset, format or side, or where nothing is committed yet.
    """
    if form not in FORMATS:
        raise InputError.at("--format", f"{form!r} is not a format", f"known: {', '.join(FORMATS)}")
    with find(name, checkpoint_dir) as history:
        history.freeze()
        kept = history.plan()
        progress = history.progress()
        accepted, planned = sum(p.accepted for p in progress), sum(p.stratum.planned for p in progress)
        if kept is None or not accepted:
            raise InputError.at(history.folder, "holds no records yet", "agent run makes them")
        parts = Parts(history, kept.plan)
        sides = sides_of(history, kept.plan, parts)
        if side is not None and (side not in SIDES or sides is None):
            raise InputError.at("--split", f"{side!r} is no side of this dataset", f"a plan's `split` has {SIDES}")

        def shards() -> Iterator[Shard]:
            for shard in parts.shards() if sides is None else divided(parts.shards(), sides.sides):
                if golden:
                    shard = shard.table() if isinstance(shard, ShardFile) else shard
                    shard = shard.filter(shard["golden"])
                yield shard if side is None or isinstance(shard, ShardFile) else only(shard, side)

        named = "-".join(filter(None, (kept.plan.dataset_name, form, "golden" if golden else None, side)))
        target = out or Path(f"{named}{_SUFFIXES.get(form, '.jsonl')}")
        written = write_format(shards, form, target)
        below = 0 if golden else int((~parts.golden()).sum())
    folder = target if form == "hf" or target.is_dir() else target.parent
    unfinished = [f"The dataset is not finished: {accepted:,} of {planned:,} records."] if accepted < planned else []
    if below:
        unfinished.append(f"{below:,} records that are not golden are in it; --golden leaves them out.")
    if sides is not None and side is None and form not in ("hf", "csv", "parquet", "mlflow-eval"):
        unfinished.append("Train and test records are both in it; --split train leaves the test records out.")
    return unfinished + [f"Wrote {folder / path}: {facts.rows:,} rows" for path, facts in written.items()]


_SUFFIXES = {"parquet": ".parquet", "csv": ".csv", "hf": ""}
