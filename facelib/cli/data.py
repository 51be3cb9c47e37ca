"""`facelib data …`: what facelib wrote about people on this machine."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from facelib.errors import BadValueError, WriteError

if TYPE_CHECKING:
    from facelib.utilities.ledger import Written

app = typer.Typer(help="What facelib wrote about people on this machine.", no_args_is_help=True)

Places = Annotated[list[Path] | None, typer.Argument(help="Only what is in these folders; all if none.")]
Machine = Annotated[bool, typer.Option("--json", help="For programs instead of people.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Delete without asking.")]

_NOT_KNOWN: Final = (
    "Not listed, since facelib can't know of it: what a browser saved, and copies or folders that were moved."
)


@app.command("list")
def show(*, json: Machine = False) -> None:
    """Show it: sessions, studies, exports, reports, films and tables, each with its place and size."""
    from facelib.utilities.home import home
    from facelib.utilities.ledger import ledger, written

    found = written()
    if json:
        from json import dumps

        rows = [
            {
                "kind": one.kind,
                "path": str(one.path),
                "files": len(one.files),
                "bytes": one.bytes,
                "in_use": one.in_use,
            }
            for one in found
        ]
        typer.echo(dumps(rows, indent=2))
        return
    if not found:
        typer.echo("facelib knows of nothing that it wrote about people on this machine.")
    for one in found:
        typer.echo(_line(one))
    if ledger().exists():
        typer.echo(f"The list of these places is {ledger()}; it goes with the last of them.")
    typer.echo(f"{_NOT_KNOWN}\nModel packages and compiled code hold nothing about people: {home()}.")


@app.command()
def delete(places: Places = None, *, yes: Yes = False) -> None:
    """Delete it; files of others in the same folders stay."""
    from facelib.utilities.ledger import delete as delete_all
    from facelib.utilities.ledger import forget, written

    known = written()
    for place in places or []:
        if not any(_is_chosen(one, [place]) for one in known):
            msg = (
                f"Nothing was deleted: facelib knows of nothing that it wrote in {place}. "
                "`facelib data list` shows what it knows of."
            )
            raise BadValueError(msg)
    chosen = [one for one in known if _is_chosen(one, places)]
    busy = [one for one in chosen if one.in_use]
    gone = [one for one in chosen if not one.in_use and (one.files or one.kind == "session")]
    away = [one for one in chosen if not one.in_use and one not in gone]
    for one in away:
        stays = "is forgotten" if places else "stays on the list; name it to forget it"
        typer.echo(f"{_line(one)}: {stays}.")
    if places:
        forget(away)
    for one in busy:
        typer.echo(f"{_line(one)}: left alone; close its page, or stop its run, first.")
    if not gone:
        typer.echo("There is nothing to delete.")
        return
    for one in gone:
        typer.echo(_line(one))
    if not yes:
        if not sys.stdin.isatty():
            msg = "Nothing was deleted: nobody is there to ask. Say --yes if all of this may go."
            raise BadValueError(msg)
        typer.confirm(f"Delete {_files(sum(len(one.files) for one in gone))}?", default=False, abort=True)
    left = delete_all(gone)
    if left:
        which = ", ".join(map(str, left[:5]))
        msg = f"{_files(len(left))} could not be deleted: {which}. May you write there?"
        raise WriteError(msg)
    typer.echo("Deleted.")
    for one in gone:
        if one.path.is_dir():
            typer.echo(f"{one.path} is still there: it holds files that facelib did not write.")


def _is_chosen(one: Written, places: list[Path] | None) -> bool:
    if not places:
        return True
    here = (one.path, one.path.resolve())
    asked = [where for place in places for where in _meant(place.expanduser())]
    return any(path.is_relative_to(place) for path in here for place in asked)


def _meant(place: Path) -> tuple[Path, ...]:
    """Return what somebody may mean by a place: where it stands, and where it leads."""
    absolute = place.absolute()
    return absolute, absolute.parent.resolve() / absolute.name, absolute.resolve()


def _line(one: Written) -> str:
    from facelib.models import size

    if not one.files and one.kind != "session":
        return f"{one.kind}: {one.path} isn't there any more, or its disk isn't connected"
    state = ", in use" if one.in_use else ""
    return f"{one.kind}: {one.path} ({_files(len(one.files))}, {size(one.bytes)}{state})"


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count:,} files"
