"""One face, one intervention, growing strengths."""
