"""Shared helpers: files, argument checks, wording, registries."""
