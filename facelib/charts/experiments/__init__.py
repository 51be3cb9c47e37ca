"""Charts of the rebuilt experiments."""
