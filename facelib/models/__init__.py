"""Model packages: the catalogue, where they are on this machine, and readers of their data files.

Only data files are read; no code of a package is ever imported or run.
"""

from __future__ import annotations

from facelib.models.catalogue import PACKAGES, Package
from facelib.models.fetching import fetch
from facelib.models.packages import data_path, package_path, status, verify
from facelib.models.report import size, table
from facelib.utilities.lazy import listing

__all__ = [
    "PACKAGES",
    "Package",
    "data_path",
    "fetch",
    "package_path",
    "size",
    "status",
    "table",
    "verify",
]

__dir__ = listing(__all__)
