"""Reverse queries: which subjects go with an object, from a table of facts."""
