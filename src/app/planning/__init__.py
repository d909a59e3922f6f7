"""`agent plan`: the coordinator in a terminal, its drafts and its runs; and the interview."""
