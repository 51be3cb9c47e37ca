"""Charts: every one is a function from a tidy table to an `altair.Chart`, useful without the app."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from facelib.charts.curves import response
    from facelib.charts.display import offline
    from facelib.charts.export import save
    from facelib.charts.outputs import bars

# Imported when asked for: altair alone takes more than a second.
_NAMES = {
    "bars": "facelib.charts.outputs",
    "offline": "facelib.charts.display",
    "response": "facelib.charts.curves",
    "save": "facelib.charts.export",
}

__all__ = ["bars", "offline", "response", "save"]


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return getattr(importlib.import_module(_NAMES[name]), name)
    msg = f"module 'facelib.charts' has no attribute {name!r}"
    raise AttributeError(msg)
