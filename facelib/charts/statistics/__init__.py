"""Charts of tests and their null distributions."""
