"""Sources: tables of facts, read once."""

from .reading import read_table
from .table import Table, column, distinct, json_values, rows_where

__all__ = ["Table", "column", "distinct", "json_values", "read_table", "rows_where"]
