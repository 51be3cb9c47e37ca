"""Panels of the tabs Population and Observed data, and the studies that they run."""
