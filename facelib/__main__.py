"""`python -m facelib` is the command line."""

from facelib.cli.main import main

main()
