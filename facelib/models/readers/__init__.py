"""Readers of strangers' network files: nothing in them is run before it was looked at."""
