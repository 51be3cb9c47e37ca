"""Choices by pictures: `chooser` (one entry of many, with a search) and `strip` (a row of cases)."""
