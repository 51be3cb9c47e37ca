"""Reports of studies: a page to read and print, and a folder of figures and tables."""

from __future__ import annotations

from facelib.reports.folder import export
from facelib.reports.page import write
from facelib.utilities.lazy import listing

__all__ = ["export", "write"]

__dir__ = listing(__all__)
