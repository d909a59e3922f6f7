"""Plans a dataset, builds it, checks every record, and keeps a ledger that can prove it."""

__version__ = "0.1.0"
