"""Reports of studies: a page to read and print, a folder of figures and tables; explorables of sweeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facelib.utilities.lazy import lazy

if TYPE_CHECKING:
    from facelib.reports.folder import export
    from facelib.reports.page import write

__all__ = ["export", "write"]

__getattr__, __dir__ = lazy(__name__, __file__, __all__)
