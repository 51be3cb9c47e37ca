"""Electrodes taken off a picture of a face: where they are, and what may lie below them."""
