"""Panels of the Muscles tab, and what they show."""
