"""Charts of recordings and muscles."""
