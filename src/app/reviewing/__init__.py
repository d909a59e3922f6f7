"""`agent review`: a person accepts or rejects a sample, and what follows from that."""
