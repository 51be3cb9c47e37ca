"""Edits of photographs: what moves, is worn or lit differently in a picture of a face."""
