"""Pure, typed functions: no model, no database."""
