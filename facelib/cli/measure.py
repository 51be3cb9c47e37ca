"""`facelib measure …`: how far the corners of everybody's mouth move, from a folder to one table."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from facelib.errors import BadTableError, BadValueError

if TYPE_CHECKING:
    from facelib.properties.clinical.millimetres import Millimetres

Pictures = Annotated[Path, typer.Argument(help="Folder of pictures, at rest and with a smile.")]
Metadata = Annotated[str, typer.Option(help="Table of the pictures: file, person, label.")]
Rest = Annotated[str, typer.Option(help="What the label of pictures at rest says.")]
Smile = Annotated[str | None, typer.Option(help="What that of a smile says; the only other label.")]
Session = Annotated[str | None, typer.Option(help="Column of the time: a row for each.")]
Order = Annotated[str | None, typer.Option(help="Two of the sessions, as before,after: their change.")]
Take = Annotated[str | None, typer.Option(help="Column that numbers repeated pictures of a session.")]
Side = Annotated[str | None, typer.Option(help="Column of the affected side: left, right, links, rechts.")]
Scale = Annotated[
    str, typer.Option("--mm", help="iris, or a distance: interpupillary=63.0, or =COLUMN that has it.")
]
Out = Annotated[Path, typer.Option(help="The table to write, as CSV.")]
Keep = Annotated[list[str] | None, typer.Option(help="Column to carry along, such as a grade; repeatable.")]
OnlyThere = Annotated[bool, typer.Option(help="Leave out rows whose picture isn't there.")]


def measure(
    folder: Pictures,
    metadata: Metadata = "faces.csv",
    *,
    rest: Rest = "neutral",
    smile: Smile = None,
    session: Session = None,
    order: Order = None,
    take: Take = None,
    side: Side = None,
    mm: Scale = "iris",
    keep: Keep = None,
    out: Out = Path("displacements.csv"),
    only_there: OnlyThere = False,
) -> None:
    """Measure how far the corners of everybody's mouth move from rest to smile, in mm and iris widths."""
    from facelib.faces import FaceSet
    from facelib.properties import commissure_displacements
    from facelib.utilities.files import explained, written_whole
    from facelib.utilities.ledger import remember
    from facelib.utilities.spreadsheet import write_csv
    from facelib.utilities.wording import short_name

    try:
        faces = FaceSet.from_folder(folder, metadata, only_there=only_there)
    except BadTableError as error:
        if error.missing and not (error.unlisted or only_there):
            error.hint = "What leaves them out: --only-there."
        raise
    found = commissure_displacements(
        faces,
        rest=rest,
        smile=smile,
        session=session,
        order=None if order is None else [word.strip() for word in order.split(",")],
        take=take,
        side=side,
        mm=_millimetres(mm),
        keep=keep or (),
        progress=True if sys.stderr.isatty() else None,
    )
    for note in (*faces.notes, *found.notes):
        typer.echo(note)
    for row in found.left_out.itertuples():
        typer.echo(f"  {short_name(str(row.file))}: {row.reason}")
    path = out.expanduser()
    tables = {"The table": ("", found.table), "Who is left out, and why,": ("_left_out", found.left_out)}
    if len(found.changes):
        tables["What changed between the sessions"] = ("_changes", found.changes)
    for what, (ending, table) in tables.items():
        own = path.with_name(f"{path.stem}{ending}{path.suffix}")
        with explained(own), written_whole(own, private=True) as file:
            write_csv(table, file)
        remember("table", own)
        typer.echo(f"{what} is in {own}: it names people, and you alone can read it.")


def _millimetres(text: str) -> Millimetres:
    """Return what the option says: "iris", or a distance with its mm or its column.

    >>> _millimetres("interpupillary=63"), _millimetres("inner_canthal=icd")
    ({'interpupillary': 63.0}, {'inner_canthal': 'icd'})
    """
    name, equals, value = text.partition("=")
    if not equals:
        if name != "iris":
            msg = (
                f"--mm is iris, or a distance with its millimetres, as interpupillary=63.0; got {text!r:.60}."
            )
            raise BadValueError(msg)
        return "iris"
    try:
        return {name.strip(): float(value.replace(",", "."))}
    except ValueError:
        return {name.strip(): value.strip()}
