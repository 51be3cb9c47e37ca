"""Placebos: harmless changes of pictures, matched to an intervention's size.

Kinds are in `light`, `tone`, `geometry` and `detail`, and listed in `kinds`; `matching` finds the amount
that changes as many pixels (`amount_search`, `region_search`, `distance`). `replicates` makes shaken
copies, which are another thing: they say how steady an output is.
"""
