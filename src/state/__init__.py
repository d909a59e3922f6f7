"""What is remembered: the ledger, and the sinks it feeds."""
