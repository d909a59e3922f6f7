"""`agent grow`: more wordings of templates, by a model."""
