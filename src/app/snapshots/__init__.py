"""Snapshots of unfinished datasets: written beside the ledger, read again, and gone on from."""
