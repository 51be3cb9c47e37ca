"""Studies declared in a file, and what is registered before a run."""
