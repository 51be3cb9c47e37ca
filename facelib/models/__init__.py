"""The model packages: which there are, where they live on this machine, and readers for their data files.

Only data files are read; no code of a package is ever imported or run.
"""

from __future__ import annotations

from facelib.models.catalogue import PACKAGES, Package
from facelib.models.electromyogram import electrode_positions
from facelib.models.packages import data_path, home, package_path

__all__ = ["PACKAGES", "Package", "data_path", "electrode_positions", "home", "package_path"]
