"""Charts over many faces."""
