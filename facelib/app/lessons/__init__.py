"""Interactive lessons for notebooks."""
