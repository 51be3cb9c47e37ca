"""A study that takes a second, run on command: each line on standard input is a folder to run it in.

Every run is a process of its own, forked from one that has run already, so that a test can kill many of them.
"""

from __future__ import annotations

import os
import sys
from tempfile import TemporaryDirectory
from typing import Any

import facelib
from facelib import studies

PEOPLE, STEPS, SIZE = 12, 5, 64
CLASSIFIERS = ("known_unbiased", "known_age_happy")


def small_study(**changes: Any) -> studies.InterventionalStudy:
    """Return 12 people × 3 changes × 5 strengths at 64 px for two small networks."""
    heads = facelib.sample_heads(PEOPLE, seed=1, expressions=["happy", "sad"])
    settings: dict[str, Any] = {"classifiers": CLASSIFIERS, "steps": STEPS, "size": SIZE} | changes
    return facelib.InterventionalStudy(heads, ["symmetry", "weaker_expression", "blur"], **settings)


def main() -> None:
    """Run once, so that all is loaded; then fork a run for every line, say its process, and wait."""
    study = small_study()
    with TemporaryDirectory() as folder:
        study.run(f"{folder}/run", n_jobs=1)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            study.run(line.strip(), n_jobs=1)
            os._exit(0)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
