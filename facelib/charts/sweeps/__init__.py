"""Charts of one face."""
