"""Scores that other tools wrote into tables: their formats, their files, and how rows find their pictures."""
