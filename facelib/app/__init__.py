"""The explorer: state, panels and page. Panels work alone in a notebook; `page()` puts them together."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from facelib.app.page import page
    from facelib.app.state import Explorer

_NAMES = {"Explorer": "facelib.app.state", "page": "facelib.app.page"}

__all__ = ["Explorer", "page"]


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return getattr(importlib.import_module(_NAMES[name]), name)
    msg = f"module 'facelib.app' has no attribute {name!r}"
    raise AttributeError(msg)
