"""Placebos: harmless changes of pictures, matched to an intervention's size."""
