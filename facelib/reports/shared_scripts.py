"""JavaScript and CSS that a page's widgets and explorables share; they lie in the folder ``shared``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

SHARED: Final = Path(__file__).parent / "shared"
STAGE: Final = ("enlarged.js", "preview.js")
"""What stands before ``stage.js``."""
_EXPORT: Final = re.compile(r"^export default \{ render \};\s*\Z", re.MULTILINE)


def shared(name: str) -> str:
    """Return the text of a shared file.

    >>> shared("elements.js").count("function element(")
    1
    """
    return (SHARED / name).read_text(encoding="utf-8")


def as_constant(name: str, *before: str) -> str:
    """Return a widget's module as a constant of a plain script: one file holds several, and imports none.

    Files that it needs stand `before` it.

    >>> as_constant("stage.js")[:18], "export" in as_constant("stage.js")
    ('const stage = (() ', False)
    """
    code, found = _EXPORT.subn("return { render };\n", "\n".join(map(shared, (*before, name))))
    if found != 1:
        msg = f"{name} ends with its one export."
        raise AssertionError(msg)
    return f"const {name.removesuffix('.js')} = (() => {{\n{code}}})();\n"
