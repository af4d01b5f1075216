"""A gateway under a small load for long: what it takes must level off."""
