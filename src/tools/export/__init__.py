"""From committed shards to the files of a finished run, and to the formats of `agent export`."""

from .card import About, card
from .dataset import write_dataset
from .files import FileFacts, atomic_file, link_file
from .formats import FORMATS, export
from .metadata import RunFacts, Shortfall, SplitCount, StratumCount, metadata
from .parquet import write_shard
from .shards import Row, Shard, ShardFile, divided, has_json_records, rows
from .split import Sides, assign

__all__ = [
    "FORMATS",
    "About",
    "FileFacts",
    "Row",
    "RunFacts",
    "Shard",
    "ShardFile",
    "Shortfall",
    "Sides",
    "SplitCount",
    "StratumCount",
    "assign",
    "atomic_file",
    "card",
    "divided",
    "export",
    "has_json_records",
    "link_file",
    "metadata",
    "rows",
    "write_dataset",
    "write_shard",
]
