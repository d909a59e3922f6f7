"""From committed shards to the files of a finished run, and to the formats of `agent export`."""

from .card import About, card
from .dataset import OUTPUT_NAMES, write_dataset
from .files import FileFacts, atomic_file, copy_file
from .formats import FORMATS, export
from .metadata import RunFacts, Shortfall, SplitCount, StratumCount, metadata
from .parquet import write_shard
from .shards import SIDES, Row, Shard, ShardFile, divided, has_json_records, only, rows, tables
from .split import Sides, assign

__all__ = [
    "FORMATS",
    "OUTPUT_NAMES",
    "SIDES",
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
    "copy_file",
    "divided",
    "export",
    "has_json_records",
    "metadata",
    "only",
    "rows",
    "tables",
    "write_dataset",
    "write_shard",
]
