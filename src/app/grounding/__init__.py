"""Plans over sources: what there is of each tier, and what came of it."""
