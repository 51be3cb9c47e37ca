"""Harmless changes of pictures, and how they are matched to an intervention's size."""
