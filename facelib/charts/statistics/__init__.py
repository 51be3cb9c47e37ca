"""Charts of tests, their null distributions and their calibration."""
