"""Report on the model packages: a summary, a table, sizes in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from facelib.errors import check_all
from facelib.models.packages import Status
from facelib.utilities.checks import as_number


def size(count: float) -> str:
    """Return a number of bytes in words.

    >>> size(3_400_000), size(138_000), size(12)
    ('3.4 MB', '138 kB', '12 bytes')
    """
    count = as_number(count, "A number of bytes")
    for factor, unit in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if count >= factor:
            return f"{count / factor:.{1 if count < 10 * factor else 0}f} {unit}"
    return f"{count:.0f} bytes"


def summary(entries: Sequence[Status]) -> str:
    """Return a few lines on what is missing, why, and what still works."""
    entries = check_all(entries, Status, "A list of states, as models.status returns it,")
    missing = [entry for entry in entries if entry.state != "ready"]
    ready = [entry.package.purpose for entry in entries if entry.state == "ready"]
    if not missing:
        return f"All {len(entries)} model packages are ready."
    lines = []
    for entry in missing:
        kind = "" if entry.package.required else "optional "
        lines.append(f"No {entry.package.purpose} ({kind}package {entry.package.folder}): {entry.reason}")
    lines.append(f"What works: {', '.join(ready)}." if ready else "None of these packages is here.")
    return "\n".join(lines)


def table(entries: Iterable[Status]) -> str:
    """Return one line per package: name, version, registry, licence, state, purpose."""
    entries = check_all(entries, Status, "A list of states, as models.status returns it,")
    rows = [("package", "version", "from", "licence", "state", "what for")]
    for entry in entries:
        package = entry.package
        state = f"{entry.state}: {entry.reason}" if entry.state == "damaged" else entry.state
        rows.append((package.name, package.version, package.source, package.licence, state, package.purpose))
    return aligned(rows)


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Return rows as lines with their columns one below the other; the first row is the heading.

    >>> print(aligned([("name", "is"), ("fer", "small")]))
    name  is
    fer   small
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
