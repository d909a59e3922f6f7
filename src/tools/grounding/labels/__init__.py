"""Labels: texts and the codes they have."""
