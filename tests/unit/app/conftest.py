"""Makes helper modules of this folder importable."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # importmode=importlib finds no helper modules by itself
