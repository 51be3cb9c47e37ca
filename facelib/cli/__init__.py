"""The command line: `facelib`."""
