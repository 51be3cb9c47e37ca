"""`python -m facelib` is the command line."""

from facelib.cli import main

main()
