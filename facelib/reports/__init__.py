"""Reports of studies: a page to read and print, and a folder of figures and tables."""

from __future__ import annotations

from facelib.lazy import listing
from facelib.reports.folder import export
from facelib.reports.page import write

__all__ = ["export", "write"]

__dir__ = listing(__all__)
