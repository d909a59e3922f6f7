"""The composition root: plan + settings -> something ready to go."""
