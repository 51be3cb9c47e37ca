"""What the package itself costs: seconds of `import facelib`, its memory, and the size of its wheel."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from timing import MB, PEAK, end, header, python, row

ROOT = Path(__file__).resolve().parents[1]
IMPORT = "import time; start = time.perf_counter(); import {name}; print(time.perf_counter() - start)"


def main() -> None:
    header("The package; medians of 7")
    for name in ("facelib", "facelib.stats", "facelib.studies", "numpy, pandas"):
        times = [float(python(IMPORT.format(name=name))[0]) for _ in range(7)]
        row(f"import {name}", statistics.median(times), below=0.5 if name == "facelib" else None)
    row("memory after import facelib", float(python(f"import facelib\n{PEAK}")[0]), "MB")
    with tempfile.TemporaryDirectory() as folder:
        build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, str(ROOT)]
        subprocess.run(build, capture_output=True, check=True)
        (wheel,) = Path(folder).glob("*.whl")
        row("wheel", wheel.stat().st_size / MB, "MB")
    end()


if __name__ == "__main__":
    main()
