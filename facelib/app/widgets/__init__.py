"""Widgets: each with its JavaScript and style sheet beside it."""
