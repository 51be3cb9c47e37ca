"""Panels of the Explore tab, and what they show."""
