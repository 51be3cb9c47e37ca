"""Training of the networks that ship with facelib."""
