"""Sources of a plan: read once, kept as local copies, compared with where they come from."""
