"""Edits of photographs of faces: movement, accessories, electrodes, light."""
