"""KCIT and its engines."""
