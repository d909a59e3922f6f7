"""`agent estimate`: what a plan will take, reckoned before the first call, or measured by a pilot."""
