"""How batches get run: what is made next, by whom, and what becomes of it."""
