"""Readers of untrusted network files: nothing in them runs before it was checked."""
