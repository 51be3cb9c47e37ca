"""QR codes of links: rows of dark and light modules for the page, half blocks for a terminal."""

from __future__ import annotations

from typing import Final

LONGEST: Final = 800  # bytes of UTF-8 (our choice): 97 modules a side, which telephones read from a screen
QUIET: Final = 4  # light modules around a code, as ISO/IEC 18004 asks for
BLOCKS: Final = {("1", "1"): "█", ("1", "0"): "▀", ("0", "1"): "▄", ("0", "0"): " "}
BLACK_ON_WHITE, USUAL = "\033[30;107m", "\033[0m"


def modules(text: str) -> tuple[str, ...]:
    """Return the rows of a code, "1" a dark module and "0" a light one, with the quiet zone around it.

    Nothing where the text is empty or longer than `LONGEST`: its code would be too fine to be read.

    Parameters
    ----------
    text
        What the code says.

    Examples
    --------
    >>> rows = modules("http://192.0.2.7:8866/")
    >>> len(rows), {len(row) for row in rows}, rows[0] == "0" * 33
    (33, {33}, True)
    >>> modules("x" * 801)
    ()
    """
    try:
        size = len(text.encode())
    except UnicodeEncodeError:  # half of a surrogate pair
        return ()
    if not 0 < size <= LONGEST:
        return ()
    import segno

    code = segno.make(text, error="l", micro=False)
    return tuple("".join(map(str, row)) for row in code.matrix_iter(border=QUIET))


def in_terminal(text: str) -> str:
    r"""Return a code as lines of half blocks, black on white whatever the terminal's colours; "" if too long.

    >>> in_terminal("http://192.0.2.7:8866/").count("\n")
    16
    """
    rows = modules(text)
    lines = []
    for top in range(0, len(rows), 2):
        below = rows[top + 1] if top + 1 < len(rows) else "0" * len(rows[top])
        drawn = "".join(BLOCKS[pair] for pair in zip(rows[top], below, strict=True))
        lines.append(f"{BLACK_ON_WHITE}{drawn}{USUAL}")
    return "\n".join(lines)
