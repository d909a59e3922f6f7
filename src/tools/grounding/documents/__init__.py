"""Document questions: what documents say, with the evidence, and what they do not."""
