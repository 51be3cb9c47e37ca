"""Accessories: glasses, masks, electrodes' leads, tape."""
