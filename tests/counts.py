"""The counts of a thorough run, one line a part: ``python tests/counts.py units notebooks …``."""

from __future__ import annotations

import sys
from pathlib import Path
from xml.etree import ElementTree

FOLDER = Path(__file__).parents[1] / ".thorough"


def main(parts: list[str]) -> int:
    """Print a table of passed, failed, skipped and minutes; return 1 if a part failed or wasn't run."""
    wrong = 0
    print(f"{'part':12}{'passed':>8}{'failed':>8}{'skipped':>9}{'minutes':>9}")  # noqa: T201
    for part in parts:
        file = FOLDER / f"{part}.xml"
        if not file.exists():
            print(f"{part:12}  not run")  # noqa: T201
            wrong = 1
            continue
        suites = [*ElementTree.parse(file).iter("testsuite")]
        tests, failed, errors, skipped = (
            sum(int(suite.get(name, 0)) for suite in suites)
            for name in ("tests", "failures", "errors", "skipped")
        )
        bad = failed + errors
        minutes = sum(float(suite.get("time", 0)) for suite in suites) / 60
        print(f"{part:12}{tests - bad - skipped:8}{bad:8}{skipped:9}{minutes:9.1f}")  # noqa: T201
        wrong |= bad > 0
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
