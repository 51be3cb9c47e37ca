"""Draw the picture of docs/architecture.md: `python docs/draw_house.py`."""

from __future__ import annotations

from html import escape
from pathlib import Path

WIDTH, FLOOR, TOP, LEFT, RIGHT = 1060, 74, 76, 70, 700
INK, PAPER, LINE = "#1a1a1a", "#ffffff", "#767676"
SLIDER, STUDY = "#0072b2", "#b34700"  # told apart by shape, too: circles with numbers, squares with letters
FLOORS = [  # from the roof down: rooms with what they hold, and the stops of the slider and of a study
    [("app", "page, panels, server", "1 7", "A"), ("cli", "commands, doctor", "", "A")],
    [("charts", "tables to figures", "6", ""), ("reports", "page and folder", "", "G")],
    [("studies", "sweeps, engine, store", "5", "B E"), ("experiments", "the papers, rebuilt", "", "")],
    [("classifiers", "pictures to logits", "4", "D"), ("attribution", "where the evidence lies", "4", "")],
    [
        ("restoration", "electrodes off", "", ""),
        ("semg", "muscles", "", ""),
        ("properties", "what is measured", "5", "D"),
        ("interventions", "what is changed", "2", "C"),
    ],
    [
        ("head", "parametric, rendered", "3", "C"),
        ("editing", "warps, light", "3", "C"),
        ("faces", "photographs, sets", "", "B"),
    ],
    [("stats", "tests, effects, verdicts", "5", "F"), ("models", "packages, file readers", "", "")],
    [("data", "shipped tables", "", ""), ("utilities", "files, checks, wording, registries", "", "")],
]  # fmt: skip
STOPS = [
    ("The strength slider", SLIDER, [
        ("1", "app: the browser shows the frame it has"),
        ("", "where it has none, the kernel makes it:"),
        ("2", "intervention edits the face"),
        ("3", "head is rendered, or photograph warped"),
        ("4", "classifiers read it, maps explain it"),
        ("5", "a worker does all 21 strengths, shaken"),
        ("", "copies and placebos; verdict"),
        ("6", "layouts of charts, from a cache"),
        ("7", "the page has every frame: 1 again"),
    ]),
    ("A study", STUDY, [
        ("A", "declared in a file, Python or the page"),
        ("B", "subjects × changes × readers = jobs"),
        ("C", "a job: frames of one face and change"),
        ("D", "read by all classifiers, measured"),
        ("E", "rows kept as whole Parquet parts"),
        ("F", "tests and effects over people"),
        ("G", "report, tables, figures"),
    ]),
]  # fmt: skip


def text(x: float, y: float, words: str, size: int = 15, **style: str) -> str:
    """Return words at a place."""
    more = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in style.items())
    return f'<text x="{x:g}" y="{y:g}" font-size="{size}"{more}>{escape(words)}</text>'


def stop(x: float, y: float, name: str) -> str:
    """Return a numbered circle or a lettered square around (x, y)."""
    if name.isdigit():
        shape = f'<circle cx="{x:g}" cy="{y:g}" r="11" fill="{SLIDER}"/>'
    else:
        shape = f'<rect x="{x - 11:g}" y="{y - 11:g}" width="22" height="22" fill="{STUDY}"/>'
    return shape + text(x, y + 5, name, 14, fill=PAPER, text_anchor="middle", font_weight="bold")


def house() -> list[str]:
    """Return the rooms, floor by floor, with the stops of both ways in them."""
    drawn = []
    for level, rooms in enumerate(FLOORS):
        wide, y = (RIGHT - LEFT) / len(rooms), TOP + level * FLOOR
        for place, (name, held, numbers, letters) in enumerate(rooms):
            x = LEFT + place * wide
            drawn += [
                f'<rect x="{x:g}" y="{y}" width="{wide:g}" height="{FLOOR}" fill="{PAPER}" stroke="{LINE}"/>',
                text(x + 10, y + 22, name, 16, font_weight="bold"),
                text(x + 10, y + 40, held, 13),
            ]
            stops = [*numbers.split(), *letters.split()]
            drawn += [stop(x + 21 + 28 * i, y + 57, one) for i, one in enumerate(stops)]
    roof = f"{LEFT - 16},{TOP} {(LEFT + RIGHT) / 2:g},{TOP - 52} {RIGHT + 16},{TOP}"
    return [f'<polygon points="{roof}" fill="#eeeeee" stroke="{LINE}"/>', *drawn]


def legend() -> list[str]:
    """Return both ways in words, beside the house."""
    drawn, y = [], float(TOP - 20)
    for title, colour, stops in STOPS:
        drawn.append(text(RIGHT + 28, y, title, 17, font_weight="bold", fill=colour))
        for name, words in stops:
            y += 28
            drawn += [stop(RIGHT + 39, y - 5, name)] if name else []
            drawn.append(text(RIGHT + 58, y, words, 13))
        y += 50
    return drawn


def picture() -> str:
    """Return the whole picture as SVG."""
    height = TOP + FLOOR * len(FLOORS) + 40
    bottom = height - 40
    arrow = (
        f'<path d="M40 {TOP + 10} V{bottom - 14}" stroke="{INK}" stroke-width="2" marker-end="url(#head)"/>'
    )
    middle = (TOP + bottom) / 2
    said = "The rooms on eight floors. Each imports those below and left of it; two ways lead through."
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
            f'font-family="DejaVu Sans, Arial, sans-serif" fill="{INK}">',
            f"<title>The house of facelib</title><desc>{said}</desc>",
            '<defs><marker id="head" markerWidth="9" markerHeight="9" refX="4" refY="4" orient="auto">'
            f'<path d="M0 0 L8 4 L0 8 z" fill="{INK}"/></marker></defs>',
            f'<rect width="{WIDTH}" height="{height}" fill="{PAPER}"/>',
            *house(),
            arrow,
            f'<g transform="rotate(-90 26 {middle:g})">'
            + text(26, middle, "imports go down, and to the left", 14, text_anchor="middle")
            + "</g>",
            text(LEFT, height - 16, "On the ground, for all: errors.py, face.py", 13),
            *legend(),
            "</svg>\n",
        ]
    )


if __name__ == "__main__":
    Path(__file__).with_name("architecture.svg").write_text(picture(), encoding="utf-8")
