"""Edits of photographs of faces: movement, accessories, light, skin tone."""
