"""The head's surface: meshes, morphs, hair, landmarks, and what a camera sees of them."""
